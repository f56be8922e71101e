// What happened to the messages of one folder, in order: who asks for the changes since a ModSeq is
// answered from here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "mail/store/types.h"

namespace mail::store {

/// Every change has a line, so `touched` costs what has changed, not the size of the folder. Lines
/// that were overtaken are dropped when the log outgrows the folder; those of expunged messages
/// stay while it is open. What an earlier opening expunged is in the tombstones, the last ones of
/// them. Not safe from several threads.
class ChangeLog {
 public:
  using Line = std::pair<ModSeq, Uid>;
  using Tombstones = std::vector<Line>;

  ChangeLog(ModSeq start, std::size_t most_tombstones)
      : begin_(start), known_since_(start), most_tombstones_(most_tombstones) {}

  /// Of an empty log: what an earlier opening left.
  void restore(ModSeq modseq, Tombstones expunged, ModSeq known_since) {
    begin_ = modseq;
    tombstones_ = std::move(expunged);
    known_since_ = known_since;
  }
  /// What was before is not in the log.
  void begin_at(ModSeq modseq) { begin_ = modseq; }

  bool empty() const { return lines_.empty(); }
  /// `touched` has all since then.
  bool reaches(ModSeq since) const { return since >= begin_; }
  /// The tombstones have all since then; ascending by ModSeq.
  ModSeq known_since() const { return known_since_; }
  const Tombstones& tombstones() const { return tombstones_; }

  void change(ModSeq modseq, Uid uid) { lines_.emplace_back(modseq, uid); }
  void expunge(ModSeq modseq, Uid uid) {
    change(modseq, uid);
    if (most_tombstones_ != 0) tombstones_.emplace_back(modseq, uid);
  }
  /// After those that belong together.
  void forget_tombstones() {
    if (tombstones_.size() <= most_tombstones_) return;
    // A quarter at once, so that it costs nothing to speak of.
    const std::size_t kept = most_tombstones_ - most_tombstones_ / 4;
    const auto end = tombstones_.end() - static_cast<std::ptrdiff_t>(kept);
    known_since_ = std::prev(end)->first;
    tombstones_.erase(tombstones_.begin(), end);
  }
  /// Drops lines that `is_overtaken` when there are many for so many messages.
  template <class IsOvertaken>
  void compact(std::size_t messages, IsOvertaken is_overtaken) {
    if (lines_.size() < kSmall || lines_.size() < 4 * messages || lines_.size() < 2 * compacted_) {
      return;
    }
    std::erase_if(lines_, is_overtaken);
    compacted_ = lines_.size();
  }

  /// Ascending, each once.
  std::vector<Uid> touched(ModSeq since) const {
    const auto is_before = [](ModSeq mark, const Line& line) { return mark < line.first; };
    std::vector<Uid> uids;
    for (auto line = std::upper_bound(lines_.begin(), lines_.end(), since, is_before);
         line != lines_.end(); ++line) {
      uids.push_back(line->second);
    }
    std::sort(uids.begin(), uids.end());
    uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
    return uids;
  }
  std::vector<Uid> buried(ModSeq since) const {
    std::vector<Uid> uids;
    for (const auto& [modseq, uid] : tombstones_) {
      if (modseq > since) uids.push_back(uid);
    }
    std::sort(uids.begin(), uids.end());
    return uids;
  }

  /// Octets on the heap.
  std::uint64_t memory() const {
    return (lines_.capacity() + tombstones_.capacity()) * sizeof(Line);
  }

 private:
  static constexpr std::size_t kSmall = 1024;

  ModSeq begin_;        // the lines have all that happened after this
  ModSeq known_since_;  // the tombstones have all that were expunged after this
  std::size_t most_tombstones_;
  Tombstones tombstones_;      // ascending by ModSeq
  std::vector<Line> lines_;    // the same
  std::size_t compacted_ = 0;  // lines after the last compaction
};

}  // namespace mail::store
