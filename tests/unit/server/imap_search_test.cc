#include "server/imap_search.h"

#include <catch2/catch.hpp>

namespace mail::server {
namespace {

using Kind = imap::SearchNode::Kind;
using imap::SearchNode;
using store::Uid;
using namespace std::chrono;

constexpr std::string_view kMessage =
    "Date: Mon, 13 Nov 2023 23:30:00 -0500\r\n"
    "From: Ann <ann@example.test>\r\n"
    "To: bob@example.test\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from here\r\n"
    "X-Empty:\r\n"
    "\r\n"
    "The body speaks of apples.\r\n";

SearchFacts facts() {
  SearchFacts facts;
  facts.info.uid = Uid{40};
  facts.info.flags.system = store::kSeen | store::kFlagged;
  facts.info.flags.keywords = 2;
  facts.info.internal_date = WallTime(seconds(1'700'000'000));  // 2023-11-14 22:13:20 UTC
  facts.info.size = kMessage.size();
  facts.sequence = 4;
  facts.is_recent = true;
  facts.email_id = "E40";
  return facts;
}

SearchNode node(Kind kind, std::string text = {}, std::string field = {}) {
  SearchNode node;
  node.kind = kind;
  node.text = std::move(text);
  node.field = std::move(field);
  return node;
}
SearchNode on_day(Kind kind, int day_of_november) {
  SearchNode node;
  node.kind = kind;
  node.date = year{2023} / November / day_of_november;
  return node;
}
SearchNode with_number(Kind kind, std::uint32_t number) {
  SearchNode node;
  node.kind = kind;
  node.number = number;
  return node;
}
SearchNode with_set(Kind kind, std::vector<imap::SequenceSet::Range> ranges) {
  SearchNode node;
  node.kind = kind;
  node.set.ranges = std::move(ranges);
  return node;
}
SearchNode parent(Kind kind, std::vector<std::uint32_t> children) {
  SearchNode node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

const std::vector<std::string> kKeywords = {"$Junk", "Work"};

SearchProgram program(std::vector<SearchNode> nodes) {
  return SearchProgram(std::move(nodes), kKeywords, 10, Uid{100});
}

TEST_CASE("Each search key is judged by facts or by bytes, and rightly") {
  struct Row {
    SearchNode node;
    bool matches;
    bool needs_bytes;
  };
  const Row rows[] = {
      {node(Kind::kAll), true, false},
      {node(Kind::kSeen), true, false},
      {node(Kind::kFlagged), true, false},
      {node(Kind::kAnswered), false, false},
      {node(Kind::kDeleted), false, false},
      {node(Kind::kDraft), false, false},
      {node(Kind::kRecent), true, false},
      {node(Kind::kNew), false, false},
      {node(Kind::kOld), false, false},
      {node(Kind::kKeyword, "work"), true, false},
      {node(Kind::kKeyword, "$Junk"), false, false},
      {node(Kind::kKeyword, "Unheard"), false, false},
      {with_number(Kind::kLarger, static_cast<std::uint32_t>(kMessage.size() - 1)), true, false},
      {with_number(Kind::kLarger, static_cast<std::uint32_t>(kMessage.size())), false, false},
      {with_number(Kind::kSmaller, static_cast<std::uint32_t>(kMessage.size() + 1)), true, false},
      {with_number(Kind::kSmaller, static_cast<std::uint32_t>(kMessage.size())), false, false},
      {on_day(Kind::kOn, 14), true, false},
      {on_day(Kind::kBefore, 14), false, false},
      {on_day(Kind::kBefore, 15), true, false},
      {on_day(Kind::kSince, 14), true, false},
      {on_day(Kind::kSince, 15), false, false},
      {with_set(Kind::kSequence, {{1, 2}, {4, 4}}), true, false},
      {with_set(Kind::kSequence, {{5, imap::SequenceSet::kStar}}), false, false},
      {with_set(Kind::kUid, {{30, imap::SequenceSet::kStar}}), true, false},
      {with_set(Kind::kUid, {{41, 50}}), false, false},
      {node(Kind::kEmailId, "E40"), true, false},
      {node(Kind::kEmailId, "e40"), false, false},  // RFC 8474 §7: case is significant
      {node(Kind::kEmailId, "E4"), false, false},
      {node(Kind::kThreadId, "E40"), false, false},
      {node(Kind::kThreadId, "NIL"), false, false},
      {node(Kind::kFrom, "ANN"), true, true},
      {node(Kind::kTo, "ann"), false, true},
      {node(Kind::kCc, "ann"), false, true},
      {node(Kind::kBcc, "ann"), false, true},
      {node(Kind::kSubject, "GRÜSSE"), true, true},
      {node(Kind::kHeader, "", "X-Empty"), true, true},
      {node(Kind::kHeader, "", "X-Missing"), false, true},
      {node(Kind::kBody, "APPLES"), true, true},
      {node(Kind::kBody, "ann@"), false, true},
      {node(Kind::kText, "ann@"), true, true},
      {on_day(Kind::kSentOn, 13), true, true},  // the day on the sender's clock
      {on_day(Kind::kSentBefore, 14), true, true},
      {on_day(Kind::kSentSince, 14), false, true},
  };
  for (const Row& row : rows) {
    INFO("kind " << static_cast<int>(row.node.kind) << " text " << row.node.text);
    const SearchProgram p = program({parent(Kind::kAnd, {1}), row.node});
    const auto by_facts = p.judge(facts());
    CHECK((by_facts == SearchProgram::Answer::kNeedsBytes) == row.needs_bytes);
    if (!row.needs_bytes) CHECK((by_facts == SearchProgram::Answer::kYes) == row.matches);
    CHECK(p.judge(facts(), kMessage) == row.matches);
  }
}

TEST_CASE("a search of fields that every summary has needs no message") {
  const struct {
    SearchNode node;
    bool needs_only_summary;
  } rows[] = {
      {node(Kind::kAll), true},
      {node(Kind::kFrom, "ann"), true},
      {node(Kind::kTo, "ann"), true},
      {node(Kind::kCc, "ann"), true},
      {node(Kind::kBcc, "ann"), true},
      {node(Kind::kSubject, "x"), true},
      {node(Kind::kHeader, "", "message-id"), true},
      {node(Kind::kHeader, "", "X-Missing"), false},
      {on_day(Kind::kSentOn, 13), true},
      {node(Kind::kBody, "x"), false},
      {node(Kind::kText, "x"), false},
  };
  for (const auto& row : rows) {
    INFO("kind " << static_cast<int>(row.node.kind) << " field " << row.node.field);
    const SearchProgram p = program({parent(Kind::kAnd, {1, 2}), row.node, node(Kind::kSeen)});
    CHECK(p.needs_only_summary() == row.needs_only_summary);
  }
}

TEST_CASE("AND, OR and NOT read the message only when it decides") {
  const SearchNode yes = node(Kind::kAll);
  const SearchNode no = node(Kind::kDraft);
  const SearchNode bytes = node(Kind::kBody, "apples");
  using Answer = SearchProgram::Answer;
  struct Row {
    std::vector<SearchNode> nodes;
    Answer by_facts;
    bool matches;
  };
  const Row rows[] = {
      {{parent(Kind::kAnd, {1, 2}), no, bytes}, Answer::kNo, false},
      {{parent(Kind::kAnd, {1, 2}), yes, bytes}, Answer::kNeedsBytes, true},
      {{parent(Kind::kOr, {1, 2}), yes, bytes}, Answer::kYes, true},
      {{parent(Kind::kOr, {1, 2}), no, bytes}, Answer::kNeedsBytes, true},
      {{parent(Kind::kOr, {1, 2}), no, no}, Answer::kNo, false},
      {{parent(Kind::kNot, {1}), bytes}, Answer::kNeedsBytes, false},
      {{parent(Kind::kNot, {1}), no}, Answer::kYes, true},
      {{parent(Kind::kAnd, {1}), parent(Kind::kNot, {2}), parent(Kind::kOr, {3, 4}), no, no},
       Answer::kYes,
       true},
  };
  for (const Row& row : rows) {
    const SearchProgram p = program(row.nodes);
    CHECK(p.judge(facts()) == row.by_facts);
    CHECK(p.judge(facts(), kMessage) == row.matches);
  }
}

}  // namespace
}  // namespace mail::server
