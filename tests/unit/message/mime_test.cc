#include "mail/message/mime.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/message/section.h"
#include "mail/message/structure.h"

namespace mail::message {
namespace {

constexpr std::string_view kNested =
    "Subject: outer\r\n"
    "Content-Type: multipart/mixed; boundary=\"a b\"\r\n"
    "\r\n"
    "preamble\r\n"
    "--a b\r\n"
    "\r\n"
    "first\r\n"
    "second line\r\n"
    "--a b \r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Subject: inner\r\n"
    "From: Ann <ann@x.org>\r\n"
    "Content-Type: multipart/alternative; boundary=a\r\n"
    "\r\n"
    "--a\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "plain\r\n"
    "--a\r\n"
    "Content-Type: text/html\r\n"
    "Content-Transfer-Encoding: QUOTED-PRINTABLE\r\n"
    "Content-Disposition: inline; filename*=utf-8''%C3%A9.html\r\n"
    "Content-Language: en, de\r\n"
    "Content-ID: <id@x>\r\n"
    "\r\n"
    "<p>=E9\r\n"
    "--a--\r\n"
    "--a b--\r\n"
    "epilogue\r\n";

/// Kinds and bodies of all parts, by a letter each.
std::string outline(const MimeTree& tree) {
  std::string result;
  for (const MimePart& part : tree.parts()) {
    append(result, std::string(part.depth, '.'));
    switch (part.kind) {
      case MimePart::Kind::kLeaf: append(result, "[", tree.body(part), "]"); break;
      case MimePart::Kind::kMultipart: append(result, "M", part.children); break;
      case MimePart::Kind::kMessage: result += "R"; break;
    }
    append(result, ":", part.body_lines, " ");
  }
  return result;
}

std::string with_lf(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c != '\r') result.push_back(c);
  }
  return result;
}

TEST_CASE("parts stand in one array, parents before children") {
  const MimeTree tree(kNested);
  CHECK(outline(tree) ==
        "M2:27 .[first\r\nsecond line]:1 .R:16 ..M2:12 ...[plain]:0 ...[<p>=E9]:0 ");
  CHECK(outline(MimeTree(with_lf(kNested))) ==
        "M2:27 .[first\nsecond line]:1 .R:16 ..M2:12 ...[plain]:0 ...[<p>=E9]:0 ");
  for (std::uint32_t i = 1; i < tree.parts().size(); ++i) CHECK(tree.part(i).parent < i);
}

TEST_CASE("a part tells what its header says") {
  const MimeTree tree(kNested);
  const PartDescription html = tree.describe(tree.part(5));
  CHECK(html.content_type.is("text", "html"));
  CHECK(html.encoding == "quoted-printable");
  CHECK(html.disposition->kind == "inline");
  CHECK(parameter_text(html.disposition->parameters, "filename") == std::string("é.html"));
  CHECK(html.languages == std::vector<std::string>{"en", "de"});
  CHECK(html.id == std::string("<id@x>"));
}

struct SectionCase {
  Section section;
  std::string_view octets;
};
TEST_CASE("sections are found by their part numbers") {
  using Kind = Section::Kind;
  const SectionCase cases[] = {
      {{{}, Kind::kWhole, {}}, kNested},
      {{{1}, Kind::kWhole, {}}, "first\r\nsecond line"},
      {{{1}, Kind::kMime, {}}, "\r\n"},
      {{{2}, Kind::kMime, {}}, "Content-Type: message/rfc822\r\n\r\n"},
      {{{2}, Kind::kHeaderFields, {"SUBJECT"}}, "Subject: inner\r\n\r\n"},
      {{{2}, Kind::kHeaderFieldsNot, {"content-type", "From"}}, "Subject: inner\r\n\r\n"},
      {{{2, 1}, Kind::kWhole, {}}, "plain"},
      {{{2, 2}, Kind::kWhole, {}}, "<p>=E9"},
      {{{2, 1}, Kind::kMime, {}}, "Content-Type: text/plain; charset=utf-8\r\n\r\n"},
      {{{2, 1}, Kind::kHeader, {}}, ""},
      {{{2, 1, 1}, Kind::kWhole, {}}, ""},
      {{{3}, Kind::kWhole, {}}, ""},
      {{{0}, Kind::kWhole, {}}, ""},
      {{{}, Kind::kHeaderFields, {"subject", "x"}}, "Subject: outer\r\n\r\n"},
  };
  const MimeTree tree(kNested);
  for (const SectionCase& c : cases) {
    INFO(to_string(c.section));
    CHECK(section_octets(kNested, c.section).octets() == c.octets);
    CHECK(section_octets(tree, c.section).octets() == c.octets);
  }
  const Section text{{2}, Kind::kText, {}};
  CHECK(section_octets(tree, text).octets().starts_with("--a\r\n"));
  // RFC 3501 §6.4.5: every message has a part 1.
  CHECK(section_octets("A: b\r\n\r\nbody", {{1}, Kind::kWhole, {}}).octets() == "body");
  CHECK(section_octets("A: b\r\n\r\nbody", {{1, 1}, Kind::kWhole, {}}).octets() == "");
}

TEST_CASE("sections print as IMAP writes them") {
  using Kind = Section::Kind;
  CHECK(to_string({{}, Kind::kWhole, {}}) == "");
  CHECK(to_string({{1, 2}, Kind::kMime, {}}) == "1.2.MIME");
  CHECK(to_string({{4, 2}, Kind::kHeaderFields, {"Subject", "a b"}}) ==
        "4.2.HEADER.FIELDS (Subject \"a b\")");
}

