#include "mail/text/charset.h"

#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view charset;
  std::string_view octets;
  std::string_view utf8;
};
constexpr Vector kVectors[] = {
    {"us-ascii", "plain", "plain"},
    {"utf-8", "caf\xC3\xA9", "café"},
    {"UTF-8", "caf\xC3", "caf\uFFFD"},
    {"iso-8859-1", "caf\xE9", "café"},
    {"ISO-8859-15", "\xA4", "€"},
    {"windows-1252", "\x80", "€"},
    {"koi8-r", "\xD0\xD2\xC9", "при"},
    {"iso-2022-jp", "\x1B$BF|K\\\x1B(B", "日本"},
    {"gb2312", "\xC4\xE3", "你"},
    {"ks_c_5601-1987", "\xC7\xD1", "한"},
    {"utf-16be", std::string_view("\x20\xAC", 2), "€"},
    {"us-ascii", "caf\xC3\xA9", "café"},  // mislabelled UTF-8
    {"us-ascii", "caf\xE9!", "caf\uFFFD!"},
    {"", "caf\xC3\xA9", "café"},
    {"x-nobody-knows", "caf\xC3\xA9!", "caf\uFFFD!"},
    {"utf-8//TRANSLIT", "caf\xE9", "caf\uFFFD"},
    {"iso-2022-cn-ext", "caf\xE9", "caf\uFFFD"},  // not passed to iconv
    {"shift_jis", "\x93\xFA\x81", "日\uFFFD"},    // cut inside a character
    {"euc-jp",
     "a\xFF"
     "b",
     "a\uFFFD"
     "b"},
};

TEST_CASE("text of any charset becomes UTF-8 and never fails") {
  for (const Vector& vector : kVectors) {
    INFO(vector.charset);
    CHECK(to_utf8(vector.octets, vector.charset) == vector.utf8);
  }
}

TEST_CASE("exact conversion refuses what has no meaning") {
  CHECK(to_utf8_exactly("caf\xE9", "iso-8859-1") == std::string("café"));
  CHECK(to_utf8_exactly("\xD0", "koi8-r") == std::string("п"));
  CHECK_FALSE(to_utf8_exactly("caf\xE9", "us-ascii").has_value());
  CHECK_FALSE(to_utf8_exactly("caf\xE9", "utf-8").has_value());
  CHECK_FALSE(to_utf8_exactly("\x93", "shift_jis").has_value());
  CHECK_FALSE(to_utf8_exactly("x", "x-nobody-knows").has_value());
}

TEST_CASE("SEARCH can ask which charsets are known") {
  for (const char* name : {"us-ascii", "UTF-8", "iso-8859-1", "ISO-8859-15", "koi8-r", "big5"}) {
    INFO(name);
    CHECK(is_known_charset(name));
  }
  for (const char* name : {"", "x-nobody-knows", "utf-8//IGNORE", "../../x", "INTERNAL"}) {
    INFO(name);
    CHECK_FALSE(is_known_charset(name));
  }
}

}  // namespace
}  // namespace mail::text
