// An account is counted by listing its folders: names tell the size (`,W=`), as Dovecot's names do.
// For a name that does not, the record of dovecot-uidlist may (`W`, noted when somebody opened the
// folder and read the message); else the octets of the file stand for it (`,S=`, or a look at it).
// No message is opened for that: a count must be cheap where nothing else happens, at RCPT.
//
// A directory is listed again when its times changed, or were young when they were seen (the rule
// of maildir_scan.cc). So a message delivered, moved or removed by another program is counted like
// our own.
//
// The atomic part is small: `reserve` counts and compares under the account's lock, and the rename
// that makes a message appear gives its reservation back under the same lock. Whatever order
// parallel additions have, each is at any count either reserved or on disk. The lock is taken last,
// held for calls to the file system only, never for a flush.
//
// Tested by tests/store/usage_test.cc.
#include "store/account_usage.h"

#include <optional>
#include <string_view>
#include <vector>

#include "mail/base/ascii.h"
#include "mail/store/maildir.h"
#include "store/message_name.h"
#include "store/uidlist.h"

namespace mail::store {
namespace {

constexpr std::string_view kOverQuota = "libmail/over-quota";

/// The sizes that a folder's list of UIDs tells; read when the first is asked for.
class RecordedSizes {
 public:
  RecordedSizes(Filesystem& fs, std::string path, std::uint64_t most)
      : fs_(fs), path_(std::move(path)), most_(most) {}

  std::optional<std::uint64_t> of(std::string_view base) {
    if (!sizes_) load();
    const auto at = sizes_->find(base);
    return at == sizes_->end() ? std::nullopt : std::optional(at->second);
  }

 private:
  void load() {
    sizes_.emplace();
    const auto text = read_file(fs_, path_, most_);
    if (!text.ok()) return;  // nothing is known then
    for (const UidRecord& record : parse_uidlist(*text).records) {
      const auto octets = ascii::parse_number(record_key(record.keys, 'W'));
      if (octets) sizes_->emplace(record.name, *octets);
    }
  }

