#include "mail/message/header.h"

#include <catch2/catch.hpp>

namespace mail::message {
namespace {

constexpr std::string_view kHeader =
    "Received: one\r\n"
    "\tfolded\r\n"
    "subject : Hello\r\n"
    "broken line\r\n"
    "Received: two\r\n"
    "Empty:\r\n"
    "\r\n"
    "Body: no field\r\n";

TEST_CASE("fields are views in their order, up to the empty line") {
  std::vector<std::pair<std::string, std::string>> seen;
  for (const HeaderField& field : HeaderFields(kHeader)) seen.emplace_back(field.name, field.value);
  CHECK(seen == std::vector<std::pair<std::string, std::string>>{{"Received", " one\r\n\tfolded"},
                                                                 {"subject", " Hello"},
                                                                 {"broken line", ""},
                                                                 {"Received", " two"},
                                                                 {"Empty", ""}});
  CHECK(first_field(kHeader, "RECEIVED")->value == " one\r\n\tfolded");
  CHECK(last_field(kHeader, "received")->value == " two");
  CHECK(all_fields(kHeader, "Received").size() == 2);
  CHECK_FALSE(first_field(kHeader, "Body").has_value());
}

TEST_CASE("a header ends behind its empty line, wherever the buffer ends") {
  CHECK(header_length(kHeader) == kHeader.find("Body:"));
  CHECK(header_length("A: b\n\nbody") == 6);
  CHECK(header_length("\r\nbody") == 2);
  CHECK(header_length("A: b") == 4);
  CHECK(header_length("") == 0);
  for (std::size_t i = 0; i <= kHeader.size(); ++i) {
    const std::string_view cut = kHeader.substr(0, i);
    std::size_t octets = 0;
    for (const HeaderField& field : HeaderFields(cut)) octets += field.raw.size();
    CHECK(octets <= header_length(cut));
  }
}

struct Unfolding {
  std::string_view raw;
  std::string_view value;
};
TEST_CASE("unfolding joins lines with one space") {
  for (const Unfolding& c : {Unfolding{" a\r\n b ", "a b"}, Unfolding{"a\n\t b", "a b"},
                             Unfolding{"a\r\n \r\n b", "a b"}, Unfolding{"a\rb", "a b"},
                             Unfolding{"  ", ""}, Unfolding{"a  b", "a  b"}}) {
    CHECK(unfold(c.raw) == c.value);
  }
}

TEST_CASE("subsets keep raw fields and the empty line") {
  const std::vector<std::string> names = {"SUBJECT", "Empty", "Missing"};
  CHECK(select_fields(kHeader, names) == "subject : Hello\r\nEmpty:\r\n\r\n");
  CHECK(without_fields(kHeader, names) ==
        "Received: one\r\n\tfolded\r\nbroken line\r\nReceived: two\r\n\r\n");
  CHECK(select_fields("A: b\n\n", {}) == "\n");
  // RFC 3501 §6.4.5: a message without body and empty line has none in its subsets.
  CHECK(select_fields("A: b\r\n", {}) == "");
}

}  // namespace
}  // namespace mail::message
