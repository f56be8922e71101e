// Children stand behind their parents in the arena, so one walk from the last node to the first
// judges a whole tree without recursion. The first walk knows only facts and may end in "needs
// bytes"; only then is the message read, and only the nodes that asked for it are judged again.
//
// Tested by tests/unit/server/imap_search_test.cc.
#include "server/imap_search.h"

#include <algorithm>
#include <optional>

#include "mail/base/ascii.h"
#include "mail/message/date.h"
#include "mail/message/header.h"
#include "mail/message/search_text.h"
#include "mail/store/store.h"
#include "mail/text/casefold.h"

namespace mail::server {
namespace {

using Kind = imap::SearchNode::Kind;
using Answer = SearchProgram::Answer;

Answer answer(bool yes) { return yes ? Answer::kYes : Answer::kNo; }

bool contains(std::span<const imap::SequenceSet::Range> ranges, std::uint32_t number) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), number,
                       [](std::uint32_t n, const auto& range) { return n < range.first; });
  return after != ranges.begin() && number <= std::prev(after)->last;
}

std::chrono::year_month_day day_of(WallTime time) {
  return std::chrono::floor<std::chrono::days>(time);
}

/// The field that a node looks at; none: it wants the whole message, or none of it.
std::optional<std::string> field_of(const imap::SearchNode& node) {
  switch (node.kind) {
    case Kind::kBcc: return "Bcc";
    case Kind::kCc: return "Cc";
    case Kind::kFrom: return "From";
    case Kind::kSubject: return "Subject";
    case Kind::kTo: return "To";
    case Kind::kHeader: return node.field;
    case Kind::kSentBefore:
    case Kind::kSentOn:
    case Kind::kSentSince: return "Date";
    default: return std::nullopt;
  }
}

/// SENTBEFORE, SENTON, SENTSINCE compare the day that the Date field names, "disregarding time and
/// timezone".
bool judge_sent(Kind kind, std::chrono::year_month_day wanted, std::string_view message) {
  const auto field = message::first_field(message, "Date");
  if (!field) return false;
  const auto date = message::parse_date(field->value);
  if (!date) return false;
  const auto day = std::chrono::sys_days(date->local_day());
  const auto limit = std::chrono::sys_days(wanted);
  if (kind == Kind::kSentBefore) return day < limit;
  if (kind == Kind::kSentOn) return day == limit;
  return day >= limit;
}

}  // namespace

SearchProgram::SearchProgram(std::vector<imap::SearchNode> nodes,
                             std::span<const std::string> keywords, std::uint32_t messages,
                             store::Uid largest_uid)
    : nodes_(std::move(nodes)), prepared_(nodes_.size()) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const imap::SearchNode& node = nodes_[i];
    Prepared& prepared = prepared_[i];
    prepared.folded = text::casefold(node.text);
    if (node.kind == Kind::kSequence) prepared.ranges = node.set.resolved(messages);
    if (node.kind == Kind::kUid) prepared.ranges = node.set.resolved(store::number(largest_uid));
    if (node.kind != Kind::kKeyword) continue;
    for (std::size_t k = 0; k < keywords.size() && k < 64; ++k) {
      if (ascii::equal_ignoring_case(keywords[k], node.text)) {
        prepared.keyword_bit = std::uint64_t{1} << k;
      }
    }
  }
}

Answer SearchProgram::combine(const imap::SearchNode& node, std::span<const Answer> answers) const {
  bool some_need_bytes = false;
  switch (node.kind) {
    case Kind::kNot: {
      const Answer child = answers[node.children.front()];
      if (child == Answer::kNeedsBytes) return child;
      return answer(child == Answer::kNo);
    }
    case Kind::kOr:
      for (std::uint32_t child : node.children) {
        if (answers[child] == Answer::kYes) return Answer::kYes;
        some_need_bytes |= answers[child] == Answer::kNeedsBytes;
      }
      return some_need_bytes ? Answer::kNeedsBytes : Answer::kNo;
    default:  // kAnd; the callers pass no other kind
      for (std::uint32_t child : node.children) {
        if (answers[child] == Answer::kNo) return Answer::kNo;
        some_need_bytes |= answers[child] == Answer::kNeedsBytes;
      }
      return some_need_bytes ? Answer::kNeedsBytes : Answer::kYes;
  }
}

