#include "mail/message/builder.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "mail/message/header.h"
#include "mail/message/search_text.h"
#include "mail/text/casefold.h"

namespace mail::message {
namespace {

TEST_CASE("no value can add a field or end the header") {
  HeaderBuilder header;
  using namespace std::string_literals;
  for (const std::string& bad : {"a\r\nBcc: x"s, "a\nb"s, "a\rb"s, "a\0b"s, "\r\n\r\nbody"s}) {
    CHECK_FALSE(header.add("Subject", bad).ok());
    CHECK_FALSE(header.add_text("Subject", bad).ok());
    CHECK_FALSE(header.add_addresses("To", {{Address::Kind::kMailbox, bad, "", "a", "x"}}).ok());
    CHECK_FALSE(header.add_addresses("To", {{Address::Kind::kMailbox, "", "", bad, "x"}}).ok());
    CHECK_FALSE(header.add_addresses("To", {{Address::Kind::kMailbox, "", "", "a", bad}}).ok());
  }
  for (const char* name : {"", "A B", "A:", "A\r\nB", "Ä", "A\t"}) {
    CHECK_FALSE(header.add(name, "x").ok());
  }
  CHECK_FALSE(header.add("Subject", "caf\xE9").ok());
  CHECK(header.text().empty());
}

TEST_CASE("long fields are folded at blanks and read back the same") {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "word" + std::to_string(i) + (i % 9 == 0 ? "  " : " ");
  words.pop_back();
  const std::string field = fold_field("Subject", words).value();
  std::size_t begin = 0;
  while (begin < field.size()) {
    const std::size_t end = field.find("\r\n", begin);
    CHECK(end - begin <= 78);
    CHECK(field.find_first_not_of(' ', begin) < end);
    begin = end + 2;
  }
  CHECK(first_field(field, "Subject").has_value());
  CHECK(std::count(field.begin(), field.end(), '\n') > 3);
}

TEST_CASE("a word is never cut, one beyond 998 octets is refused") {
  CHECK(fold_field("X", std::string(997, 'x')).ok());
  CHECK_FALSE(fold_field("X", std::string(998, 'x')).ok());
  CHECK(fold_field("X", "").value() == "X:\r\n");
}

TEST_CASE("a built message says what was put in") {
  HeaderBuilder header;
  REQUIRE(
      header.add_text("Subject", "Grüße aus dem Rechenzentrum, mit einem langen Betreff für alle")
          .ok());
  REQUIRE(header.add_addresses("To", {{Address::Kind::kMailbox, "Jürgen, der", "", "j", "x.org"}})
              .ok());
  REQUIRE(header.add_date("Date", {}).ok());
  const std::string mail = text_message(header, "Schöne Grüße\n.\nEnde");
  CHECK(decoded_value(first_field(mail, "Subject")->value) ==
        "Grüße aus dem Rechenzentrum, mit einem langen Betreff für alle");
  CHECK(decoded_value(parse_addresses(first_field(mail, "To")->value)[0].name) == "Jürgen, der");
  CHECK(first_field(mail, "Date")->value == " Thu, 1 Jan 1970 00:00:00 +0000");
  const MimeTree tree(mail);
  CHECK(decoded_text(tree, tree.root()) == "Schöne Grüße\r\n.\r\nEnde\r\n");
  CHECK(text_message({}, "plain\n").ends_with("7bit\r\n\r\nplain\r\n"));
  CHECK(text_message({}, std::string(999, 'x')).find("quoted-printable") != std::string::npos);
  CHECK(text_message({}, "lone\rCR").find("lone=0DCR") != std::string::npos);
}

TEST_CASE("search sees decoded text") {
  const std::string mail =
      "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
      "Content-Type: multipart/mixed; boundary=x\r\n"
      "\r\n"
      "--x\r\n"
      "Content-Type: text/plain; charset=iso-8859-1\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "\r\n"
      "Caf=E9\r\n"
      "--x\r\n"
      "Content-Type: application/pdf; name=bill.pdf\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "c2VjcmV0\r\n"
      "--x--\r\n";
  const MimeTree tree(mail);
  auto folded = [](std::string_view text) { return text::casefold(text); };
  CHECK(field_contains(mail, "subject", folded("GRÜSSE")));
  CHECK(field_contains(mail, "subject", ""));
  CHECK_FALSE(field_contains(mail, "X-Absent", ""));
  CHECK(body_contains(tree, folded("CAFÉ")));
  CHECK(body_contains(tree, folded("bill.pdf")));
  CHECK_FALSE(body_contains(tree, folded("secret")));
  CHECK_FALSE(body_contains(tree, folded("grüße")));
  CHECK(message_contains(tree, folded("grüße")));
  CHECK_FALSE(message_contains(tree, folded("nothing of it")));
}

}  // namespace
}  // namespace mail::message