TEST_CASE("structures are written as RFC 3501 wants them") {
  const MimeTree tree(kNested);
  CHECK(
      body_structure_text(tree, false) ==
      R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 18 1)("message" "rfc822" NIL NIL )"
      R"(NIL "7bit" 340 (NIL "inner" (("Ann" NIL "ann" "x.org")) (("Ann" NIL "ann" "x.org")) )"
      R"((("Ann" NIL "ann" "x.org")) NIL NIL NIL NIL NIL) (("text" "plain" ("charset" "utf-8") )"
      R"(NIL NIL "7bit" 5 0)("text" "html" ("charset" "us-ascii") "<id@x>" NIL )"
      R"("quoted-printable" 6 0) "alternative") 16) "mixed"))");
  const std::string extended = body_structure_text(tree, true);
  CHECK(extended.find(R"( NIL ("inline" ("filename*" "utf-8''%C3%A9.html")) ("en" "de") NIL))") !=
        std::string::npos);
  CHECK(extended.ends_with(R"( "mixed" ("boundary" "a b") NIL NIL NIL))"));
}

TEST_CASE("strings are quoted when they can be and literals when they must be") {
  auto written = [](std::string_view value) {
    std::string to;
    append_imap_string(to, value);
    return to;
  };
  CHECK(written("") == "\"\"");
  CHECK(written("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(written("a\r\nb") == "{4}\r\na\r\nb");
  CHECK(written("é") == "{2}\r\né");
  CHECK(written(std::string_view("a\0b", 3)) == "{3}\r\na b");
}

TEST_CASE("an envelope has NIL for what is absent and From for what defaults to it") {
  CHECK(envelope_text("") == "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
  CHECK(envelope_text("Subject:\r\nFrom: a@x\r\nReply-To:\r\nTo: G: b@y;\r\n") ==
        R"((NIL "" ((NIL NIL "a" "x")) ((NIL NIL "a" "x")) ((NIL NIL "a" "x")) )"
        R"(((NIL NIL "G" NIL)(NIL NIL "b" "y")(NIL NIL NIL NIL)) NIL NIL NIL NIL))");
}

struct Odd {
  std::string_view message;
  std::string_view outline;
};
TEST_CASE("odd structures are read without loss") {
  const Odd cases[] = {
      {"", "[]:0 "},
      {"\r\n", "[]:0 "},
      {"no header", "[]:0 "},
      {"A: b\n\nbody\n", "[body\n]:1 "},
      {"Content-Type: multipart/mixed\n\nbody", "M0:0 "},
      {"Content-Type: multipart/mixed; boundary=x\n\nno part", "M0:0 "},
      // Cut off before the last boundary.
      {"Content-Type: multipart/mixed; boundary=x\n\n--x\n\npart", "M1:2 .[part]:0 "},
      // The empty line is the boundary's.
      {"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--x--", "M1:2 .[]:0 "},
      // No empty line at all.
      {"Content-Type: multipart/mixed; boundary=x\n\n--x\nA: b\n--x--", "M1:2 .[]:0 "},
      // An outer boundary ends inner parts that were never closed.
      {"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
       "Content-Type: multipart/mixed; boundary=y\n\n--y\n\ninner\n--x\n\nouter\n--x--",
       "M2:9 .M1:2 ..[inner]:0 .[outer]:0 "},
      // The longest boundary that fits.
      {"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
       "Content-Type: multipart/mixed; boundary=xy\n\n--xy\n\ninner\n--xy--\n--x\n\nouter\n--x--",
       "M2:10 .M1:3 ..[inner]:0 .[outer]:0 "},
      {"Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: s\n\ntext\n--x--",
       "M1:5 .R:2 ..[text]:0 "},
      {"Content-Type: message/rfc822\n\n", "R:0 .[]:0 "},
  };
  for (const Odd& c : cases) {
    INFO(c.message);
    CHECK(outline(MimeTree(c.message)) == c.outline);
  }
}

TEST_CASE("limits stop the tree, not the message") {
  std::string many = "Content-Type: multipart/mixed; boundary=x\n\n";
  for (int i = 0; i < 20; ++i) many += "--x\n\npart\n";
  for (const std::size_t limit : {20U, 21U, 22U}) {
    const MimeTree tree(many, {.parts = limit});
    CHECK(tree.parts().size() == std::min<std::size_t>(limit, 21));
    CHECK(tree.is_truncated() == (limit < 21));
    CHECK(tree.part(tree.parts().size() - 1).end == many.size());
  }
  std::string deep;
  for (int i = 0; i < 5; ++i) deep += "Content-Type: message/rfc822\n\n";
  for (const std::size_t limit : {4U, 5U, 6U}) {
    const MimeTree tree(deep, {.depth = limit});
    CHECK(tree.parts().size() == std::min<std::size_t>(limit + 1, 6));
    CHECK(tree.is_truncated() == (limit < 5));
    CHECK_FALSE(body_structure_text(tree, true).empty());
  }
}

TEST_CASE("every cut of a message is a message") {
  for (std::size_t i = 0; i <= kNested.size(); ++i) {
    const MimeTree tree(kNested.substr(0, i));
    for (const MimePart& part : tree.parts()) {
      REQUIRE(part.header <= part.body);
      REQUIRE(part.body <= part.end);
      REQUIRE(part.end <= i);
    }
    REQUIRE_FALSE(body_structure_text(tree, true).empty());
  }
}

}  // namespace
}  // namespace mail::message