Answer SearchProgram::judge_node(std::size_t index, const SearchFacts& facts) const {
  const imap::SearchNode& node = nodes_[index];
  const Prepared& prepared = prepared_[index];
  const store::Flags& flags = facts.info.flags;
  const auto day = [&] { return std::chrono::sys_days(day_of(facts.info.internal_date)); };
  switch (node.kind) {
    case Kind::kAll: return Answer::kYes;
    case Kind::kAnswered: return answer(flags.has(store::kAnswered));
    case Kind::kDeleted: return answer(flags.has(store::kDeleted));
    case Kind::kDraft: return answer(flags.has(store::kDraft));
    case Kind::kFlagged: return answer(flags.has(store::kFlagged));
    case Kind::kSeen: return answer(flags.has(store::kSeen));
    case Kind::kRecent: return answer(facts.is_recent);
    case Kind::kNew: return answer(facts.is_recent && !flags.has(store::kSeen));
    case Kind::kOld: return answer(!facts.is_recent);
    case Kind::kEmailId: return answer(facts.email_id == node.text);
    case Kind::kThreadId: return Answer::kNo;  // RFC 8474 §5.2: no message has one
    case Kind::kKeyword: return answer((flags.keywords & prepared.keyword_bit) != 0);
    case Kind::kLarger: return answer(facts.info.size > node.number);
    case Kind::kSmaller: return answer(facts.info.size < node.number);
    case Kind::kSequence: return answer(contains(prepared.ranges, facts.sequence));
    case Kind::kUid: return answer(contains(prepared.ranges, store::number(facts.info.uid)));
    case Kind::kBefore: return answer(day() < std::chrono::sys_days(node.date));
    case Kind::kOn: return answer(day() == std::chrono::sys_days(node.date));
    case Kind::kSince: return answer(day() >= std::chrono::sys_days(node.date));
    case Kind::kBcc:
    case Kind::kCc:
    case Kind::kFrom:
    case Kind::kSubject:
    case Kind::kTo:
    case Kind::kBody:
    case Kind::kText:
    case Kind::kHeader:
    case Kind::kSentBefore:
    case Kind::kSentOn:
    case Kind::kSentSince: return Answer::kNeedsBytes;
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot: break;  // combined by the caller
  }
  return Answer::kNo;
}

bool SearchProgram::judge_bytes(std::size_t index, std::string_view message) const {
  const imap::SearchNode& node = nodes_[index];
  const std::string& folded = prepared_[index].folded;
  switch (node.kind) {
    case Kind::kBcc: return message::addresses_contain(message, "Bcc", folded);
    case Kind::kCc: return message::addresses_contain(message, "Cc", folded);
    case Kind::kFrom: return message::addresses_contain(message, "From", folded);
    case Kind::kSubject: return message::field_contains(message, "Subject", folded);
    case Kind::kTo: return message::addresses_contain(message, "To", folded);
    case Kind::kHeader: return message::field_contains(message, node.field, folded);
    case Kind::kBody: return message::body_contains(message::MimeTree(message), folded);
    case Kind::kText: return message::message_contains(message::MimeTree(message), folded);
    default: return judge_sent(node.kind, node.date, message);
  }
}

bool SearchProgram::needs_dates() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const imap::SearchNode& node) {
    return node.kind == Kind::kBefore || node.kind == Kind::kOn || node.kind == Kind::kSince;
  });
}

bool SearchProgram::needs_email_ids() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const imap::SearchNode& node) { return node.kind == Kind::kEmailId; });
}

bool SearchProgram::needs_only_summary() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [](const imap::SearchNode& node) {
    if (node.kind == Kind::kBody || node.kind == Kind::kText) return false;
    const auto field = field_of(node);
    return !field || store::is_summarized(std::span(&*field, 1));
  });
}

namespace {
bool is_combination(Kind kind) {
  return kind == Kind::kAnd || kind == Kind::kOr || kind == Kind::kNot;
}
}  // namespace

Answer SearchProgram::judge(const SearchFacts& facts) const {
  std::vector<Answer> answers(nodes_.size());
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    answers[i] =
        is_combination(nodes_[i].kind) ? combine(nodes_[i], answers) : judge_node(i, facts);
  }
  return answers.front();
}

bool SearchProgram::judge(const SearchFacts& facts, std::string_view message) const {
  std::vector<Answer> answers(nodes_.size());
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (is_combination(nodes_[i].kind)) {
      answers[i] = combine(nodes_[i], answers);
      continue;
    }
    answers[i] = judge_node(i, facts);
    if (answers[i] == Answer::kNeedsBytes) answers[i] = answer(judge_bytes(i, message));
  }
  return answers.front() == Answer::kYes;
}

}  // namespace mail::server
