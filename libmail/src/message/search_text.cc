// What SEARCH looks at. Each field and each part is decoded by itself and let go again: a match
// never costs more memory than the largest part.
//
// Tested by tests/unit/message/builder_test.cc, tests/unit/message/every_mail_test.cc.
#include "mail/message/search_text.h"

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/address.h"
#include "mail/message/header.h"
#include "mail/text/casefold.h"
#include "mail/text/charset.h"
#include "mail/text/encoded_word.h"

namespace mail::message {
namespace {

/// "Name: value" of some field contains it.
bool header_contains(std::string_view header, std::string_view folded_needle) {
  for (const HeaderField& field : HeaderFields(header)) {
    const std::string line = cat(field.name, ": ", decoded_value(field.value));
    if (text::contains_folded(line, folded_needle)) return true;
  }
  return false;
}

}  // namespace

std::string decoded_value(std::string_view raw_value) {
  return text::decode_encoded_words(unfold(raw_value));
}

std::string decoded_text(const MimeTree& tree, const MimePart& part) {
  if (part.kind != MimePart::Kind::kLeaf) return "";
  const ContentType type = tree.describe(part).content_type;
  // message/delivery-status, message/partial, message/external-body: text for people, too.
  if (type.type != "text" && type.type != "message") return "";
  const auto charset = parameter_value(type.parameters, "charset");
  return text::to_utf8(decode_transfer(tree.body(part), part.encoding), charset.value_or(""));
}

bool field_contains(std::string_view header, std::string_view name,
                    std::string_view folded_needle) {
  for (const HeaderField& field : HeaderFields(header)) {
    if (!ascii::equal_ignoring_case(field.name, name)) continue;
    if (folded_needle.empty()) return true;
    if (text::contains_folded(decoded_value(field.value), folded_needle)) return true;
  }
  return false;
}

bool addresses_contain(std::string_view header, std::string_view name,
                       std::string_view folded_needle) {
  for (const HeaderField& field : HeaderFields(header)) {
    if (!ascii::equal_ignoring_case(field.name, name)) continue;
    if (text::contains_folded(decoded_value(field.value), folded_needle)) return true;
    // Only comments and quotes can hide what is searched for.
    if (field.value.find_first_of("(\"") == field.value.npos) continue;
    for (const Address& address : parse_addresses(field.value)) {
      const std::string plain =
          cat(text::decode_encoded_words(address.name), " <", address_spec(address), ">");
      if (text::contains_folded(plain, folded_needle)) return true;
    }
  }
  return false;
}

bool body_contains(const MimeTree& tree, std::string_view folded_needle) {
  if (folded_needle.empty()) return true;
  for (const MimePart& part : tree.parts()) {
    const bool is_root = part.parent == MimePart::kNone;
    if (!is_root && header_contains(tree.header(part), folded_needle)) return true;
    if (text::contains_folded(decoded_text(tree, part), folded_needle)) return true;
  }
  return false;
}

bool message_contains(const MimeTree& tree, std::string_view folded_needle) {
  return header_contains(tree.header(tree.root()), folded_needle) ||
         body_contains(tree, folded_needle);
}

}  // namespace mail::message
