// Header fields by memchr from line end to line end; no line is copied.
//
// Tested by tests/unit/message/header_test.cc.
#include "mail/message/header.h"

#include <algorithm>

#include "mail/base/ascii.h"

namespace mail::message {
namespace {

/// Octets of the first line with its line end.
std::size_t line_length(std::string_view text) {
  const std::size_t newline = text.find('\n');
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_empty_line(std::string_view text) {
  return text.starts_with('\n') || text.starts_with("\r\n");
}

bool is_among(std::string_view name, std::span<const std::string> names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& wanted) {
    return ascii::equal_ignoring_case(name, wanted);
  });
}

std::string subset(std::string_view header, std::span<const std::string> names, bool wanted) {
  std::string result;
  std::size_t length = 0;
  for (const HeaderField& field : HeaderFields(header)) {
    if (is_among(field.name, names) == wanted) result += field.raw;
    length += field.raw.size();
  }
  if (is_empty_line(header.substr(length))) {
    result += header.substr(length, line_length(header.substr(length)));
  }
  return result;
}

}  // namespace

std::size_t header_length(std::string_view message) {
  std::size_t position = 0;
  while (position < message.size()) {
    const std::string_view rest = message.substr(position);
    const std::size_t length = line_length(rest);
    position += length;
    if (is_empty_line(rest)) break;
  }
  return position;
}

// RFC 5322 §2.2, with the obsolete blank before the colon (§4.5):
//   field = field-name *WSP ":" field-body CRLF
// A line that begins with WSP continues the field.
void HeaderFields::Iterator::advance() {
  if (rest_.empty() || is_empty_line(rest_)) {
    done_ = true;
    return;
  }
  const std::size_t first_line = line_length(rest_);
  std::size_t length = first_line;
  while (length < rest_.size() && ascii::is_blank(rest_[length])) {
    length += line_length(rest_.substr(length));
  }
  field_.raw = rest_.substr(0, length);
  rest_.remove_prefix(length);

  const std::string_view content = without_line_end(field_.raw);
  const std::size_t colon = content.substr(0, first_line).find(':');
  const std::size_t name_end =
      colon == std::string_view::npos ? std::min(first_line, content.size()) : colon;
  field_.name = without_line_end(content.substr(0, name_end));
  while (!field_.name.empty() && ascii::is_blank(field_.name.back())) field_.name.remove_suffix(1);
  field_.value =
      colon == std::string_view::npos ? content.substr(content.size()) : content.substr(colon + 1);
}

std::optional<HeaderField> first_field(std::string_view header, std::string_view name) {
  for (const HeaderField& field : HeaderFields(header)) {
    if (ascii::equal_ignoring_case(field.name, name)) return field;
  }
  return std::nullopt;
}

std::optional<HeaderField> last_field(std::string_view header, std::string_view name) {
  std::optional<HeaderField> last;
  for (const HeaderField& field : HeaderFields(header)) {
    if (ascii::equal_ignoring_case(field.name, name)) last = field;
  }
  return last;
}

std::vector<HeaderField> all_fields(std::string_view header, std::string_view name) {
  std::vector<HeaderField> fields;
  for (const HeaderField& field : HeaderFields(header)) {
    if (ascii::equal_ignoring_case(field.name, name)) fields.push_back(field);
  }
  return fields;
}

std::string unfold(std::string_view value) {
  value = ascii::trim(value);
  std::string result;
  result.reserve(value.size());
  std::size_t copied = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c != '\r' && c != '\n' && c != '\0') continue;
    result.append(value, copied, i - copied);
    result.push_back(' ');
    // `value` ends with something else: behind a line end there is always a next one.
    if (c == '\n' || value.substr(i).starts_with("\r\n")) {
      i = value.find_first_not_of(" \t\r\n", i) - 1;
    }
    copied = i + 1;
  }
  return result.append(value, copied);
}

std::string select_fields(std::string_view header, std::span<const std::string> names) {
  return subset(header, names, true);
}

std::string without_fields(std::string_view header, std::span<const std::string> names) {
  return subset(header, names, false);
}

}  // namespace mail::message
