// SEARCH: a tree written in prefix form, read into an arena without recursion.
//
// `open_` is the path from the root to the node whose next child is read. After every complete key
// the nodes that have all their children are closed; what remains on top says what may come next: a
// space and another key, or the closing parenthesis. Depth and number of nodes are bounded, so that
// a client cannot make the program that evaluates it deep or long.
//
// Tested by tests/unit/imap/search_test.cc, fuzz/imap_command.cc.
#include "imap/grammar.h"
#include "imap/search_keys.h"
#include "mail/base/ascii.h"
#include "mail/base/status.h"
#include "mail/message/date.h"
#include "mail/text/charset.h"
#include "mail/text/utf8.h"

namespace mail::imap {
namespace {

using Kind = SearchNode::Kind;

class SearchParser {
 public:
  explicit SearchParser(Reader& reader) : reader_(reader) {}

  bool parse(std::vector<SearchNode>& nodes);

 private:
  bool charset();
  bool key();
  bool leaf();
  bool argument(SearchArgument argument, SearchNode& node);
  /// After a complete key: true when another key must be read.
  bool close();
  bool add(SearchNode node);
  bool open(Kind kind);
  std::optional<std::string> text();
  SearchNode& top() { return nodes_[open_.back()]; }

  Reader& reader_;
  std::vector<SearchNode> nodes_;
  std::vector<std::uint32_t> open_;
  std::string charset_;
  bool is_done_ = false;
};

bool SearchParser::add(SearchNode node) {
  if (nodes_.size() == reader_.options().search_nodes) {
    reader_.no("LIMIT", "SEARCH has too many keys");
    return false;
  }
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  if (!open_.empty()) top().children.push_back(index);
  nodes_.push_back(std::move(node));
  return true;
}

bool SearchParser::open(Kind kind) {
  if (open_.size() > reader_.options().search_depth) {
    reader_.no("LIMIT", "SEARCH is nested too deeply");
    return false;
  }
  SearchNode node;
  node.kind = kind;
  if (!add(std::move(node))) return false;
  open_.push_back(static_cast<std::uint32_t>(nodes_.size() - 1));
  return true;
}

// [SP "CHARSET" SP astring]
bool SearchParser::charset() {
  Reader ahead = reader_;
  if (!ascii::equal_ignoring_case(ahead.keyword(), "CHARSET")) return true;
  reader_.keyword();
  if (!reader_.space()) return false;
  auto name = reader_.astring();
  if (!name) return false;
  if (!text::is_known_charset(*name)) {
    reader_.no("BADCHARSET (UTF-8)", "Unknown charset");
    return false;
  }
  charset_ = std::move(*name);
  return reader_.space();
}

// A string in the command's charset. Without one it is US-ASCII; UTF-8 is taken as well, as RFC
// 9051 §6.4.4 makes it the default.
std::optional<std::string> SearchParser::text() {
  auto octets = reader_.astring();
  if (!octets) return std::nullopt;
  if (text::is_ascii(*octets) && charset_.empty()) return octets;
  if (charset_.empty() || ascii::equal_ignoring_case(charset_, "US-ASCII") ||
      ascii::equal_ignoring_case(charset_, "UTF-8")) {
    if (!text::is_valid_utf8(*octets)) return reader_.bad("Search text is not in its charset");
    return octets;
  }
  auto converted = text::to_utf8_exactly(*octets, charset_);
  if (!converted || converted->find('\0') != std::string::npos) {
    return reader_.bad("Search text is not in its charset");
  }
  return converted;
}

// "KEYWORD" SP flag-keyword / "HEADER" SP header-fld-name SP astring / "LARGER" SP number / …
// date            = date-text / DQUOTE date-text DQUOTE
// search-key      =/ "EMAILID" SP objectid / "THREADID" SP objectid      RFC 8474 §7
bool SearchParser::argument(SearchArgument argument, SearchNode& node) {
  if (argument == SearchArgument::kNone) return true;
  if (!reader_.space()) return false;
  switch (argument) {
    case SearchArgument::kNone: return true;
    case SearchArgument::kFieldAndText: {
      auto field = reader_.astring();
      if (!field || !reader_.space()) return false;
      node.field = std::move(*field);
      [[fallthrough]];
    }
    case SearchArgument::kText: {
      auto value = text();
      if (!value) return false;
      node.text = std::move(*value);
      return true;
    }
    case SearchArgument::kKeyword: {
      const auto keyword = reader_.atom();
      if (!keyword) return false;
      node.text = *keyword;
      return true;
    }
    case SearchArgument::kObjectId: {
      const auto id = reader_.object_id();
      if (!id) return false;
      node.text = *id;
      return true;
    }
    case SearchArgument::kDate: {
      std::optional<std::string> day;
      if (reader_.is_at('"')) {
        day = reader_.quoted();
      } else if (const auto atom = reader_.atom()) {
        day = *atom;
      }
      if (!day) return false;
      const auto date = message::parse_imap_day(*day);
      if (!date) {
        reader_.bad("Date such as 1-Feb-1994 expected");
        return false;
      }
      node.date = *date;
      return true;
    }
    case SearchArgument::kNumber: {
      const auto number = reader_.number();
      node.number = number.value_or(0);
      return number.has_value();
    }
    case SearchArgument::kSet: {
      auto set = reader_.sequence_set();
      if (!set) return false;
      node.set = std::move(*set);
      return true;
    }
  }
  return false;
}

bool SearchParser::leaf() {
  SearchNode node;
  if (ascii::is_digit(reader_.peek()) || reader_.is_at('*')) {
    node.kind = Kind::kSequence;
    auto set = reader_.sequence_set();
    if (!set) return false;
    node.set = std::move(*set);
    return add(std::move(node));
  }
  const std::string_view name = reader_.keyword();
  for (const SearchKey& key : kSearchKeys) {
    if (!ascii::equal_ignoring_case(key.name, name)) continue;
    node.kind = key.kind;
    if (!argument(key.argument, node)) return false;
    if (!key.is_negated) return add(std::move(node));
    return open(Kind::kNot) && add(std::move(node));
  }
  reader_.bad(name.empty() ? "Search key expected" : cat("Unknown search key ", name));
  return false;
}

// search-key      = … / "NOT" SP search-key / "OR" SP search-key SP search-key / sequence-set /
//                   "(" search-key *(SP search-key) ")"
//
// Reads up to the end of a leaf, or up to where the first child of what was opened begins.
bool SearchParser::key() {
  for (;;) {
    if (reader_.skip('(')) {
      if (!open(Kind::kAnd)) return false;
      continue;
    }
    Reader ahead = reader_;
    const std::string_view word = ahead.keyword();
    const bool is_not = ascii::equal_ignoring_case(word, "NOT");
    if (!is_not && !ascii::equal_ignoring_case(word, "OR")) return leaf();
    reader_.keyword();
    if (!reader_.space() || !open(is_not ? Kind::kNot : Kind::kOr)) return false;
  }
}

bool SearchParser::close() {
  for (;;) {
    const SearchNode& node = top();
    const bool is_root = open_.size() == 1;
    if (node.kind == Kind::kNot || (node.kind == Kind::kOr && node.children.size() == 2) ||
        (node.kind == Kind::kAnd && !is_root && reader_.skip(')'))) {
      open_.pop_back();
      continue;
    }
    if (is_root && reader_.is_at_end()) {
      is_done_ = true;
      return false;
    }
    return reader_.space();
  }
}

// search          = "SEARCH" [SP "CHARSET" SP astring] 1*(SP search-key)
bool SearchParser::parse(std::vector<SearchNode>& nodes) {
  if (!reader_.space() || !charset() || !open(Kind::kAnd)) return false;
  do {
    if (!key()) return false;
  } while (close());
  nodes = std::move(nodes_);
  return is_done_;
}

std::optional<Command> search(Reader& reader, bool by_uid) {
  Search search;
  search.by_uid = by_uid;
  SearchParser parser(reader);
  if (!parser.parse(search.nodes)) return std::nullopt;
  return search;
}

}  // namespace

std::optional<Command> parse_search(Reader& reader) { return search(reader, false); }
std::optional<Command> uid_parse_search(Reader& reader) { return search(reader, true); }

}  // namespace mail::imap
