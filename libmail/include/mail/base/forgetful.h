// A filesystem that forgets at a power cut whatever was not flushed, and that fails on demand.
//
// What survives `power_cut`: of a file, the octets that were there at its last successful `sync`;
// what was appended since is gone, cut short, zeroed or there, by the seed. Of a directory, the
// entries that were there at its last `sync_directory`; each change since (an entry made, removed,
// renamed) survives or not, by the seed, but never without the earlier changes of the same name. A
// rename survives whole or not at all, as on every journaling file system of Linux; making one of
// its directories durable makes both halves durable. What was cut off since the last `sync` is gone
// or back, and then what was appended behind the cut is gone. After a failed `sync` the file's
// later octets never become durable, though later calls report success: as Linux does.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "mail/base/filesystem.h"
#include "mail/base/flush.h"

namespace mail {

class MemoryTree;

class ForgetfulFilesystem final : public Filesystem, public FlushesTogether {
 public:
  enum class Operation {
    kOpen,
    kCreate,
    kRead,
    kAppend,
    kTruncate,
    kSync,
    kSetAttributes,
    kInfo,
    kList,
    kMakeDirectory,
    kRename,
    kLink,
    kUnlink,
    kRemoveDirectory,
    kSyncDirectory,
  };

  explicit ForgetfulFilesystem(std::uint64_t seed, std::function<WallTime()> now = {});
  ~ForgetfulFilesystem() override;

  /// The k-th operation from now (1: the next) fails with `status`, and so do those that follow it,
  /// `times` in all. A failed append leaves a
  /// part of its octets; every other failed operation leaves nothing.
  void fail_at(std::uint64_t k, Status status, std::uint64_t times = 1);
  /// The disk is full from the k-th operation on: what needs room (appending, making a file, a
  /// directory or a link) fails with ENOSPC, all else works. 0: there is room again.
  void fill_at(std::uint64_t k);
  /// The power goes at the k-th operation from now: that one happens or not, by the seed; it and
  /// all that follow fail with Unavailable until `power_cut`.
  void cut_power_at(std::uint64_t k);
  /// Whether the k-th operation of `fail_at`, `fill_at` or `cut_power_at` has been reached.
  bool struck() const;
  /// Only what survived is there now; files that were open are dead, nothing fails any more.
  void power_cut();
  /// Everything survives from here: a starting point for a test.
  void sync_all();

  /// Operations since the last `reset_counts`.
  std::uint64_t operations() const;
  std::uint64_t count(Operation operation) const;
  void reset_counts();

  StatusOr<std::unique_ptr<File>> open(const std::string& path) override;
  StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override;
  StatusOr<std::unique_ptr<File>> open_append(const std::string& path, std::uint32_t mode) override;
  StatusOr<FileInfo> info(const std::string& path) override;
  StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) override;
  StatusOr<std::string> resolve_links(const std::string& path) override;
  Status make_directory(const std::string& path, std::uint32_t mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status link(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) override;
  Status sync_directory(const std::string& path) override;
  /// In an order of the seed's, all of them whether one fails or not: as flushes that are waited
  /// for at the same time.
  Status sync_all(std::span<File* const> files) override;
  Status sync_directories(std::span<const std::string> paths) override;

 private:
  class Faults;
  class FaultyFile;
  Status in_any_order(std::size_t count, const std::function<Status(std::size_t)>& call);
  StatusOr<std::unique_ptr<File>> guarded(StatusOr<std::unique_ptr<File>> file) const;

  std::shared_ptr<MemoryTree> tree_;
  std::shared_ptr<Faults> faults_;
};

}  // namespace mail
