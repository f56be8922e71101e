// One Maildir folder, shared by all sessions that have it open.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mail/base/mutex.h"
#include "store/flag_changes.h"
#include "store/folder_index.h"
#include "store/folder_listing.h"
#include "store/folder_reading.h"
#include "store/keyword_letters.h"
#include "store/maildir_files.h"
#include "store/message_moves.h"
#include "store/message_row.h"
#include "store/unclaimed_records.h"

namespace mail::store {

/// Two locks (docs/store.md): `operation_` is held by whoever changes the folder on disk or reads
/// it anew; `state_` guards what is in memory and is never held during a call to the file system.
/// The state changes only while both are held. Final flushes happen after both are free.
class MaildirMailbox final : public Mailbox,
                             public DirectoryWatch::Observer,
                             public std::enable_shared_from_this<MaildirMailbox> {
 public:
  /// `account` is kept alive, so that the folder stays known to it.
  MaildirMailbox(std::shared_ptr<MaildirFiles> files, std::shared_ptr<const void> account,
                 std::string address, std::string account_directory, std::string directory,
                 std::string name);
  ~MaildirMailbox() override;

  FolderStatus status() override;
  std::string mailbox_id() override;
  std::vector<std::string> keywords() override;
  UidSet uids() override;
  Changes snapshot() override;
  Changes changes(ModSeq since) override;
  std::vector<std::optional<MessageInfo>> find(std::span<const Uid> uids) override;
  std::vector<std::string> email_ids(std::span<const Uid> uids) override;
  void learn_dates(std::span<const Uid> uids) override;
  std::vector<Pop3Message> pop3_messages() override;
  Status refresh() override;
  std::shared_ptr<const void> watch() override;
  void directory_changed() override { publish(); }
  StatusOr<std::vector<Uid>> claim_recent() override;
  StatusOr<std::shared_ptr<const Content>> read(Uid uid) override;
  std::vector<std::optional<Summary>> summaries(std::span<const Uid> uids) override;
  StatusOr<std::vector<Uid>> append(std::span<const NewMessage> messages,
                                    const UsageLimit& limit) override;
  StatusOr<std::vector<MessageInfo>> change_flags(std::span<const Uid> uids,
                                                  const FlagChange& change) override;
  Status settle() override;
  StatusOr<std::vector<Uid>> expunge(std::span<const Uid> uids) override;
  StatusOr<UidPairs> copy(std::span<const Uid> uids, Mailbox& to, const UsageLimit& limit) override;
  StatusOr<UidPairs> move(std::span<const Uid> uids, Mailbox& to) override;

  /// For the account, as what follows.
  /// What the folder holds in memory: octets.
  std::uint64_t memory();
  /// The folder is being renamed: `rename` moves the directory while nothing else touches it.
  template <class Rename>
  Status relocate(std::string directory, std::string name, Rename rename) {
    const MutexLock operation(operation_);
    MAIL_RETURN_IF_ERROR(rename());
    const MutexLock state(state_);
    directory_ = std::move(directory);
    name_ = std::move(name);
    return absl::OkStatus();
  }
  /// The folder is being deleted: `remove` does it; afterwards every call fails.
  template <class Remove>
  Status vanish(Remove remove) {
    const MutexLock operation(operation_);
    MAIL_RETURN_IF_ERROR(remove());
    index_.release();
    const MutexLock state(state_);
    is_gone_ = true;
    return absl::OkStatus();
  }
  bool is_gone() {
    const MutexLock state(state_);
    return is_gone_;
  }
  std::vector<Uid> all_uids();

 private:
  using Table = MaildirTable;

  // maildir_mailbox.cc
  std::string directory() ABSL_LOCKS_EXCLUDED(state_);
  std::string path_of(const MessageRow& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_);
  static std::string path_in(const std::string& directory, std::string_view name, bool is_new);
  Status check() ABSL_LOCKS_EXCLUDED(state_);
  void publish() ABSL_LOCKS_EXCLUDED(state_, operation_);

  std::size_t row_count() ABSL_LOCKS_EXCLUDED(state_);
  std::string derived_guid() ABSL_LOCKS_EXCLUDED(state_);
  Status write_guid() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);

