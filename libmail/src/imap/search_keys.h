// The names of search keys and what follows each: parser and printer read one table.
#pragma once

#include <array>
#include <string_view>

#include "mail/imap/command.h"

namespace mail::imap {

enum class SearchArgument {
  kNone,
  kText,
  kKeyword,
  kFieldAndText,
  kDate,
  kNumber,
  kSet,
  kObjectId
};

struct SearchKey {
  std::string_view name;
  SearchNode::Kind kind;
  SearchArgument argument = SearchArgument::kNone;
  bool is_negated = false;  // the node goes under a NOT
};

// search-key, RFC 3501 §9 and RFC 8474 §7. NOT, OR, parentheses and a bare sequence-set are
// structure, not in here. The printer takes the first entry of a kind that is not negated.
inline constexpr std::array kSearchKeys = {
    SearchKey{"ALL", SearchNode::Kind::kAll},
    SearchKey{"ANSWERED", SearchNode::Kind::kAnswered},
    SearchKey{"BCC", SearchNode::Kind::kBcc, SearchArgument::kText},
    SearchKey{"BEFORE", SearchNode::Kind::kBefore, SearchArgument::kDate},
    SearchKey{"BODY", SearchNode::Kind::kBody, SearchArgument::kText},
    SearchKey{"CC", SearchNode::Kind::kCc, SearchArgument::kText},
    SearchKey{"DELETED", SearchNode::Kind::kDeleted},
    SearchKey{"DRAFT", SearchNode::Kind::kDraft},
    SearchKey{"EMAILID", SearchNode::Kind::kEmailId, SearchArgument::kObjectId},
    SearchKey{"FLAGGED", SearchNode::Kind::kFlagged},
    SearchKey{"FROM", SearchNode::Kind::kFrom, SearchArgument::kText},
    SearchKey{"HEADER", SearchNode::Kind::kHeader, SearchArgument::kFieldAndText},
    SearchKey{"KEYWORD", SearchNode::Kind::kKeyword, SearchArgument::kKeyword},
    SearchKey{"LARGER", SearchNode::Kind::kLarger, SearchArgument::kNumber},
    SearchKey{"NEW", SearchNode::Kind::kNew},
    SearchKey{"OLD", SearchNode::Kind::kOld},
    SearchKey{"ON", SearchNode::Kind::kOn, SearchArgument::kDate},
    SearchKey{"RECENT", SearchNode::Kind::kRecent},
    SearchKey{"SEEN", SearchNode::Kind::kSeen},
    SearchKey{"SENTBEFORE", SearchNode::Kind::kSentBefore, SearchArgument::kDate},
    SearchKey{"SENTON", SearchNode::Kind::kSentOn, SearchArgument::kDate},
    SearchKey{"SENTSINCE", SearchNode::Kind::kSentSince, SearchArgument::kDate},
    SearchKey{"SINCE", SearchNode::Kind::kSince, SearchArgument::kDate},
    SearchKey{"SMALLER", SearchNode::Kind::kSmaller, SearchArgument::kNumber},
    SearchKey{"SUBJECT", SearchNode::Kind::kSubject, SearchArgument::kText},
    SearchKey{"TEXT", SearchNode::Kind::kText, SearchArgument::kText},
    SearchKey{"THREADID", SearchNode::Kind::kThreadId, SearchArgument::kObjectId},
    SearchKey{"TO", SearchNode::Kind::kTo, SearchArgument::kText},
    SearchKey{"UID", SearchNode::Kind::kUid, SearchArgument::kSet},
    SearchKey{"UNANSWERED", SearchNode::Kind::kAnswered, SearchArgument::kNone, true},
    SearchKey{"UNDELETED", SearchNode::Kind::kDeleted, SearchArgument::kNone, true},
    SearchKey{"UNDRAFT", SearchNode::Kind::kDraft, SearchArgument::kNone, true},
    SearchKey{"UNFLAGGED", SearchNode::Kind::kFlagged, SearchArgument::kNone, true},
    SearchKey{"UNKEYWORD", SearchNode::Kind::kKeyword, SearchArgument::kKeyword, true},
    SearchKey{"UNSEEN", SearchNode::Kind::kSeen, SearchArgument::kNone, true},
};

}  // namespace mail::imap
