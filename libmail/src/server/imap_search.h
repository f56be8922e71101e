// SEARCH (RFC 3501 §6.4.4): does a message match? Judged by its facts first, by its bytes only
// where they decide.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/command.h"
#include "mail/store/types.h"

namespace mail::server {

struct SearchFacts {
  store::MessageInfo info;
  std::uint32_t sequence = 0;
  bool is_recent = false;
  std::string email_id = {};  // if the program needs it
};

/// A value; immutable once made, so that a worker may use it.
class SearchProgram {
 public:
  enum class Answer : std::uint8_t { kNo, kYes, kNeedsBytes };

  /// `keywords` are the folder's; `messages` and `largest_uid` say what "*" means.
  SearchProgram(std::vector<imap::SearchNode> nodes, std::span<const std::string> keywords,
                std::uint32_t messages, store::Uid largest_uid);

  Answer judge(const SearchFacts& facts) const;
  bool judge(const SearchFacts& facts, std::string_view message) const;
  /// Whether the header of a `store::Summary` decides as well as the message.
  bool needs_only_summary() const;
  /// Whether INTERNALDATE must be known.
  bool needs_dates() const;
  bool needs_email_ids() const;

 private:
  struct Prepared {
    std::string folded;  // the text, case-folded once
    std::uint64_t keyword_bit = 0;
    std::vector<imap::SequenceSet::Range> ranges;
  };
  Answer judge_node(std::size_t index, const SearchFacts& facts) const;
  bool judge_bytes(std::size_t index, std::string_view message) const;
  Answer combine(const imap::SearchNode& node, std::span<const Answer> answers) const;

  std::vector<imap::SearchNode> nodes_;
  std::vector<Prepared> prepared_;
};

}  // namespace mail::server
