#include "mail/text/encoded_word.h"

#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view value;
  std::string_view utf8;
};
constexpr Vector kDecoded[] = {
    {"plain text", "plain text"},
    {"=?utf-8?Q?caf=C3=A9_au_lait?=", "café au lait"},
    {"=?utf-8?B?Y2Fmw6k=?= rest", "café rest"},
    {"=?utf-8?q?a?= \r\n =?utf-8?b?Yg==?=", "ab"},
    {"=?utf-8?Q?a?=  text =?utf-8?Q?b?=", "a  text b"},
    {"=?utf-8?Q?=E2?= =?UTF-8?Q?=98=BA?=", "☺"},  // split inside a character
    {"=?iso-8859-1*en?Q?caf=E9?=", "café"},       // RFC 2231 §5
    {"=?x-unknown?Q?caf=E9?=", "caf\uFFFD"},
    {"caf\xE9", "caf\uFFFD"},
    {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
    {"=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"},
    {"=??Q?a?=", "=??Q?a?="},
    {"=?", "=?"},
    {"=?utf-8?Q?what?\?=", "what?"},
    {"=?utf-8?Q?a =?utf-8?Q?b?=", "=?utf-8?Q?a b"},
    {"=?utf-8?Q?\?= x", " x"},
    {"x =?utf-8?Q?y?= ", "x y "},
};

TEST_CASE("encoded words decode, everything else stays") {
  for (const Vector& vector : kDecoded) {
    INFO(vector.value);
    CHECK(decode_encoded_words(vector.value) == vector.utf8);
  }
}

TEST_CASE("text is encoded where it must be and survives") {
  const std::string long_text = [] {
    std::string text;
    for (int i = 0; i < 60; ++i) text += i % 7 == 3 ? "日本 " : "è";
    return text;
  }();
  for (const std::string& text :
       {std::string("plain"), std::string("Grüße aus Köln"), std::string("a =?b?= c"),
        std::string("日本語の件名です、とても長い長い長い長い長い長い長い"), long_text,
        std::string("é  é"), std::string("tab\tnul") + '\0', std::string("x é y é z"),
        std::string("été")}) {
    const std::string encoded = encode_words(text);
    INFO(encoded);
    CHECK(decode_encoded_words(encoded) == text);
    for (std::size_t begin = 0; begin < encoded.size();) {
      const std::size_t end = std::min(encoded.find(' ', begin), encoded.size());
      CHECK(end - begin <= 75);
      begin = end + 1;
    }
    CHECK(encoded.find_first_of("\r\n\t") == std::string::npos);
  }
  CHECK(encode_words("plain text") == "plain text");
  CHECK(encode_words("Grüße") == "=?utf-8?B?R3LDvMOfZQ==?=");
}

TEST_CASE("a value full of beginnings is read in linear time") {
  std::string value;
  for (int i = 0; i < 200'000; ++i) value += "=?a?q?x";
  CHECK(decode_encoded_words(value) == value);
  CHECK(decode_encoded_words(value + "?=").size() < value.size());
}

}  // namespace
}  // namespace mail::text
