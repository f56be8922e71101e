#pragma once

#include <cstddef>

#include "mail/base/time.h"

namespace mail::net {

/// How much of the machine a server takes. A value.
struct Limits {
  std::size_t loops = 0;                      // threads that serve connections; 0: one a core,
                                              // one in all without a config folder
  std::size_t workers = 8;                    // threads for files and password hashes, at most
  std::size_t connections = 20'000;           // at one time; more are closed at once
  std::size_t connections_per_address = 100;  // of them; this machine's own addresses are free
  Duration stop_grace = seconds(5);  // for connections to say goodbye when the server stops
};

}  // namespace mail::net
