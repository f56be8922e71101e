#include "mail/base/ascii.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace mail::ascii {
namespace {

/// The same rules said by listing; `all` holds each octet once.
bool among(std::string_view list, char c) { return list.find(c) != std::string_view::npos; }

TEST_CASE("every octet is classified by the ASCII table alone") {
  const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string lower = "abcdefghijklmnopqrstuvwxyz";
  const std::string digits = "0123456789";
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    INFO("octet " << octet);
    CHECK(is_digit(c) == among(digits, c));
    CHECK(is_upper(c) == among(upper, c));
    CHECK(is_lower(c) == among(lower, c));
    CHECK(is_alpha(c) == (among(upper, c) || among(lower, c)));
    CHECK(is_alnum(c) == (among(upper, c) || among(lower, c) || among(digits, c)));
    CHECK(is_hex_digit(c) == among("0123456789abcdefABCDEF", c));
    CHECK(is_blank(c) == among(" \t", c));
    CHECK(is_space(c) == among(" \t\r\n", c));
    CHECK(is_control(c) == (octet < 32 || octet == 127));
    CHECK(is_printable(c) == (octet >= 32 && octet < 127));
    CHECK(to_lower(c) == (among(upper, c) ? lower[upper.find(c)] : c));
    CHECK(to_upper(c) == (among(lower, c) ? upper[lower.find(c)] : c));
  }
}

TEST_CASE("case is folded for ASCII letters and nothing else") {
  CHECK(to_lower("EHLO Ä1[") == "ehlo Ä1[");
  CHECK(to_upper("ehlo ä1{") == "EHLO ä1{");

  struct Case {
    std::string_view a, b;
    bool equal, starts;
  };
  for (const Case& c : {
           Case{"", "", true, true},
           Case{"MAIL", "mail", true, true},
           Case{"mail from", "MAIL", false, true},
           Case{"mai", "mail", false, false},
           Case{"m\xc4", "M\xe4", false, false},  // Ä and ä of Latin-1
           Case{"@", "`", false, false},          // 32 apart, as letters are
           Case{"[", "{", false, false},
       }) {
    INFO(c.a << " and " << c.b);
    CHECK(equal_ignoring_case(c.a, c.b) == c.equal);
    CHECK(equal_ignoring_case(c.b, c.a) == c.equal);
    CHECK(starts_with_ignoring_case(c.a, c.b) == c.starts);
  }
}

TEST_CASE("trim takes white space from both ends and leaves it inside") {
  struct Case {
    std::string_view in, out;
  };
  for (const Case& c : {Case{"", ""}, Case{" \t\r\n", ""}, Case{"a", "a"}, Case{" a b\t", "a b"},
                        Case{"\r\na\r\n", "a"}, Case{"\va", "\va"}}) {
    CHECK(trim(c.in) == c.out);
  }
}

TEST_CASE("a number from the wire is digits, nothing else, and at most its limit") {
  struct Case {
    std::string_view digits;
    std::uint64_t max;
    std::optional<std::uint64_t> number;
  };
  constexpr std::uint64_t kAny = UINT64_MAX;
  for (const Case& c : {
           Case{"0", kAny, 0},
           Case{"007", kAny, 7},
           Case{"42", kAny, 42},
           Case{"99", 100, 99},
           Case{"100", 100, 100},
           Case{"101", 100, std::nullopt},
           Case{"1000", 100, std::nullopt},
           Case{"4294967295", UINT32_MAX, UINT32_MAX},
           Case{"4294967296", UINT32_MAX, std::nullopt},
           Case{"18446744073709551615", kAny, UINT64_MAX},
           Case{"18446744073709551616", kAny, std::nullopt},
           Case{"99999999999999999999999999", kAny, std::nullopt},
           Case{"0", 0, 0},
           Case{"1", 0, std::nullopt},
           Case{"9", 5, std::nullopt},
           Case{"", kAny, std::nullopt},
           Case{"-1", kAny, std::nullopt},
           Case{"+1", kAny, std::nullopt},
           Case{" 1", kAny, std::nullopt},
           Case{"1 ", kAny, std::nullopt},
           Case{"0x1", kAny, std::nullopt},
           Case{"1e3", kAny, std::nullopt},
       }) {
    INFO("'" << c.digits << "' up to " << c.max);
    CHECK(parse_number(c.digits, c.max) == c.number);
  }
}

TEST_CASE("every small number is read as it is written, up to every small limit") {
  for (std::uint64_t max = 0; max < 130; ++max) {
    for (std::uint64_t n = 0; n < 130; ++n) {
      const auto expected = n <= max ? std::optional(n) : std::nullopt;
      CHECK(parse_number(std::to_string(n), max) == expected);
    }
  }
}

}  // namespace
}  // namespace mail::ascii
