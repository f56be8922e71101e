#include "mail/text/base64.h"

#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view octets;
  std::string_view text;
};
// RFC 4648 §10.
constexpr Vector kVectors[] = {{"", ""},
                               {"f", "Zg=="},
                               {"fo", "Zm8="},
                               {"foo", "Zm9v"},
                               {"foob", "Zm9vYg=="},
                               {"fooba", "Zm9vYmE="},
                               {"foobar", "Zm9vYmFy"}};

TEST_CASE("the vectors of RFC 4648 encode and decode") {
  for (const Vector& vector : kVectors) {
    INFO(vector.octets);
    CHECK(base64_encode(vector.octets) == vector.text);
    CHECK(base64_decode(vector.text) == std::string(vector.octets));
    CHECK(base64_decode_lenient(vector.text) == vector.octets);
  }
}

TEST_CASE("strict decoding accepts one text for each value") {
  for (const char* text : {"Zg=", "Zg", "Zg===", "Z===", "=", "====", "Zh==", "Zm9=", "Zm9v\r\n",
                           " Zm9v", "Zm=v", "Zg==Zg==", "Zm-_", "Zm9v="}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
}

TEST_CASE("lenient decoding reads what mail contains") {
  CHECK(base64_decode_lenient("Zm9v\r\nYmFy\r\n") == "foobar");
  CHECK(base64_decode_lenient("Zm9v YmFy") == "foobar");
  CHECK(base64_decode_lenient("Zg==Zm9v") == "ffoo");  // concatenated parts
  CHECK(base64_decode_lenient("Zm9vYg") == "foob");
  CHECK(base64_decode_lenient("Zm9vY") == "foo");  // a lone character holds no octet
  CHECK(base64_decode_lenient("!!!") == "");
}

TEST_CASE("a body is cut into lines of 76 columns") {
  const std::string lines = base64_encode_lines(std::string(100, 'x'));
  CHECK(lines.find("\r\n") == 76);
  CHECK(lines.ends_with("\r\n"));
  CHECK(base64_decode_lenient(lines) == std::string(100, 'x'));
  CHECK(base64_encode_lines("") == "");
}

}  // namespace
}  // namespace mail::text
