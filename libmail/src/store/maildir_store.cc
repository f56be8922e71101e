// Delivery. The octets are written once for all targets that get the same, under tmp/ of the first;
// all such files are flushed at once; then each appears in its new/ (renamed for one target, linked
// for several); then all new/ are flushed at once. Nothing here takes a folder's lock or a lock
// around a flush, so parallel deliveries share the file system's commits. The UID comes when
// somebody looks, as with Dovecot.
//
// Tested by tests/store/conformance_test.cc, tests/store/maildir_test.cc,
// tests/store/crash_test.cc.
#include <algorithm>
#include <map>
#include <utility>

#include "mail/base/flush.h"
#include "mail/store/maildir.h"
#include "store/line_ends.h"
#include "store/maildir_account.h"

namespace mail::store {
namespace {

constexpr Duration kTryAgain = seconds(1);  // after names could not be changed

/// One target of a delivery under way.
struct Copy {
  const Target* target = nullptr;
  Reservation reservation;
  std::string folder;     // canonical
  std::string directory;  // of the folder
  std::string base;
  bool is_placed = false;
};

/// One file for all targets that have the same header.
class Batch {
 public:
  Batch(MaildirFiles& files, std::string stored, WallTime received)
      : files_(files),
        stored_(std::move(stored)),
        wire_(store::wire_size(stored_)),
        received_(received) {}

  void add(Copy copy) { copies_.push_back(std::move(copy)); }
  std::uint64_t wire_size() const { return wire_; }
  const std::vector<Copy>& copies() const { return copies_; }

  Status write(Unflushed& unflushed) {
    for (Copy& copy : copies_) copy.base = files_.message_base(stored_.size(), wire_);
    MAIL_ASSIGN_OR_RETURN(temporary_, write_for(copies_.front(), unflushed));
    return absl::OkStatus();
  }

  Status place() {
    for (Copy& copy : copies_) {
      auto place = [this, &copy] { return place_one(copy); };
      MAIL_RETURN_IF_ERROR(copy.reservation.place(std::move(place)));
      copy.is_placed = true;
    }
    return absl::OkStatus();
  }

  /// Nothing stays under tmp/.
  void clean() {
    // One that cannot be removed is removed after 36 hours.
    if (!temporary_.empty()) files_.fs.unlink(temporary_).IgnoreError();
    temporary_.clear();
  }

  void take_back() {
    for (const Copy& copy : copies_) {
      if (!copy.is_placed) continue;
      // A session may have moved it to cur/ already. Best effort: the sender will try again, and a
      // message twice is better than none.
      if (files_.fs.unlink(new_path(copy)).ok()) continue;
      files_.fs.unlink(cat(copy.directory, "/cur/", copy.base, ":2,")).IgnoreError();
    }
  }

 private:
  std::string new_path(const Copy& copy) const { return cat(copy.directory, "/new/", copy.base); }

  StatusOr<std::string> write_for(const Copy& copy, Unflushed& unflushed) {
    auto path = files_.write_temporary(copy.directory, copy.base, stored_, received_, unflushed);
    if (!absl::IsNotFound(path.status())) return path;
    // The account's first message: its directories come into being only now.
    MAIL_RETURN_IF_ERROR(files_.make_maildir(copy.directory));
    return files_.write_temporary(copy.directory, copy.base, stored_, received_, unflushed);
  }

  Status place_one(Copy& copy) {
    if (copies_.size() == 1) {
      MAIL_RETURN_IF_ERROR(files_.fs.rename(temporary_, new_path(copy)));
      temporary_.clear();
      return absl::OkStatus();
    }
    Status status = files_.fs.link(temporary_, new_path(copy));
    if (absl::IsNotFound(status)) {
      MAIL_RETURN_IF_ERROR(files_.make_maildir(copy.directory));
      status = files_.fs.link(temporary_, new_path(copy));
    }
    if (status.ok() || absl::IsUnavailable(status)) return status;
    // Another file system, or one without links, or too many links: a file of its own. What else is
    // wrong will be so for that, too. Its name may be the one that is under tmp/ already.
    copy.base = files_.message_base(stored_.size(), wire_);
    Unflushed unflushed(files_.fs);
    MAIL_ASSIGN_OR_RETURN(const std::string own, write_for(copy, unflushed));
    status = unflushed.flush();
    if (status.ok()) status = files_.fs.rename(own, new_path(copy));
    if (!status.ok()) files_.fs.unlink(own).IgnoreError();  // else removed after 36 hours
    return status;
  }

  MaildirFiles& files_;
  std::string stored_;
  const std::uint64_t wire_;
  const WallTime received_;
  std::string temporary_;
  std::vector<Copy> copies_;
};

class MaildirStore final : public Store {
 public:
  explicit MaildirStore(std::shared_ptr<MaildirFiles> files)
      : files_(std::move(files)),
        kept_(std::make_shared<KeptFolders>(
            files_->options.kept_folders, files_->options.kept_memory, files_->options.kept_for)) {
    if (files_->options.late_names) files_->owing.open();
  }
  MaildirStore(const MaildirStore&) = delete;
  MaildirStore& operator=(const MaildirStore&) = delete;
  ~MaildirStore() override {
    // What fails is in the index, and tried again by whoever opens the folder next.
    for (const auto& folder : files_->owing.close()) folder->settle().IgnoreError();
  }

