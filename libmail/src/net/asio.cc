// Asio's own code (ASIO_SEPARATE_COMPILATION), compiled once for the library.
#include "net/asio.h"

#include <asio/impl/src.hpp>
