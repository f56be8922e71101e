// The pairs of One-com's rfc2047. How a text is cut into encoded words is each writer's choice, so
// what is compared is the meaning: theirs and ours decode to the input.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "mail/text/encoded_word.h"
#include "support/suites.h"

namespace mail::text {
namespace {

TEST_CASE("the encoded words of One-com's suite mean what it says") {
  const auto folder = test::suite("rfc2047-onecom");
  if (!folder) return;
  test::Exceptions exceptions("suites/rfc2047-onecom");
  const auto vectors = nlohmann::json::parse(test::read_test_file(*folder + "/vectors.json"));
  CHECK(vectors.size() >= 52);
  for (const auto& vector : vectors) {
    const auto name = vector["name"].get<std::string>();
    const auto input = vector["input"].get<std::string>();
    const auto expected = vector["expected"].get<std::string>();
    const bool decodes = vector["op"] == "decode to";
    // "encode to" changes what it encodes: only our own way back can be held to the input.
    const bool returns = vector["op"] == "encode back and forth to";
    bool as_expected = true;
    if (decodes) as_expected = decode_encoded_words(input) == expected;
    if (returns) as_expected = decode_encoded_words(expected) == input;
    if (!decodes) CHECK(decode_encoded_words(encode_words(input)) == input);
    if (as_expected || exceptions.covers(name)) continue;
    INFO(name);
    CHECK(decode_encoded_words(decodes ? input : expected) == (decodes ? expected : input));
  }
  CHECK(exceptions.unused() == "");
}

}  // namespace
}  // namespace mail::text
