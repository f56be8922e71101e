// Header fields, what their values mean, and the codecs under them. The raw fields and the empty
// line are the header; a name in UTF-7 that is accepted is the one way to write it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/message.h"
#include "mail/text.h"

using namespace mail;
using mail::fuzz::require;
using mail::fuzz::text_of;

namespace {

void check_fields(std::string_view text) {
  std::size_t octets = 0;
  for (const message::HeaderField& field : message::HeaderFields(text)) {
    octets += field.raw.size();
    message::parse_content_type(field.value);
    message::parse_content_disposition(field.value);
    message::parse_languages(field.value);
    require(text::is_valid_utf8(message::decoded_value(field.value)));
    if (const auto date = message::parse_date(field.value)) {
      require(message::parse_date(message::format_date(*date)) == date);
    }
  }
  const std::size_t length = message::header_length(text);
  require(octets <= length && length - octets <= 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = text_of(data, size);
  check_fields(octets);
  require(text::base64_decode_lenient(text::base64_encode_lines(octets)) == octets);
  require(text::quoted_printable_decode(text::quoted_printable_encode(octets)) == octets);
  if (const auto strict = text::base64_decode(octets)) {
    require(text::base64_encode(*strict) == octets);
  }
  if (const auto name = text::from_modified_utf7(octets)) {
    require(text::to_modified_utf7(*name) == octets);
  }
  const std::string clean = text::sanitize_utf8(octets);
  require(text::is_valid_utf8(clean));
  require(text::decode_encoded_words(text::encode_words(clean)) == clean);
  require(text::is_valid_utf8(text::casefold(octets)));
  if (const auto field = message::fold_field("X", clean); field.ok()) {
    require(message::header_length(*field) == field->size());
    require(message::all_fields(*field, "X").size() == 1);
  }
  return 0;
}
