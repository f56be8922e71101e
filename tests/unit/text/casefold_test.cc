#include "mail/text/casefold.h"

#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view haystack;
  std::string_view needle;
  bool found;
};
constexpr Vector kVectors[] = {
    {"Hello World", "WORLD", true},
    {"Hello World", "", true},
    {"", "x", false},
    {"Straße", "STRASSE", true},
    {"ÄRGER", "ärger", true},
    {"A\xCC\x88rger", "ärger", true},  // decomposed
    {"ΣΊΣΥΦΟΣ", "σίσυφος", true},      // final sigma
    {"ПРИВЕТ", "привет", true},
    {"№ 5", "no 5", true},  // compatibility form
    {"ＦＵＬＬ", "full", true},
    {"caf\xE9 OLE", "ole", true},  // not UTF-8
    {"Hello", "hallo", false},
};

TEST_CASE("search ignores case and compatibility forms") {
  for (const Vector& vector : kVectors) {
    INFO(vector.haystack << " / " << vector.needle);
    CHECK(contains_folded(vector.haystack, casefold(vector.needle)) == vector.found);
  }
}

TEST_CASE("folding what is folded changes nothing") {
  for (const Vector& vector : kVectors) {
    const std::string once = casefold(vector.haystack);
    CHECK(casefold(once) == once);
  }
}

}  // namespace
}  // namespace mail::text
