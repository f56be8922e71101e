// PROXY headers: never more octets than asked for, the same client in any cut, and an end.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fuzz.h"
#include "mail/base/proxy_header.h"

using mail::fuzz::require;
using mail::fuzz::text_of;

namespace {

/// How many octets the header took; 0: none.
std::size_t hear(std::string_view stream, std::size_t cut, mail::ProxyHeader& header) {
  std::size_t taken = 0;
  while (header.wanted() != 0 && taken < stream.size()) {
    const std::size_t octets = std::min({header.wanted(), cut, stream.size() - taken});
    if (!header.take(stream.substr(taken, octets)).ok()) return 0;
    taken += octets;
    require(taken <= 16 + mail::kMaxProxyRest);
  }
  return header.wanted() == 0 ? taken : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream = text_of(data, size);
  mail::ProxyHeader whole;
  mail::ProxyHeader pieces;
  const std::size_t taken = hear(stream, size, whole);
  require(hear(stream, 1, pieces) == taken);
  if (taken == 0) return 0;
  require(whole.client() == pieces.client());
  if (whole.client()) require(!whole.client()->address.empty());
  return 0;
}
