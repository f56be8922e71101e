// One folder's dovecot-uidlist: who has which UID, durable before anybody is told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/dotlock.h"
#include "store/index_format.h"
#include "store/maildir_files.h"
#include "store/uidlist.h"

namespace mail::store {

/// Records, and the texts that they view.
struct UidRecords {
  std::vector<UidRecord> list;
  std::vector<std::shared_ptr<const std::string>> texts;
};

/// Not safe from several threads; between processes `lock` decides.
class UidRegister {
 public:
  explicit UidRegister(MaildirFiles& files) : files_(&files) {}

  const UidListHeader& header() const { return header_; }
  /// UIDNEXT as it may be told: a number that could not be written is not passed over, since it may
  /// be on disk nevertheless, and be believed later.
  std::uint64_t told_next() const { return told_next_; }
  /// The numbers are Courier's, and not written as ours yet.
  bool is_from_courier() const { return is_from_courier_; }
  bool must_be_rewritten() const { return must_be_rewritten_; }
  void request_rewrite() { must_be_rewritten_ = true; }

  /// GUID of the folder; empty: it has none.
  std::string_view guid() const { return mailbox_guid(header_); }
  /// A list that is going to be rewritten gets this one, if it has none.
  void identify(std::string_view guid);
  /// A list without one gets this, durable with an OK; its records stay. Under the lock, after
  /// `read`.
  Status write_guid(const std::string& directory, std::string_view guid);

  StatusOr<Dotlock> lock(const std::string& directory);

  /// The records, when the file is not the one that was last read or written; else none.
  StatusOr<std::optional<UidRecords>> read(const std::string& directory);

  /// Goes on where an index says that an earlier opening ended, if the file is still that one. The
  /// records were not read then: `read_anew` makes the next `read` do it.
  bool restore(const std::string& directory, const IndexedFolder& folder);
  bool is_restored() const { return is_restored_; }
  void read_anew() { has_been_read_ = false; }
  /// What the index keeps.
  void describe(IndexedFolder& folder) const;

  /// Begins a list (none was there, or it has no UID left): under the lock, after `read`.
  void begin(UidValidity validity);

  /// The next UID; counts only once `write` returned OK. Under the lock, after `read`.
  StatusOr<Uid> take();

  /// Whether `fresh` more records should go with a `rewrite`: the file must not be appended to, or
  /// few of its records have a message still (`live`).
  bool should_rewrite(std::size_t live, std::size_t fresh) const;
  /// Adds records. They are durable with an OK, and so are the `messages`. Under the lock, after
  /// `read`. A failure leaves the list as it was, or to be rewritten (`must_be_rewritten`).
  Status append(const std::string& directory, std::span<const UidRecord> fresh,
                Unflushed& messages);
  /// The whole list anew, durable. `all` in any order.
  Status rewrite(const std::string& directory, std::vector<UidRecord> all);

 private:
  StatusOr<std::optional<UidRecords>> read_courier(const std::string& directory);
  Status append_lines(const std::string& path, const std::string& lines, Unflushed& messages);
  /// After a write that failed: the list has the length again that it had before.
  Status cut_back(File& file);

  MaildirFiles* files_;
  UidListHeader header_;
  std::uint64_t told_next_ = 1;  // behind the numbers of the file, as it was last read or written
  std::optional<Glance> stamp_;  // none: the file was not there
  bool has_been_read_ = false;
  bool is_restored_ = false;
  bool is_from_courier_ = false;
  bool must_be_rewritten_ = false;
  std::size_t records_in_file_ = 0;
};

}  // namespace mail::store