  // maildir_index.cc
  StatusOr<bool> restore(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status restore_rows(const std::string& directory, FolderIndex::Opened opened)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Takes out rows without a record, and returns their UIDs.
  std::vector<Uid> check_records(std::vector<MessageRow>& rows, TextPool& texts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// At the end of every operation, also of one that failed: nobody may touch the disk when the
  /// last session lets go of the folder.
  void save_index() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  void write_snapshot(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  IndexedFolder indexed_folder() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_, state_);
  void add_changes(IndexBlock& block) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_, state_);
  void drop_dead_cache(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  void keep_summaries(std::span<const SummaryCache::Fresh> fresh);

  // maildir_scan.cc
  StatusOr<bool> sync(bool force) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status begin_reading() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  StatusOr<Stamps> stamps(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Comparison compare(FolderListing& listing) ABSL_LOCKS_EXCLUDED(state_);
  bool calls_for_look(const Comparison& found, FolderListing& listing)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  bool apply(const Comparison& found, FolderListing& listing)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status learn_letters(const std::string& directory, std::uint32_t letters)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// No record below `void_below` awaits a file.
  StatusOr<Adopted> adopt_unknown(FolderListing& listing, const std::string& directory,
                                  std::uint64_t void_below)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Finds the file of each record, and tells whether one that is younger than the last full look
  /// has none: it is gone, or still on its way.
  bool match_records(FolderListing& listing) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// The record of a name, unless its UID was given up.
  const UidRecord* record_of(std::string_view base, std::size_t position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Messages that other programs gave a UID and put in place since the last full look. Under the
  /// lock of the list: nobody is between the two then.
  StatusOr<PackedRows> latecomers(const std::string& directory)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  void show(PackedRows messages) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Every record has its row now, or will never have one.
  void pass_all_records() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_, state_);
  StatusOr<PackedRows> describe(const FolderListing& listing, const std::string& directory)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Makes of letters the bits of keywords.
  void name_letters(std::vector<MessageRow>& rows) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_);
  StatusOr<bool> look_at(const std::string& path, const MessageName& name, MessageRow& row,
                         std::string& keys);
  bool look_at_files(std::vector<Undated>& undated, const std::string& directory);
  std::uint64_t measure(const std::string& path, const FileInfo& info, const MessageName& name,
                        std::string& keys);
  Status number(const std::string& directory, PackedRows& messages)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  bool is_numbered_anew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_) ABSL_LOCKS_EXCLUDED(state_);
  Status read_register(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Also what was not read because an index stood for it.
  Status read_whole_register(const std::string& directory)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// `fresh` has no line in the file yet; `known` has one, but no row. Flushes `messages`, too.
  Status write_records(const std::string& directory, std::span<const UidRecord> fresh,
                       std::vector<UidRecord> known, Unflushed& messages)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  void add_rows(std::vector<PlacedMessage> rows) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_);

  // maildir_change.cc
  StatusOr<std::uint64_t> intern(const std::vector<std::string>& names, bool may_drop)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Rename no_change(const MessageRow& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_);
  std::optional<Rename> plan_change(Uid uid, const FlagChange& change, std::uint64_t keywords)
      ABSL_LOCKS_EXCLUDED(state_);
  StatusOr<std::size_t> rename_all(std::span<const Uid> uids, const FlagChange& change,
                                   std::uint64_t keywords)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  std::vector<Marked> mark_all(std::span<const Uid> uids, const FlagChange& change,
                               std::uint64_t keywords) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Takes it back, also of the names that have followed.
  void unmark(std::span<const Marked> marked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  std::optional<Rename> plan_name(Uid uid) ABSL_LOCKS_EXCLUDED(state_);
  /// `may_look`: at the disk, for those that other programs have renamed.
  Status name_some(std::size_t most, bool may_look) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  /// Those that a process before us left behind, too.
  void owe_names() ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status rename_one(const Rename& rename) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status discard(std::span<const Uid> uids, std::vector<Uid>& removed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);

  // maildir_insert.cc
  std::vector<Outgoing> outgoing(std::span<const Uid> uids) ABSL_LOCKS_EXCLUDED(state_);
  StatusOr<std::vector<Incoming>> stage(std::span<const Uid> uids, MaildirMailbox& to,
                                        Unflushed& unflushed);
  StatusOr<Incoming> stage_one(const Outgoing& message, MaildirMailbox& to, Unflushed& unflushed);
  StatusOr<Incoming> write_one(const std::string& stored, const NewMessage& message,
                               Unflushed& unflushed);
  Status name_incoming(std::vector<Incoming>& messages) ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status place_all(const std::string& directory, const std::vector<Incoming>& messages)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status insert(std::vector<Incoming>& messages, Unflushed& unflushed, Reservation reservation)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_);
  Status finish_insert(std::vector<Incoming>& messages);
  StatusOr<Reservation> reserve(const std::vector<Incoming>& messages, const UsageLimit& limit);
  Status commit_incoming(std::vector<Incoming>& messages, Unflushed& unflushed,
                         const UsageLimit& limit);
  void flush_undone(const std::string& directory);
  void drop(const std::vector<Incoming>& messages);
  StatusOr<Moved> move_between(std::span<const Uid> uids, MaildirMailbox& to);
  StatusOr<UidPairs> move_by_copy(std::span<const Uid> uids, MaildirMailbox& to);
  StatusOr<Moved> move_locked(std::span<const Uid> uids, MaildirMailbox& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(operation_, to.operation_);
  Incoming incoming_of(const Outgoing& message) const;

  const std::shared_ptr<MaildirFiles> files_;
  const std::shared_ptr<const void> account_;
  const std::string address_;
  const std::string account_directory_;

  Mutex operation_ ABSL_ACQUIRED_BEFORE(state_);
  UidRegister register_ ABSL_GUARDED_BY(operation_);
  UnclaimedRecords unclaimed_ ABSL_GUARDED_BY(operation_);
  std::uint64_t scanned_next_ ABSL_GUARDED_BY(operation_) = 1;  // UIDNEXT at the last full look
  std::uint64_t void_below_ ABSL_GUARDED_BY(operation_) = 1;    // such a UID without a row is void
  bool is_loaded_ ABSL_GUARDED_BY(operation_) = false;
  bool has_learned_letters_ ABSL_GUARDED_BY(operation_) = false;  // dovecot-keywords was read
  Stamps seen_ ABSL_GUARDED_BY(operation_);
  FolderIndex index_ ABSL_GUARDED_BY(operation_);
  std::optional<FolderIndex::Opened> unverified_ ABSL_GUARDED_BY(operation_);
  bool has_opened_index_ ABSL_GUARDED_BY(operation_) = false;
  ModSeq saved_ ABSL_GUARDED_BY(operation_){};  // the index has all up to this
  IndexedFolder saved_folder_ ABSL_GUARDED_BY(operation_);
  std::vector<Uid> moved_ ABSL_GUARDED_BY(operation_);     // not saved: rows with a new place,
  std::vector<Uid> misnamed_ ABSL_GUARDED_BY(operation_);  // flags newer than the name,
  std::uint64_t named_ ABSL_GUARDED_BY(operation_) = 0;    // names that followed their flags,
  std::uint64_t named_durably_ ABSL_GUARDED_BY(operation_) = 0;
  std::vector<Uid> summarized_ ABSL_GUARDED_BY(operation_);  // and with a new summary
  std::uint64_t cache_size_ ABSL_GUARDED_BY(operation_) = 0;
  const SummaryCache cache_;

  Mutex state_;
  std::string directory_ ABSL_GUARDED_BY(state_);
  std::string name_ ABSL_GUARDED_BY(state_);
  bool is_gone_ ABSL_GUARDED_BY(state_) = false;
  std::weak_ptr<const void> watching_ ABSL_GUARDED_BY(state_);
  UidValidity validity_ ABSL_GUARDED_BY(state_){};
  std::uint64_t next_uid_ ABSL_GUARDED_BY(state_) = 1;
  KeywordLetters letters_ ABSL_GUARDED_BY(state_);
  Table table_ ABSL_GUARDED_BY(state_);
  std::uint64_t cache_id_ ABSL_GUARDED_BY(state_) = 0;
  bool may_have_new_ ABSL_GUARDED_BY(state_) = true;  // a row whose file is in new/
};

}  // namespace mail::store
