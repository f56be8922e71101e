// A message as SEARCH sees it (RFC 3501 §6.4.4): transfer encodings, charsets and encoded words
// decoded to UTF-8, compared without case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/message/mime.h"

namespace mail::message {

/// The value of one field: unfolded, encoded words decoded.
std::string decoded_value(std::string_view raw_value);

/// The text of a part of type text/* or message/* (delivery-status and others that are no attached
/// message); of any other type nothing.
std::string decoded_text(const MimeTree& tree, const MimePart& part);

/// HEADER, FROM, SUBJECT…: some field `name` contains the text. An empty needle asks whether the
/// field is there. `folded_needle` comes from text::casefold.
bool field_contains(std::string_view header, std::string_view name, std::string_view folded_needle);

/// FROM, TO, CC, BCC: as `field_contains`, or the text stands in an address as ENVELOPE tells it:
/// "name <local@domain>", comments taken out (RFC 3501 §6.4.4).
bool addresses_contain(std::string_view header, std::string_view name,
                       std::string_view folded_needle);

/// BODY: some text part, or the header of an attached message or part, contains the text.
bool body_contains(const MimeTree& tree, std::string_view folded_needle);

/// TEXT: header or body contains it.
bool message_contains(const MimeTree& tree, std::string_view folded_needle);

}  // namespace mail::message
