#include "mail/text/quoted_printable.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view text;
  std::string_view octets;
};
constexpr Vector kDecoded[] = {
    {"caf=C3=A9", "caf\xC3\xA9"},
    {"caf=c3=a9", "caf\xC3\xA9"},
    {"soft=\r\nbreak", "softbreak"},
    {"soft=\nbreak", "softbreak"},
    {"soft= \t\r\nbreak", "softbreak"},
    {"padding  \t\r\nnext", "padding\r\nnext"},
    {"a\nb\r\n", "a\nb\r\n"},
    {"100% = =4 =G1 =", "100% = =4 =G1 "},
    {"=3D=", "="},
    {"", ""},
};

TEST_CASE("quoted-printable text decodes, broken escapes stay") {
  for (const Vector& vector : kDecoded) {
    INFO(vector.text);
    CHECK(quoted_printable_decode(vector.text) == vector.octets);
  }
}

TEST_CASE("what is encoded has short lines and decodes to the same octets") {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const std::string& octets :
       {std::string("line\r\n"), std::string("blank at end \r\nnext\t"), std::string(300, 'x'),
        std::string(300, '\xE9'), all + all, std::string("a\nb = c\n"), std::string("\r")}) {
    const std::string text = quoted_printable_encode(octets);
    INFO(text);
    CHECK(quoted_printable_decode(text) == octets);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) {
      return c == '\r' || c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f);
    }));
    std::size_t column = 0;
    for (char c : text) {
      column = c == '\n' ? 0 : column + (c == '\r' ? 0 : 1);
      REQUIRE(column <= 76);
    }
  }
}

}  // namespace
}  // namespace mail::text
