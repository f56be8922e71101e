// Header fields as they stand in a buffer: views, nothing copied. CRLF and LF line ends are both
// understood.
//
// A header ends behind its first empty line, or with the buffer. A line without a colon is a field
// whose value is empty: one broken line hides nothing that follows it.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mail::message {

/// Views into the header.
struct HeaderField {
  std::string_view name;   // without colon and the blanks before it
  std::string_view value;  // raw, folds inside; without the line end that ends the field
  std::string_view raw;    // the whole field with that line end

  bool operator==(const HeaderField&) const = default;
};

/// Octets of the header with the empty line that ends it.
std::size_t header_length(std::string_view message);

/// `for (const HeaderField& field : HeaderFields(header))`; stops at the empty line.
class HeaderFields {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HeaderField;
    using difference_type = std::ptrdiff_t;
    using pointer = const HeaderField*;
    using reference = const HeaderField&;

    const HeaderField& operator*() const { return field_; }
    const HeaderField* operator->() const { return &field_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    void operator++(int) { advance(); }
    bool operator==(std::default_sentinel_t) const { return done_; }

   private:
    friend class HeaderFields;
    explicit Iterator(std::string_view rest) : rest_(rest) { advance(); }
    void advance();

    std::string_view rest_;
    HeaderField field_;
    bool done_ = false;
  };

  explicit HeaderFields(std::string_view header) : header_(header) {}
  Iterator begin() const { return Iterator(header_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::string_view header_;
};

/// Names compare without case. `header` may be a whole message: the body is never read.
std::optional<HeaderField> first_field(std::string_view header, std::string_view name);
std::optional<HeaderField> last_field(std::string_view header, std::string_view name);
std::vector<HeaderField> all_fields(std::string_view header, std::string_view name);

/// The value on one line (RFC 5322 §2.2.3), without blanks at both ends: a line end and all blanks
/// behind it become one space, as Dovecot has it. So do a lone CR and NUL.
std::string unfold(std::string_view value);

/// BODY[HEADER.FIELDS (…)]: the fields with these names as they stand, in their order, and the
/// empty line.
std::string select_fields(std::string_view header, std::span<const std::string> names);
/// BODY[HEADER.FIELDS.NOT (…)].
std::string without_fields(std::string_view header, std::span<const std::string> names);

}  // namespace mail::message
