#include "server/imap_fetch.h"

#include <catch2/catch.hpp>

namespace mail::server {
namespace {

using imap::FetchAttribute;
using Kind = FetchAttribute::Kind;

struct FixedContent : store::Content {
  explicit FixedContent(std::string b) : text(std::move(b)) {}
  std::string_view bytes() const override { return text; }
  std::string text;
};

FetchAttribute attribute(Kind kind, bool is_peek = false) {
  FetchAttribute attribute;
  attribute.kind = kind;
  attribute.is_peek = is_peek;
  return attribute;
}

TEST_CASE("A plan reads the message only for what needs its bytes") {
  struct Row {
    FetchAttribute attribute;
    bool needs_bytes;
    bool needs_summary;
    bool marks_seen;
  };
  FetchAttribute listed = attribute(Kind::kSection, true);
  listed.section.kind = message::Section::Kind::kHeaderFields;
  listed.section.fields = {"FROM", "Subject"};
  FetchAttribute rare = listed;
  rare.section.fields.push_back("X-Rare");
  FetchAttribute of_part = listed;
  of_part.section.part = {1};
  const Row rows[] = {
      {attribute(Kind::kFlags), false, false, false},
      {attribute(Kind::kUid), false, false, false},
      {attribute(Kind::kInternalDate), false, false, false},
      {attribute(Kind::kRfc822Size), false, false, false},
      {attribute(Kind::kEnvelope), false, true, false},
      {attribute(Kind::kBody), false, true, false},
      {attribute(Kind::kBodyStructure), false, true, false},
      {attribute(Kind::kPreview), false, true, false},
      {attribute(Kind::kSection, true), true, false, false},
      {attribute(Kind::kSection, false), true, false, true},
      {listed, false, true, false},
      {rare, true, false, false},
      {of_part, true, false, false},
  };
  for (const Row& row : rows) {
    const FetchPlan plan({row.attribute});
    CHECK(plan.needs_bytes == row.needs_bytes);
    CHECK(plan.needs_summary == row.needs_summary);
    CHECK(plan.marks_seen == row.marks_seen);
  }
}

TEST_CASE("A summary answers as the message itself would") {
  const std::string text = "From: <a@b.c>\r\nX: 1\r\nSubject: s\r\n\r\ntext\r\n";
  const auto content = std::make_shared<const FixedContent>(text);
  store::Summary summary;
  const std::string header = "From: <a@b.c>\r\nSubject: s\r\n\r\n";
  summary.header = header;
  std::vector<FetchAttribute> attributes = {attribute(Kind::kSection, true)};
  attributes[0].section.kind = message::Section::Kind::kHeaderFields;
  attributes[0].section.fields = {"subject", "from", "to"};
  for (const bool is_cut : {false, true}) {
    if (is_cut) attributes[0].partial = FetchAttribute::Partial{3, 9};
    const auto from_message = render(attributes, {}, content);
    const auto from_summary = render(attributes, {}, summary);
    REQUIRE(from_summary.size() == 1);
    CHECK(from_summary[0].is_literal);
    CHECK(from_summary[0].octets == from_message[0].octets);
  }
}

TEST_CASE("A preview is a quoted string, a literal beyond ASCII, never NIL") {
  struct Row {
    std::string_view message, expected;
  };
  const Row rows[] = {
      {"A: b\r\n\r\nsay \"hi\"\r\n", R"("say \"hi\"")"},
      {"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xC3\xBC\xC3\x9F\r\n",
       "{6}\r\nGr\xC3\xBC\xC3\x9F"},
      {"Content-Type: image/gif\r\n\r\nx", "\"\""},
  };
  for (const Row& row : rows) {
    const auto content = std::make_shared<const FixedContent>(std::string(row.message));
    const auto items = render({attribute(Kind::kPreview)}, {}, content);
    REQUIRE(items.size() == 1);
    CHECK_FALSE(items[0].is_literal);
    CHECK(items[0].ready_text() == row.expected);
    store::Summary summary;
    summary.owner = content;
    summary.preview = row.expected;
    CHECK(render({attribute(Kind::kPreview)}, {}, summary)[0].ready_text() == row.expected);
  }
}

TEST_CASE("An EMAILID is told in parentheses, a THREADID is NIL, with and without the message") {
  const std::vector<FetchAttribute> attributes = {attribute(Kind::kEmailId),
                                                  attribute(Kind::kThreadId)};
  const FetchPlan plan(attributes);
  CHECK(plan.needs_email_ids);
  CHECK_FALSE(plan.needs_bytes);
  CHECK_FALSE(plan.needs_summary);
  CHECK_FALSE(FetchPlan({attribute(Kind::kThreadId)}).needs_email_ids);
  const FetchFacts facts{{}, "E1"};
  for (const auto& items :
       {render(attributes, facts, std::make_shared<const FixedContent>("A: b\r\n\r\n")),
        render(attributes, facts, store::Summary())}) {
    REQUIRE(items.size() == 2);
    CHECK(items[0].ready_text() == "(E1)");
    CHECK(items[1].ready_text() == "NIL");
  }
}

TEST_CASE("A partial is cut to what is there") {
  const auto content = std::make_shared<const FixedContent>("A: b\r\n\r\n0123456789");
  struct Row {
    std::uint32_t offset;
    std::uint32_t octets;
    std::string_view expected;
  };
  const Row rows[] = {
      {0, 4, "0123"}, {8, 4, "89"}, {10, 4, ""}, {11, 4, ""}, {4294967295, 4294967295, ""},
  };
  for (const Row& row : rows) {
    FetchAttribute text = attribute(Kind::kSection, true);
    text.section.kind = message::Section::Kind::kText;
    text.partial = FetchAttribute::Partial{row.offset, row.octets};
    const auto items = render({text}, {}, content);
    REQUIRE(items.size() == 1);
    CHECK(items[0].is_literal);
    CHECK(items[0].octets == row.expected);
  }
}

TEST_CASE("Octets of a header subset live as long as their item") {
  std::vector<FetchedItem> items;
  std::vector<FetchAttribute> attributes = {attribute(Kind::kSection, true)};
  attributes[0].section.kind = message::Section::Kind::kHeaderFields;
  attributes[0].section.fields = {"b"};
  {
    const auto content = std::make_shared<const FixedContent>("A: 1\r\nB: 2\r\nC: 3\r\n\r\nx");
    items = render(attributes, {}, content);
  }
  REQUIRE(items.size() == 1);
  CHECK(items[0].octets == "B: 2\r\n\r\n");
}

}  // namespace
}  // namespace mail::server
