// Pairs of certificates and keys for tests.
#pragma once

#include <string>
#include <vector>

#include "net/tls.h"

namespace mail::net::test {

TlsPair ecdsa_pair(const std::vector<std::string>& names);
/// Signed by itself.
TlsPair rsa_pair(const std::vector<std::string>& names);

}  // namespace mail::net::test
