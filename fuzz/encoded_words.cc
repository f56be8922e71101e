// Encoded words both ways: any octets decode to UTF-8; any text comes back from its encoded form,
// which is printable ASCII, and as a display name stays one address.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/base/ascii.h"
#include "mail/message/address.h"
#include "mail/message/builder.h"
#include "mail/text/encoded_word.h"
#include "mail/text/utf8.h"

using namespace mail;
using mail::fuzz::require;
using mail::fuzz::text_of;

namespace {

void check_encoded(const std::string& encoded, const std::string& text) {
  require(std::all_of(encoded.begin(), encoded.end(), ascii::is_printable));
  require(text::decode_encoded_words(encoded) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = text_of(data, size);
  require(text::is_valid_utf8(text::decode_encoded_words(octets)));
  const std::string clean = text::sanitize_utf8(octets);
  check_encoded(text::encode_words(clean), clean);
  check_encoded(text::encode_phrase(clean), clean);
  message::HeaderBuilder header;
  const message::Address address{message::Address::Kind::kMailbox, clean, "", "a", "x.org"};
  if (header.add_addresses("To", {address}).ok()) {
    const auto again = message::parse_addresses(std::string_view(header.text()).substr(3));
    require(again.size() == 1 && again[0].local_part == "a" && again[0].domain == "x.org");
  }
  return 0;
}