  StatusOr<std::shared_ptr<Account>> account(const AccountPlace& place) override {
    MAIL_ASSIGN_OR_RETURN(const std::string directory, directory_of(place));
    MAIL_RETURN_IF_ERROR(files_->make_maildir(directory));
    kept_->expire(files_->clock.now());
    std::shared_ptr<MaildirAccount> account;
    {
      const MutexLock lock(mutex_);
      account = accounts_.find(directory);
      if (account != nullptr) return std::shared_ptr<Account>(account);
      account.reset(new MaildirAccount(files_, kept_, place.address, directory));
      accounts_.insert(directory, account);
    }
    account->clean();
    return std::shared_ptr<Account>(std::move(account));
  }

  Status deliver(std::span<const Target> targets, std::span<const std::string_view> pieces,
                 WallTime received) override;

  StatusOr<Usage> usage(const AccountPlace& place) override {
    MAIL_ASSIGN_OR_RETURN(const std::string directory, directory_of(place));
    return files_->usage(directory)->count(files_->clock.wall());
  }

  std::optional<Duration> tend() override;

 private:
  StatusOr<std::string> directory_of(const AccountPlace& place) const {
    MAIL_ASSIGN_OR_RETURN(const std::string below, account_directory(place.address));
    return place.directory.empty() ? cat(files_->options.root, "/", below) : place.directory;
  }
  StatusOr<std::vector<Batch>> plan(std::span<const Target> targets,
                                    std::span<const std::string_view> pieces, WallTime received);
  Status reserve(Copy& copy, std::uint64_t octets);
  Status commit(std::vector<Batch>& batches);
  Status flush(const std::vector<Batch>& batches);

  const std::shared_ptr<MaildirFiles> files_;
  const std::shared_ptr<KeptFolders> kept_;
  Mutex mutex_;
  WeakMap<MaildirAccount> accounts_ ABSL_GUARDED_BY(mutex_);
};

std::optional<Duration> MaildirStore::tend() {
  const TimePoint now = files_->clock.now();
  kept_->expire(now);
  bool has_failed = false;
  for (const auto& folder : files_->owing.take()) {
    if (folder->settle().ok()) continue;
    has_failed = true;
    files_->owing.add(folder);
  }
  if (has_failed) return kTryAgain;
  return kept_->next_expiry(now);
}

StatusOr<std::vector<Batch>> MaildirStore::plan(std::span<const Target> targets,
                                                std::span<const std::string_view> pieces,
                                                WallTime received) {
  std::map<std::string_view, std::vector<Copy>> by_header;
  for (const Target& target : targets) {
    Copy copy;
    copy.target = &target;
    MAIL_ASSIGN_OR_RETURN(copy.directory, directory_of(target.account));
    MAIL_ASSIGN_OR_RETURN(copy.folder, canonical_folder_name(target.folder, files_->name_limits()));
    MAIL_ASSIGN_OR_RETURN(copy.directory, locate_folder(*files_, copy.directory, copy.folder));
    by_header[target.header].push_back(std::move(copy));
  }
  std::vector<Batch> batches;
  for (auto& [header, copies] : by_header) {
    std::vector<std::string_view> all = {header};
    all.insert(all.end(), pieces.begin(), pieces.end());
    Batch& batch = batches.emplace_back(*files_, to_stored(all), received);
    for (Copy& copy : copies) {
      MAIL_RETURN_IF_ERROR(reserve(copy, batch.wire_size()));
      batch.add(std::move(copy));
    }
  }
  return batches;
}

Status MaildirStore::reserve(Copy& copy, std::uint64_t octets) {
  if (copy.target->limit.is_unlimited()) return absl::OkStatus();
  MAIL_ASSIGN_OR_RETURN(const std::string directory, directory_of(copy.target->account));
  const auto usage = files_->usage(directory);
  auto reserved = usage->reserve({octets, 1}, copy.target->limit, files_->clock.wall());
  MAIL_RETURN_IF_ERROR(reserved.status());
  copy.reservation = *std::move(reserved);
  return absl::OkStatus();
}

Status MaildirStore::flush(const std::vector<Batch>& batches) {
  std::set<std::string> directories;
  for (const Batch& batch : batches) {
    for (const Copy& copy : batch.copies()) directories.insert(copy.directory + "/new");
  }
  return sync_directories(files_->fs,
                          std::vector<std::string>(directories.begin(), directories.end()));
}

Status MaildirStore::commit(std::vector<Batch>& batches) {
  Unflushed unflushed(files_->fs);
  for (Batch& batch : batches) MAIL_RETURN_IF_ERROR(batch.write(unflushed));
  MAIL_RETURN_IF_ERROR(unflushed.flush());
  for (Batch& batch : batches) MAIL_RETURN_IF_ERROR(batch.place());
  return flush(batches);
}

Status MaildirStore::deliver(std::span<const Target> targets,
                             std::span<const std::string_view> pieces, WallTime received) {
  kept_->expire(files_->clock.now());
  MAIL_ASSIGN_OR_RETURN(std::vector<Batch> batches, plan(targets, pieces, received));
  const Status status = commit(batches);
  for (Batch& batch : batches) {
    batch.clean();
    if (!status.ok()) batch.take_back();
  }
  if (!status.ok()) {
    flush(batches)
        .IgnoreError();  // what was taken back may return at a power cut; the failure is told
    return status;
  }
  for (const Batch& batch : batches) {
    for (const Copy& copy : batch.copies()) {
      files_->publish(copy.target->account.address, copy.folder);
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<Store> make_maildir_store(Filesystem& filesystem, Clock& clock, Random& random,
                                          EventBus* events, MaildirOptions options,
                                          DirectoryWatch* watch) {
  return std::make_unique<MaildirStore>(
      std::make_shared<MaildirFiles>(filesystem, clock, random, events, std::move(options), watch));
}

}  // namespace mail::store
