#include "mail/text/utf8.h"

#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view octets;
  std::string_view sanitized;
};
constexpr Vector kInvalid[] = {
    {"\x80", "\uFFFD"},
    {"a\xC3", "a\uFFFD"},
    {"\xC0\xAF", "\uFFFD\uFFFD"},                      // overlong
    {"\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},            // overlong
    {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // surrogate
    {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
    {"\xF5", "\uFFFD"},
    {"\xE2\x98z", "\uFFFDz"},  // one for a maximal piece
    {"\xF0\x9F\x98", "\uFFFD"},
    {"12345678\xFF"
     "9",
     "12345678\uFFFD9"},
};

TEST_CASE("invalid UTF-8 is seen and replaced piece by piece") {
  for (const Vector& vector : kInvalid) {
    INFO(vector.sanitized);
    CHECK_FALSE(is_valid_utf8(vector.octets));
    CHECK(sanitize_utf8(vector.octets) == vector.sanitized);
    CHECK(is_valid_utf8(vector.sanitized));
  }
}

TEST_CASE("every code point survives writing and reading") {
  for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97) {
    std::string utf8;
    append_code_point(utf8, c);
    const bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
    std::size_t position = 0;
    REQUIRE(is_valid_utf8(utf8));
    REQUIRE(next_code_point(utf8, position) == (is_surrogate ? 0xFFFD : c));
    REQUIRE(position == utf8.size());
  }
}

TEST_CASE("ASCII is told from the rest at any position") {
  for (std::size_t i = 0; i < 20; ++i) {
    std::string text(20, 'a');
    CHECK(is_ascii(text));
    text[i] = '\x80';
    CHECK_FALSE(is_ascii(text));
    CHECK(valid_utf8_prefix(text) == i);
  }
}

}  // namespace
}  // namespace mail::text
