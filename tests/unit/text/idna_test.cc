#include "mail/text/idna.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"

namespace mail::text {

TEST_CASE("Domains become A-labels, and U-labels again") {
  const struct {
    std::string_view unicode, ascii;
  } cases[] = {
      {"bücher.example", "xn--bcher-kva.example"},
      {"straße.example", "xn--strae-oqa.example"},  // IDNA 2008: not "strasse"
      {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
      {"παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"},
      {"mail.bücher.example", "mail.xn--bcher-kva.example"},
      {"plain.example", "plain.example"},
      {"_dmarc.example", "_dmarc.example"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.unicode);
    const auto ascii = to_a_labels(c.unicode);
    REQUIRE(ascii.ok());
    CHECK(*ascii == c.ascii);
    const auto unicode = to_u_labels(c.ascii);
    REQUIRE(unicode.ok());
    CHECK(*unicode == c.unicode);
    CHECK(to_a_labels(c.ascii).value() == c.ascii);
  }
}

TEST_CASE("What people type is mapped: case, composition, wide letters, other full stops") {
  for (const std::string_view typed : {"BÜCHER.Example",
                                       "bu\xcc\x88"
                                       "cher.example",
                                       "ｂücher．ｅxample", "bücher。example"}) {
    CAPTURE(typed);
    CHECK(to_a_labels(typed).value() == "xn--bcher-kva.example");
  }
  CHECK(to_a_labels("PLAIN.Example").value() == "plain.example");
}

TEST_CASE("What cannot be a domain is refused with the reason") {
  const std::string label(64, 'a');
  const std::string umlauts = cat("ü", std::string(60, 'a'));
  const std::string long_name = cat(std::string(63, 'a'), ".", std::string(63, 'b'), ".",
                                    std::string(63, 'c'), ".", std::string(62, 'd'));
  const struct {
    std::string domain;
    std::string_view reason;
  } cases[] = {
      {"", "it is empty"},
      {std::string("a\0b", 3), "it holds a NUL"},
      {"b\xfc"
       "cher.example",
       "it is not UTF-8"},
      {"a..example", "a label is empty"},
      {".example", "a label is empty"},
      {label + ".example", "a label is longer than 63 octets"},
      {umlauts + ".example", ""},
      {long_name, "it is too long"},
      {std::string(1013, 'a'), "it is too long"},
      {"xn--\x7f.example", ""},
      {"xn--99999999999.example", ""},  // no Punycode
      {"a\xe2\x80\xae"
       "b.example",
       ""},  // right-to-left override
      {"-ü.example", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.domain);
    const auto ascii = to_a_labels(c.domain);
    REQUIRE_FALSE(ascii.ok());
    CHECK(message_of(ascii.status()).find(c.reason) != std::string_view::npos);
  }
  CHECK(to_a_labels(long_name.substr(1)).ok());
  CHECK(to_a_labels(label.substr(1) + ".example.").ok());
}

}  // namespace mail::text