  Filesystem& fs_;
  const std::string path_;
  const std::uint64_t most_;
  std::optional<StringMap<std::uint64_t>> sizes_;
};

struct Tally {
  Usage usage;
  bool has_unsized = false;
  StringSet bases;  // of the messages, if they are asked for
};

/// `known`: bases that are counted already.
StatusOr<Tally> tally(Filesystem& fs, const std::string& directory, RecordedSizes& sizes,
                      const StringSet* known) {
  auto entries = fs.list(directory);
  if (absl::IsNotFound(entries.status())) return Tally();
  MAIL_RETURN_IF_ERROR(entries.status());
  Tally tally;
  for (const DirectoryEntry& entry : *entries) {
    if (entry.type != FileType::kRegular || entry.name.starts_with('.')) continue;
    const MessageName name = parse_message_name(entry.name);
    if (name.base.empty() || (known != nullptr && known->contains(name.base))) continue;
    std::optional<std::uint64_t> octets = name.wire_size();
    if (!octets) {
      tally.has_unsized = true;
      octets = sizes.of(name.base);
    }
    if (!octets) octets = name.size();
    if (!octets) {
      const auto info = fs.info(cat(directory, "/", entry.name));
      octets = info.ok() ? info->size : 0;  // it was renamed just now: the next count has it
    }
    tally.usage += {*octets, 1};
    if (known == nullptr) tally.bases.emplace(name.base);
  }
  return tally;
}

}  // namespace

bool exceeds(const UsageLimit& limit, const Usage& used, const Usage& added) {
  Usage after = used;
  after += added;
  if (limit.messages != 0 && after.messages > limit.messages) return true;
  if (limit.octets == 0) return false;
  if (after.octets <= limit.octets) return false;
  // Dovecot's rule: the last one may go over, but only from below.
  return used.octets >= limit.octets || after.octets - limit.octets > limit.grace_octets;
}

Status over_quota(std::string_view account) {
  Status status = exhausted("the mailbox of ", account, " is full");
  status.SetPayload(to_absl(kOverQuota), absl::Cord());
  return status;
}

bool is_over_quota(const Status& status) {
  return status.GetPayload(to_absl(kOverQuota)).has_value();
}

Reservation::~Reservation() {
  if (account_ == nullptr) return;
  const MutexLock lock(account_->mutex_);
  account_->reserved_ -= usage_;
}

StatusOr<Glance> AccountUsage::glance(const std::string& path) const {
  const auto info = sources_.fs.info(path);
  if (absl::IsNotFound(info.status())) return Glance();
  MAIL_RETURN_IF_ERROR(info.status());
  return glance_at(*info);
}

Status AccountUsage::count_folder(const std::string& directory, Folder& folder,
                                  WallTime now) const {
  Filesystem& fs = sources_.fs;
  const std::string list = directory + "/dovecot-uidlist";
  for (const bool is_retry : {false, true}) {
    const bool had_unsized = folder.in_new.has_unsized || folder.in_cur.has_unsized;
    if (had_unsized || is_retry) {
      MAIL_ASSIGN_OR_RETURN(const Glance uidlist, glance(list));
      if (uidlist != folder.uidlist) folder.in_new.is_settled = folder.in_cur.is_settled = false;
      folder.uidlist = uidlist;
    }
    RecordedSizes sizes(fs, list, sources_.uidlist_size);
    MAIL_ASSIGN_OR_RETURN(const Glance in_new, glance(directory + "/new"));
    MAIL_ASSIGN_OR_RETURN(const Glance in_cur, glance(directory + "/cur"));
    const auto is_known = [](const Counted& counted, const Glance& glance) {
      return counted.is_settled && counted.glance == glance;
    };
    const bool new_is_known = is_known(folder.in_new, in_new);
    if (new_is_known && is_known(folder.in_cur, in_cur)) return absl::OkStatus();
    // new/ before cur/, as everywhere: what moves meanwhile is seen twice, never not at all. Twice
    // is told by the base.
    StringSet bases;
    if (!new_is_known) {
      MAIL_ASSIGN_OR_RETURN(Tally found, tally(fs, directory + "/new", sizes, nullptr));
      folder.in_new = {in_new, !is_young(in_new, now), found.usage, found.has_unsized};
      bases = std::move(found.bases);
    }
    MAIL_ASSIGN_OR_RETURN(const Tally found, tally(fs, directory + "/cur", sizes, &bases));
    folder.in_cur = {in_cur, !is_young(in_cur, now), found.usage, found.has_unsized};
    if (!new_is_known) return absl::OkStatus();
    MAIL_ASSIGN_OR_RETURN(const Glance after, glance(directory + "/new"));
    if (after == in_new) return absl::OkStatus();
  }
  return absl::OkStatus();
}

StatusOr<Usage> AccountUsage::count_locked(WallTime now) {
  const auto entries = sources_.fs.list(directory_);
  if (absl::IsNotFound(entries.status())) return Usage();
  MAIL_RETURN_IF_ERROR(entries.status());
  const StringMap<Folder> before = folders_;
  StringMap<Folder> after;
  Usage usage;
  const auto add = [&](const std::string& directory) -> Status {
    Folder folder;
    if (const auto at = before.find(directory); at != before.end()) folder = at->second;
    MAIL_RETURN_IF_ERROR(count_folder(directory, folder, now));
    usage += folder.in_new.usage;
    usage += folder.in_cur.usage;
    after.emplace(directory, folder);
    return absl::OkStatus();
  };
  MAIL_RETURN_IF_ERROR(add(directory_));
  for (const DirectoryEntry& entry : *entries) {
    if (entry.type != FileType::kDirectory) continue;
    if (!folder_of_directory(entry.name, sources_.names)) continue;
    MAIL_RETURN_IF_ERROR(add(cat(directory_, "/", entry.name)));
  }
  folders_ = std::move(after);
  return usage;
}

StatusOr<Usage> AccountUsage::count(WallTime now) {
  const MutexLock lock(mutex_);
  return count_locked(now);
}

StatusOr<Reservation> AccountUsage::reserve(const Usage& added, const UsageLimit& limit,
                                            WallTime now) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(Usage used, count_locked(now));
  used += reserved_;
  if (exceeds(limit, used, added)) return over_quota(directory_);
  reserved_ += added;
  return Reservation(shared_from_this(), added);
}

std::shared_ptr<AccountUsage> UsageBook::of(const std::string& directory) {
  const MutexLock lock(mutex_);
  if (const auto at = accounts_.find(directory); at != accounts_.end()) return at->second;
  if (accounts_.size() >= most_) {
    absl::erase_if(accounts_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  auto account = std::make_shared<AccountUsage>(sources_, directory);
  accounts_.emplace(directory, account);
  return account;
}

StatusOr<Usage> maildir_usage(Filesystem& filesystem, const std::string& root,
                              const AccountPlace& place) {
  MAIL_ASSIGN_OR_RETURN(const std::string below, account_directory(place.address));
  const MaildirOptions options;
  const AccountUsage::Sources sources{
      filesystem, {options.folder_name, options.folder_depth}, options.uidlist_size};
  const std::string directory = place.directory.empty() ? cat(root, "/", below) : place.directory;
  return AccountUsage(sources, directory).count(WallTime());
}

}  // namespace mail::store
