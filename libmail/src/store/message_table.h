// The messages of one folder and what happened to them, for Memory and Maildir alike.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mail/store/store.h"

namespace mail::store {

/// What the table needs of a row. A row tells, too, where the store keeps the message.
template <class Row>
concept MessageRowLike = requires(Row row, const Row& known) {
  { known.uid() } -> std::same_as<Uid>;
  { known.modseq() } -> std::same_as<ModSeq>;
  { known.flags() } -> std::same_as<Flags>;
  { known.size() } -> std::same_as<std::uint64_t>;
  { known.is_recent() } -> std::same_as<bool>;
  { known.info() } -> std::same_as<MessageInfo>;
  row.set_modseq(ModSeq{});
  row.set_flags(Flags{});
  row.set_size(std::uint64_t{});
  row.set_recent(bool{});
};

/// Not safe from several threads: its owner locks.
///
/// Every change has a ModSeq and a line in the log, so `changes` costs what has changed, not the
/// size of the folder. Lines that were overtaken are dropped when the log outgrows the table;
/// those of expunged messages stay while the folder is open. What an earlier opening did is known
/// by the rows and the tombstones, if there are any, and costs a look at each.
template <MessageRowLike RowType>
class MessageTable {
 public:
  using Row = RowType;

  explicit MessageTable(ModSeq start, std::size_t most_tombstones = 0)
      : modseq_(start), log_begin_(start), known_since_(start), most_tombstones_(most_tombstones) {}

  using Tombstones = std::vector<std::pair<ModSeq, Uid>>;

  /// Of an empty table: what an earlier opening left. `rows` ascending.
  void restore(std::vector<Row> rows, ModSeq modseq, Tombstones expunged, ModSeq known_since) {
    rows_ = std::move(rows);
    modseq_ = log_begin_ = modseq;
    tombstones_ = std::move(expunged);
    known_since_ = known_since;
    uids_.reset();
    totals_ = {};
    for (const Row& row : rows_) count(row, 1);
  }
  const Tombstones& tombstones() const { return tombstones_; }
  ModSeq known_since() const { return known_since_; }

  const std::vector<Row>& rows() const { return rows_; }
  ModSeq modseq() const { return modseq_; }

  Row* find(Uid uid) {
    const auto at = lower_bound(uid);
    return at != rows_.end() && at->uid() == uid ? &*at : nullptr;
  }

  /// Begins a change; the calls that follow belong to it.
  void next_modseq() { modseq_ = ModSeq{number(modseq_) + 1}; }

