// Section D of docs/security.md: hostile messages, each with a ceiling on what it may cost. Memory
// is counted at operator new; time is the thread's own processor time, a hundred times what the
// linear work needs, so that only a square of it fails.
#include <time.h>

#include <catch2/catch.hpp>
#include <string>

#include "mail/base/absl.h"
#include "mail/message.h"
#include "mail/text/base64.h"
#include "mail/text/casefold.h"
#include "mail/text/charset.h"
#include "mail/text/encoded_word.h"
#include "mail/text/quoted_printable.h"
#include "mail/text/utf8.h"
#include "support/counting/allocations.h"
#include "support/imap_grammar.h"

namespace mail::message {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// How much longer everything takes with checks in the code.
constexpr double kPatience = std::string_view(MAIL_TEST_SANITIZE).empty() ? 1 : 10;

/// Runs `work` and holds it to its ceilings; sanitizers may take longer, memory they count not.
template <class Work>
void bounded(double seconds, std::size_t octets, Work work) {
  test::start_peak();
  const double begin = processor_seconds();
  work();
  CHECK(processor_seconds() - begin < seconds * kPatience);
  CHECK(test::peak() < octets);
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string result;
  result.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += piece;
  return result;
}

/// Everything that IMAP and SEARCH make of a message.
void read_all(std::string_view mail) {
  const MimeTree tree(mail);
  CHECK(tree.parts().size() <= MimeLimits{}.parts);
  for (std::uint32_t i = 1; i < tree.parts().size(); ++i) {
    const MimePart& part = tree.part(i);
    if (part.parent >= i) FAIL("parent " << part.parent << " of " << i);
    if (part.depth > MimeLimits{}.depth) FAIL("depth " << part.depth);
  }
  using test::StructureForm;
  CHECK(test::body_fault(body_structure_text(tree, true), StructureForm::kBodyStructure) == "");
  CHECK(test::envelope_fault(envelope_text(tree.header(tree.root()))) == "");
  CHECK_FALSE(message_contains(tree, "needle that is not there"));
}

TEST_CASE("D1: a million parts are ten thousand and a rest") {
  const std::string mail =
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + repeated("--x\r\n\r\n\r\n", 1'000'000);
  bounded(60, 64 * kMegabyte, [&] {
    CHECK(MimeTree(mail).is_truncated());
    read_all(mail);
  });
}

TEST_CASE("D1: multiparts and messages a hundred thousand deep end at the limit") {
  std::string multiparts;
  for (int i = 0; i < 100'000; ++i) {
    append(multiparts, "Content-Type: multipart/mixed; boundary=b", i, "\r\n\r\n--b", i, "\r\n");
  }
  bounded(60, 64 * kMegabyte, [&] { read_all(multiparts); });
  const std::string messages = repeated("Content-Type: message/rfc822\r\n\r\n", 100'000);
  bounded(60, 64 * kMegabyte, [&] { read_all(messages); });
  const std::string digests =
      repeated("Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\n", 100'000);
  bounded(60, 64 * kMegabyte, [&] { read_all(digests); });
}

TEST_CASE("D1: boundaries that begin with each other cost no more than others") {
  std::string mail;
  std::string boundary = "a";
  for (std::size_t i = 0; i < MimeLimits{}.depth; ++i, boundary += 'a') {
    append(mail, "Content-Type: multipart/mixed; boundary=", boundary, "\r\n\r\n--", boundary,
           "\r\n");
  }
  mail += "\r\n" + repeated("--" + std::string(50, 'a') + "b\r\n", 1'000);
  mail += repeated("--b\r\n", 500'000);
  bounded(60, 64 * kMegabyte, [&] { read_all(mail); });
}

TEST_CASE("D2: no part is its own ancestor, whatever the boundaries say") {
  // The same boundary at every level, and levels that end in the wrong order.
  const std::string same =
      repeated("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 50) + "--x--\r\n";
  const std::string crossed =
      "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
      "Content-Type: message/rfc822\r\n\r\n"
      "Content-Type: multipart/mixed; "
      "boundary=a\r\n\r\n--a\r\n\r\n--b--\r\n--a--\r\n--b\r\n--a--\r\n";
  for (const std::string& mail : {same, crossed}) {
    const MimeTree tree(mail);
    std::vector<int> seen(tree.parts().size());
    for (std::uint32_t i = 0; i < tree.parts().size(); ++i) {
      const MimePart& part = tree.part(i);
      std::uint32_t before = i;
      for (auto c = part.first_child; c != MimePart::kNone; c = tree.part(c).next_sibling) {
        REQUIRE(c > before);
        REQUIRE(tree.part(c).parent == i);
        ++seen[c];
        before = c;
      }
    }
    for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i] == 1);
    read_all(mail);
  }
}

TEST_CASE("D3: a hundred thousand parameters are a thousand") {
  std::string numbered;
  std::string backwards;
  std::string plain;
  for (int i = 0; i < 100'000; ++i) append(numbered, "; name*", i, "=x");
  for (int i = 100'000; i-- > 0;) append(backwards, "; name*", i, "*=x");
  for (int i = 0; i < 100'000; ++i) append(plain, "; n", i, "=x");
  for (const std::string& parameters : {numbered, backwards, plain}) {
    const std::string mail = cat("Content-Type: text/plain", parameters, "\r\n",
                                 "Content-Disposition: attachment", parameters, "\r\n\r\nbody");
    bounded(30, 64 * kMegabyte, [&] { read_all(mail); });
    CHECK(parse_content_type("a/b" + parameters)->parameters.size() <= kParameterLimit);
  }
}

TEST_CASE("D3: parameters are read up to their limit") {
  for (const std::size_t count : {kParameterLimit - 1, kParameterLimit, kParameterLimit + 1}) {
    std::string value = "a/b";
    for (std::size_t i = 0; i < count; ++i) append(value, "; n", i, "=x");
    CHECK(parse_content_type(value)->parameters.size() == std::min(count, kParameterLimit));
  }
}

TEST_CASE("D3: one decoder names the file, in whatever pieces and order it comes") {
  struct Case {
    std::string_view parameters;
    std::string_view name;
  };
  const Case cases[] = {
      {"; filename*1=exe; filename*0=\"invoice.pdf.\"", "invoice.pdf.exe"},
      {"; filename*0*=utf-8''invoice.; filename*1=\"e\r\n xe\"", "invoice.e xe"},
      {"; filename=invoice.pdf; filename*=utf-8''evil.exe", "evil.exe"},
      {"; filename*0=\"evil.ex\"; filename*1=e; filename*0=ham.pdf", "evil.exe"},
      {"; filename=\"invoice.pdf\r\n\t\t\t\t.exe\"", "invoice.pdf\t\t\t\t.exe"},
      {"; FileName=\"=?utf-8?Q?evil=2Eexe?=\"", "evil.exe"},
      {"; filename*=utf-8''evil%E2%80%AEfdp.exe",
       "evil\xE2\x80\xAE"
       "fdp.exe"},
      {"; filename*=utf-8''%FF%FEevil.exe",
       "\xEF\xBF\xBD\xEF\xBF\xBD"
       "evil.exe"},
  };
  for (const Case& c : cases) {
    INFO(c.parameters);
    const auto disposition = parse_content_disposition(cat("attachment", c.parameters));
    REQUIRE(disposition.has_value());
    CHECK(parameter_text(disposition->parameters, "filename") == std::string(c.name));
  }
}

TEST_CASE("D4: a hundred thousand addresses are ten thousand") {
  for (const char* one :
       {"a@example.com,", "A B <a@example.com>,", "G:a@b;", "(c)", "<@a,@b:c@d>,"}) {
    const std::string mail = "To: " + repeated(one, 100'000) + "\r\n\r\n";
    bounded(20, 64 * kMegabyte, [&] { read_all(mail); });
    CHECK(parse_addresses(mail.substr(4)).size() <= kAddressLimit + 1);
  }
}

TEST_CASE("D4: a field of 10 MB and 50 MB of fields are read in linear time") {
  const std::string field = "Subject: " + std::string(10 * kMegabyte, 'x') + "\r\n\r\n";
  bounded(30, 128 * kMegabyte, [&] { read_all(field); });
  const std::string folded = "Subject: " + repeated("x\r\n ", 500'000) + "\r\n\r\n";
  bounded(30, 128 * kMegabyte, [&] { read_all(folded); });
  // Read by the tree and for ENVELOPE: SEARCH decodes field by field.
  const std::string fields =
      repeated("X-Field: " + std::string(200, 'x') + "\r\n", 250'000) + "\r\n";
  const std::string lists = repeated("To: a@example.com\r\n", 200'000) + "\r\n";
  for (const std::string& mail : {fields, lists}) {
    bounded(60, 32 * kMegabyte, [&] {
      CHECK(MimeTree(mail).parts().size() == 1);
      CHECK(test::envelope_fault(envelope_text(mail)) == "");
    });
  }
}

TEST_CASE("D5: nested comments, empty groups and half addresses are read or dropped") {
  const std::string open(100'000, '(');
  const std::string closed = open + std::string(100'000, ')');
  for (const std::string& from :
       {open, closed, closed + " a@b", "a@b " + closed, "a@" + closed + "b",
        repeated("\\", 100'000), "\"" + repeated("\\\"", 50'000), repeated("(\\)", 30'000),
        repeated("<", 100'000), repeated("a:", 50'000), repeated(":;", 50'000),
        repeated("@", 100'000), repeated("[", 100'000)}) {
    const std::string mail = cat("From: ", from, "\r\n\r\n");
    bounded(20, 128 * kMegabyte, [&] { read_all(mail); });
  }
  for (const char* from :
       {":;", "a:;", ";",   ";;;,", "a:b:c;;", "<>", "a@b, c@d", "a@b c@d", "@",    "\"",
        "(",  "[",   "a@[", "<@",   "<@a:",    "\\", ",",        "a:<",     "a@b<", ">"}) {
    INFO(from);
    read_all(cat("From: ", from, "\r\n\r\n"));
  }
  CHECK(parse_addresses("a@b, c@d").size() == 2);
}

TEST_CASE("D6: truncated and stateful charsets end inside their octets") {
  const std::string_view cut[] = {
      "\xC3",
      "\xE2\x82",
      "\xF0\x9F\x98",
      "\xED\xA0\x80",
      "\xF8\x88\x80\x80\x80",
      "+",
      "+AAA",
      "+2AA-",
      "\x1B$B",
      "\x1B$B\x30",
      "\x1B(",
      "\x1B",
      "\x1B$)C\x0E\x21",
      "\x0E\x0F\x0E",
      "~{",
      "\x81",
      "\xA1",
      "\x8F\xA1",
      "\xFE\xFF\xD8",
      "\xFF\xFE\x00\xD8\x41",
      "\x84\x31\x95",
      "\xFF\xFF\xFF",
      std::string_view("\0", 1),
      "",
  };
  const std::string_view charsets[] = {
      "utf-8",
      "utf-7",
      "utf-16",
      "utf-16be",
      "utf-32",
      "iso-2022-jp",
      "iso-2022-kr",
      "euc-jp",
      "shift_jis",
      "gb2312",
      "gb18030",
      "big5",
      "euc-kr",
      "windows-1252",
      "us-ascii",
      "iso-8859-8-i",
      "ISO-2022-JP-2",
      "hz-gb-2312",
      "x-unknown",
      "",
      "utf-8//TRANSLIT",
      "UTF-7,\r\nX",
      "unicode-1-1-utf-7",
  };
  for (const std::string_view charset : charsets) {
    for (const std::string_view octets : cut) {
      const std::string text = text::to_utf8(octets, charset);
      if (!text::is_valid_utf8(text)) FAIL(charset);
      CHECK(text.size() <= 3 * octets.size() + 8);
      const std::string word = cat("=?", charset, "?B?", text::base64_encode(octets), "?=");
      CHECK(text::is_valid_utf8(text::decode_encoded_words(word)));
    }
  }
  // The state of one word ends with it.
  CHECK(text::decode_encoded_words("=?iso-2022-jp?Q?=1B$B?= =?us-ascii?Q?plain?=") == "plain");
  bounded(30, 64 * kMegabyte, [] {
    const std::string octets(kMegabyte, '\xFF');
    for (const char* charset : {"utf-8", "utf-7", "iso-2022-jp", "gb18030", "x-unknown"}) {
      CHECK(text::to_utf8(octets, charset).size() <= 3 * octets.size() + 8);
    }
  });
}

TEST_CASE("D9: filter, FETCH and SEARCH see one decoded text") {
  struct Case {
    TransferEncoding encoding;
    std::string_view body;
    std::string_view decoded;
  };
  const Case cases[] = {
      {TransferEncoding::kBase64, "ZX\r\n!Zp\tb-CB3b_3Jk", "evil word"},
      {TransferEncoding::kBase64, "ZXZpbA==IHdvcmQ=", "evil word"},
      {TransferEncoding::kBase64, "ZXZpbCB3b3JkA", "evil word"},
      {TransferEncoding::kQuotedPrintable, "ev=\r\nil =\r\nwo=\r\nrd", "evil word"},
      {TransferEncoding::kQuotedPrintable, "e=76il= \t\r\n=20word", "evil word"},
      {TransferEncoding::kQuotedPrintable, "=65=76=69=6c=20=77ord", "evil word"},
      {TransferEncoding::kQuotedPrintable, "evil =\nword", "evil word"},
      {TransferEncoding::kQuotedPrintable, "a=G1=", "a=G1"},
  };
  for (const Case& c : cases) {
    INFO(c.body);
    CHECK(decode_transfer(c.body, c.encoding) == c.decoded);
    const bool is_base64 = c.encoding == TransferEncoding::kBase64;
    const std::string mail =
        cat("Content-Transfer-Encoding: ", is_base64 ? "base64" : "quoted-printable", "\r\n\r\n",
            c.body);
    const MimeTree tree(mail);
    CHECK(decoded_text(tree, tree.root()) == c.decoded);
    CHECK(body_contains(tree, text::casefold(c.decoded)));
  }
  // A character split across two words of one charset is one character.
  CHECK(text::decode_encoded_words("=?utf-8?Q?ev=C3?= =?utf-8?Q?=AFl?=") == "ev\xC3\xAFl");
  bounded(20, 64 * kMegabyte, [] {
    const std::string soft = repeated("=\r\n", 1'000'000);
    CHECK(text::quoted_printable_decode(soft).empty());
    CHECK(text::base64_decode_lenient(repeated("=", 3'000'000)).empty());
    CHECK(text::quoted_printable_decode(repeated("=", 3'000'000)).size() <= 3'000'000);
    CHECK(text::quoted_printable_decode(repeated(" ", 3'000'000)).empty());
  });
}

TEST_CASE("D10: no value that is built adds a field, an address or a body") {
  using namespace std::string_literals;
  HeaderBuilder header;
  for (const std::string& bad :
       {"a\r\nBcc: v@x"s, "a\nBcc: v@x"s, "a\rBcc: v@x"s, "a\0b"s, "\r\n\r\n"s}) {
    CHECK_FALSE(header.add("Subject", bad).ok());
    CHECK_FALSE(header.add_text("Subject", bad).ok());
    CHECK_FALSE(header.add_text(bad, "x").ok());
    using Kind = Address::Kind;
    for (const Address& address :
         {Address{Kind::kMailbox, bad, "", "a", "x"}, Address{Kind::kMailbox, "", "", bad, "x"},
          Address{Kind::kMailbox, "", "", "a", bad}, Address{Kind::kGroupStart, bad, "", "", ""}}) {
      CHECK_FALSE(header.add_addresses("To", {address}).ok());
    }
  }
  // What some readers take for the end of a line (Python's splitlines) does not pass as it is.
  for (const char* bad : {"a\vb", "a\fb",
                          "a\x1C"
                          "b",
                          "a\x1E"
                          "b",
                          "a\x7F"
                          "b",
                          "a\x1B[2J"}) {
    CHECK_FALSE(header.add("Subject", bad).ok());
    CHECK(header.add_text("Subject", bad).ok());
  }
  CHECK(header.text().find_first_of("\v\f\x1B\x1C\x1E\x7F") == std::string::npos);
  // A domain is no place for a second address.
  for (const char* domain :
       {"x>, v@evil", "x, v@evil", "x;", "x(", "x\"", "x y", "x<", "x\\", "x:y"}) {
    INFO(domain);
    CHECK_FALSE(header.add_addresses("To", {{Address::Kind::kMailbox, "", "", "a", domain}}).ok());
  }
  // Names and local parts are quoted or encoded, and stay one address.
  for (const char* name :
       {"v@evil,", "\"v\" <v@evil>, x", "a\\", "=?utf-8?Q?=22,_v=40evil?=", "(", "é <v@evil>"}) {
    for (const char* local : {"a", "a,b", "a@b", "a>", "\"", "a b"}) {
      HeaderBuilder one;
      REQUIRE(one.add_addresses("To", {{Address::Kind::kMailbox, name, "", local, "x.org"}}).ok());
      const auto read = parse_addresses(first_field(one.text(), "To")->value);
      INFO(one.text());
      REQUIRE(read.size() == 1);
      CHECK(read[0].local_part == local);
      CHECK(read[0].domain == "x.org");
    }
  }
}

TEST_CASE("D12: no date is read out of its bounds") {
  const char* none[] = {
      "1 Jan 1000000000 00:00:00 +0000",
      "1 Jan 99999 00:00:00 +0000",
      "1 Jan 1 00:00 +0000",
      "4294967297 Jan 2020 00:00 +0000",
      "1 Jan 2020 4294967296:00 +0000",
      "32 Jan 2020 00:00 +0000",
      "0 Jan 2020 00:00:00 +0000",
      "1 Jan 2020 00:60:00 +0000",
      "1 Jan 2020 00:00:61 +0000",
      "-1 Jan 2020 00:00:00 +0000",
      "1 Jan -2020 00:00:00 +0000",
  };
  for (const char* date : none) {
    INFO(date);
    CHECK_FALSE(parse_date(date).has_value());
  }
  // RFC 5322 §4.3: a zone that says nothing is -0000.
  const auto plain = parse_date("1 Jan 2020 00:00:00 +0000");
  for (const char* zone :
       {"+9999999999", "-99999", "+2400", "+0060", "+", "ZZZZ", "(x", "+1", "Ж"}) {
    INFO(zone);
    CHECK(parse_date(cat("1 Jan 2020 00:00:00 ", zone)) == plain);
  }
  // Whatever is read can be written, also in UTC.
  for (const char* edge :
       {"1 Jan 0000 00:00:00 +2359", "31 Dec 9999 23:59:60 +0000", "31 Dec 9999 23:59:59 -2359"}) {
    INFO(edge);
    CHECK_FALSE(parse_date(edge).has_value());
  }
  for (const char* edge : {"1 Jan 0000 00:00:00 -2359", "31 Dec 9999 23:59:59 +2359"}) {
    const auto date = parse_date(edge);
    REQUIRE(date.has_value());
    CHECK(format_date(*date).size() < 40);
    CHECK(format_internal_date(*date).size() == 26);
    CHECK(format_internal_date({date->time, std::chrono::minutes(0)}).size() == 26);
  }
  bounded(20, 16 * kMegabyte, [] {
    CHECK_FALSE(parse_date(std::string(kMegabyte, '1')).has_value());
    CHECK_FALSE(parse_date(repeated("(", kMegabyte)).has_value());
    CHECK_FALSE(parse_internal_date(std::string(kMegabyte, '1')).has_value());
    CHECK_FALSE(parse_imap_day(std::string(kMegabyte, '-')).has_value());
  });
}

}  // namespace
}  // namespace mail::message
