// The messages of one folder and what happened to them, for Memory and Maildir alike.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mail/store/store.h"
#include "store/change_log.h"

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
/// Every change has a ModSeq and a line in the log (change_log.h). What an earlier opening did is
/// known by the rows and the tombstones, if there are any, and costs a look at each.
template <MessageRowLike RowType>
class MessageTable {
 public:
  using Row = RowType;

  explicit MessageTable(ModSeq start, std::size_t most_tombstones = 0)
      : modseq_(start), log_(start, most_tombstones) {}

  using Tombstones = ChangeLog::Tombstones;

  /// Of an empty table: what an earlier opening left. `rows` ascending.
  void restore(std::vector<Row> rows, ModSeq modseq, Tombstones expunged, ModSeq known_since) {
    rows_ = std::move(rows);
    modseq_ = modseq;
    log_.restore(modseq, std::move(expunged), known_since);
    uids_.reset();
    totals_ = {};
    for (const Row& row : rows_) count(row, 1);
  }
  const Tombstones& tombstones() const { return log_.tombstones(); }
  ModSeq known_since() const { return log_.known_since(); }

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
    log_.change(modseq_, row.uid());
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
    log_.begin_at(modseq_);
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
    log_.change(modseq_, row.uid());
    log_.compact(rows_.size(), [this](const ChangeLog::Line& line) {
      const Row* known = find(line.second);
      return known != nullptr && known->modseq() != line.first;
    });
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
      log_.expunge(modseq_, row.uid());
      count(row, -1);
      return true;
    };
    uids_.reset();
    first_unseen_.reset();
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(), is_chosen), rows_.end());
    log_.forget_tombstones();
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
    if (!log_.reaches(since)) return old_changes(since);
    Changes result{modseq_, {}, {}, true};
    for (const Uid uid : log_.touched(since)) {
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
    return rows_.capacity() * sizeof(Row) + log_.memory() +
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
    Changes result{modseq_, {}, log_.buried(since), since >= log_.known_since()};
    for (const Row& row : rows_) {
      if (row.modseq() > since) result.messages.push_back(row.info());
    }
    return result;
  }

  ModSeq modseq_;
  ChangeLog log_;
  std::vector<Row> rows_;                         // ascending by UID
  FolderStatus totals_;                           // of all rows: unseen, recent, size, deleted
  std::shared_ptr<const std::vector<Uid>> uids_;  // made when somebody asks
  std::optional<std::uint32_t> first_unseen_;     // the same
};

}  // namespace mail::store