  /// UIDs come ascending, except those that another program gave out.
  void insert(Row row) {
    row.set_modseq(modseq_);
    log_.emplace_back(modseq_, row.uid());
    uids_.reset();
    first_unseen_.reset();
    count(row, 1);
    rows_.insert(lower_bound(row.uid()), std::move(row));
  }
  /// Ascending. The log of a table that had none begins behind them: what they are is in the rows.
  void insert_all(std::vector<Row> rows) {
    if (!rows_.empty() || !log_.empty()) {
      if (rows.size() > rows_.size()) rows_.reserve(rows_.size() + rows.size());
      for (Row& row : rows) insert(std::move(row));
      return;
    }
    for (Row& row : rows) {
      row.set_modseq(modseq_);
      count(row, 1);
    }
    rows_ = std::move(rows);
    log_begin_ = modseq_;
    uids_.reset();
    first_unseen_.reset();
  }
  void reserve(std::size_t more) { rows_.reserve(rows_.size() + more); }
  void set_flags(Row& row, const Flags& flags) {
    first_unseen_.reset();
    count(row, -1);
    row.set_flags(flags);
    count(row, 1);
    row.set_modseq(modseq_);
    log_.emplace_back(modseq_, row.uid());
    compact();
  }
  void set_size(Row& row, std::uint64_t size) {
    count(row, -1);
    row.set_size(size);
    count(row, 1);
  }
  /// Another program told it.
  void forget_recent(Row& row) {
    totals_.recent -= row.is_recent() ? 1 : 0;
    row.set_recent(false);
  }
  /// `uids` ascending; those that are not there are passed over.
  void remove(std::span<const Uid> uids) {
    auto uid = uids.begin();
    const auto is_chosen = [&](const Row& row) {
      while (uid != uids.end() && *uid < row.uid()) ++uid;
      if (uid == uids.end() || *uid != row.uid()) return false;
      log_.emplace_back(modseq_, row.uid());
      if (most_tombstones_ != 0) tombstones_.emplace_back(modseq_, row.uid());
      count(row, -1);
      return true;
    };
    uids_.reset();
    first_unseen_.reset();
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(), is_chosen), rows_.end());
    forget_tombstones();
  }

  UidSet uids() {
    if (uids_ == nullptr) {
      auto all = std::make_shared<std::vector<Uid>>();
      all->reserve(rows_.size());
      for (const Row& row : rows_) all->push_back(row.uid());
      uids_ = std::move(all);
    }
    if (!first_unseen_) first_unseen_ = find_unseen();
    return {modseq_, uids_, *first_unseen_};
  }

  Changes snapshot() const {
    Changes all{modseq_, {}, {}, true};
    all.messages.reserve(rows_.size());
    for (const Row& row : rows_) all.messages.push_back(row.info());
    return all;
  }

  Changes changes(ModSeq since) {
    if (since < log_begin_) return old_changes(since);
    Changes result{modseq_, {}, {}, true};
    auto line = std::upper_bound(log_.begin(), log_.end(), since,
                                 [](ModSeq mark, const auto& entry) { return mark < entry.first; });
    std::vector<Uid> touched;
    for (; line != log_.end(); ++line) touched.push_back(line->second);
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const Uid uid : touched) {
      if (const Row* row = find(uid)) {
        result.messages.push_back(row->info());
      } else {
        result.expunged.push_back(uid);
      }
    }
    return result;
  }

  std::vector<std::optional<MessageInfo>> find_all(std::span<const Uid> uids) {
    std::vector<std::optional<MessageInfo>> found;
    found.reserve(uids.size());
    for (const Uid uid : uids) {
      const Row* row = find(uid);
      found.push_back(row == nullptr ? std::nullopt : std::optional(row->info()));
    }
    return found;
  }

  FolderStatus status() const {
    FolderStatus status = totals_;
    status.messages = static_cast<std::uint32_t>(rows_.size());
    status.highest_modseq = modseq_;
    return status;
  }

  /// What `visit` changes must not be what the table counts.
  template <class Visit>
  void for_each(Visit visit) {
    for (Row& row : rows_) visit(row);
  }

  /// Octets on the heap, besides what rows point to.
  std::uint64_t memory() const {
    return rows_.capacity() * sizeof(Row) + log_.capacity() * sizeof(log_.front()) +
           tombstones_.capacity() * sizeof(tombstones_.front()) +
           (uids_ == nullptr ? 0 : uids_->capacity() * sizeof(Uid));
  }

  std::vector<Uid> claim_recent() {
    std::vector<Uid> claimed;
    if (totals_.recent == 0) return claimed;
    for (Row& row : rows_) {
      if (row.is_recent()) claimed.push_back(row.uid());
      row.set_recent(false);
    }
    totals_.recent = 0;
    return claimed;
  }

 private:
  static constexpr std::size_t kSmallLog = 1024;

  typename std::vector<Row>::iterator lower_bound(Uid uid) {
    if (rows_.empty() || rows_.back().uid() < uid) return rows_.end();
    return std::lower_bound(rows_.begin(), rows_.end(), uid,
                            [](const Row& row, Uid wanted) { return row.uid() < wanted; });
  }

  /// Adds the row to the totals (1), or takes it out of them (-1): unsigned numbers wrap both ways.
  void count(const Row& row, int by) {
    const auto one = static_cast<std::uint32_t>(by);
    const auto octets = static_cast<std::uint64_t>(std::int64_t{by}) * row.size();
    const Flags flags = row.flags();
    if (!flags.has(kSeen)) totals_.unseen += one;
    if (row.is_recent()) totals_.recent += one;
    totals_.size += octets;
    if (!flags.has(kDeleted)) return;
    totals_.deleted += one;
    totals_.deleted_size += octets;
  }

  std::uint32_t find_unseen() const {
    if (totals_.unseen == 0) return 0;
    const auto at = std::find_if(rows_.begin(), rows_.end(),
                                 [](const Row& row) { return !row.flags().has(kSeen); });
    return static_cast<std::uint32_t>(at - rows_.begin()) + 1;
  }

  Changes old_changes(ModSeq since) const {
    Changes result{modseq_, {}, {}, since >= known_since_};
    for (const Row& row : rows_) {
      if (row.modseq() > since) result.messages.push_back(row.info());
    }
    for (const auto& [modseq, uid] : tombstones_) {
      if (modseq > since) result.expunged.push_back(uid);
    }
    std::sort(result.expunged.begin(), result.expunged.end());
    return result;
  }

  void forget_tombstones() {
    if (tombstones_.size() <= most_tombstones_) return;
    // A quarter at once, so that it costs nothing to speak of.
    const std::size_t kept = most_tombstones_ - most_tombstones_ / 4;
    const auto end = tombstones_.end() - static_cast<std::ptrdiff_t>(kept);
    known_since_ = std::prev(end)->first;
    tombstones_.erase(tombstones_.begin(), end);
  }

  void compact() {
    if (log_.size() < kSmallLog || log_.size() < 4 * rows_.size() || log_.size() < 2 * compacted_) {
      return;
    }
    std::erase_if(log_, [this](const auto& line) {
      const Row* row = find(line.second);
      return row != nullptr && row->modseq() != line.first;
    });
    compacted_ = log_.size();
  }

  ModSeq modseq_;
  ModSeq log_begin_;    // the log has all that happened after this
  ModSeq known_since_;  // the tombstones have all that were expunged after this
  std::size_t most_tombstones_;
  Tombstones tombstones_;                         // ascending by ModSeq
  std::vector<Row> rows_;                         // ascending by UID
  std::vector<std::pair<ModSeq, Uid>> log_;       // ascending by ModSeq
  std::size_t compacted_ = 0;                     // lines after the last compaction
  FolderStatus totals_;                           // of all rows: unseen, recent, size, deleted
  std::shared_ptr<const std::vector<Uid>> uids_;  // made when somebody asks
  std::optional<std::uint32_t> first_unseen_;     // the same
};

/// In order, each once.
std::vector<Uid> ascending(std::span<const Uid> uids);

/// What `change` makes of `flags`; `keywords` are the bits of the keywords it names.
Flags changed_flags(const Flags& flags, const FlagChange& change, std::uint64_t keywords);

/// The bits of `names` in `known`, compared without case; none for a name that is not there.
std::optional<std::uint64_t> keyword_bits(std::span<const std::string> names,
                                          std::span<const std::string> known);

}  // namespace mail::store
