// Folders are directories beside each other, so creating, deleting and renaming one is a rename: a
// new folder is built complete under a scratch name and renamed into place, a deleted one is
// renamed away before its files are removed. Dovecot and we pass over names that begin with "..",
// and `clean` removes those of ours that a crash left.
//
// Tested by tests/store/folders_test.cc, tests/store/maildir_test.cc,
// tests/store/crash_test.cc.
#include "store/maildir_account.h"

#include <algorithm>
#include <utility>

#include "store/courier_files.h"
#include "store/object_id.h"
#include "store/subscriptions_file.h"
#include "store/uid_validity.h"

namespace mail::store {
namespace {

constexpr std::string_view kScratch = "..libmail-";
constexpr std::uint64_t kSubscriptionsSize = 16 << 20;
constexpr std::string_view kSubscriptions = "/subscriptions";
constexpr std::string_view kCourierSubscriptions = "/courierimapsubscribed";

}  // namespace

StatusOr<std::string> locate_folder(MaildirFiles& files, const std::string& account_directory,
                                    std::string_view name) {
  if (name == kInbox) return account_directory;
  std::string directory = cat(account_directory, "/", folder_directory(name));
  auto info = files.fs.info(directory);
  if (absl::IsNotFound(info.status())) {
    directory = cat(account_directory, "/.", name);
    info = files.fs.info(directory);
  }
  if (absl::IsNotFound(info.status())) return not_found("there is no folder ", name);
  MAIL_RETURN_IF_ERROR(info.status());
  if (info->type != FileType::kDirectory) return not_found("there is no folder ", name);
  return directory;
}

MaildirAccount::MaildirAccount(std::shared_ptr<MaildirFiles> files, std::weak_ptr<KeptFolders> kept,
                               std::string address, std::string directory)
    : files_(std::move(files)),
      kept_(std::move(kept)),
      address_(std::move(address)),
      directory_(std::move(directory)) {}

void MaildirAccount::clean() {
  const auto entries = files_->fs.list(directory_);
  if (!entries.ok()) return;  // whoever asks for the folders will hear why
  for (const DirectoryEntry& entry : *entries) {
    if (entry.type != FileType::kDirectory || !entry.name.starts_with(kScratch)) continue;
    const std::string path = cat(directory_, "/", entry.name);
    const auto info = files_->fs.info(path);
    if (info.ok() && files_->is_leftover(*info)) remove_tree(path);
  }
}

StatusOr<std::set<std::string>> MaildirAccount::names() {
  MAIL_ASSIGN_OR_RETURN(const auto entries, files_->fs.list(directory_));
  std::set<std::string> names;
  for (const DirectoryEntry& entry : entries) {
    if (entry.type != FileType::kDirectory) continue;
    if (auto name = folder_of_directory(entry.name, files_->name_limits())) {
      names.insert(*std::move(name));
    }
  }
  return names;
}

StatusOr<std::vector<Folder>> MaildirAccount::folders() {
  MAIL_ASSIGN_OR_RETURN(const auto all, names());
  return list_folders(all);
}

std::shared_ptr<MaildirMailbox> MaildirAccount::opened(const std::string& name) {
  auto mailbox = mailboxes_.find(name);
  return mailbox != nullptr && !mailbox->is_gone() ? mailbox : nullptr;
}

StatusOr<std::shared_ptr<MaildirMailbox>> MaildirAccount::hold(const std::string& name) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(std::string directory, locate_folder(*files_, directory_, name));
  std::shared_ptr<MaildirMailbox> mailbox = opened(name);
  if (mailbox != nullptr) return mailbox;
  // Not make_shared: a weak pointer would keep its memory.
  mailbox.reset(new MaildirMailbox(files_, shared_from_this(), address_, directory_,
                                   std::move(directory), name));
  mailboxes_.insert(name, mailbox);
  return mailbox;
}

StatusOr<std::shared_ptr<MaildirMailbox>> MaildirAccount::open_mailbox(const std::string& name) {
  MAIL_ASSIGN_OR_RETURN(auto mailbox, hold(name));
  Status status = mailbox->refresh();
  if (!status.ok() && mailbox->is_gone()) {
    // What was open or kept is not what is there now: another program numbered it anew.
    MAIL_ASSIGN_OR_RETURN(mailbox, hold(name));
    status = mailbox->refresh();
  }
  MAIL_RETURN_IF_ERROR(status);
  if (const auto kept = kept_.lock()) {
    if (kept->keep(mailbox, mailbox->memory(), files_->clock.now())) files_->announce_upkeep();
  }
  return mailbox;
}

StatusOr<std::shared_ptr<Mailbox>> MaildirAccount::open(std::string_view name) {
  MAIL_ASSIGN_OR_RETURN(const std::string folder, canonical(name));
  MAIL_ASSIGN_OR_RETURN(auto mailbox, open_mailbox(folder));
  return std::shared_ptr<Mailbox>(std::move(mailbox));
}

StatusOr<FolderStatus> MaildirAccount::status(std::string_view name) {
  MAIL_ASSIGN_OR_RETURN(const auto mailbox, open(name));
  return mailbox->status();
}

std::string MaildirAccount::scratch_name() const {
  return cat(directory_, "/", kScratch, files_->random_hex(8));
}

StatusOr<std::string> MaildirAccount::build(const std::string& directory) {
  MAIL_ASSIGN_OR_RETURN(const UidValidity validity, next_uid_validity(*files_, directory_));
  MAIL_RETURN_IF_ERROR(files_->make_directory(directory));
  for (const char* name : {"/cur", "/new", "/tmp"}) {
    MAIL_RETURN_IF_ERROR(files_->make_directory(directory + name));
  }
  MAIL_RETURN_IF_ERROR(files_->create_empty(directory + "/maildirfolder", kFileMode));
  // Its UIDVALIDITY is on disk before anybody can ask for it. The write flushes the directory.
  const std::string guid = files_->random_hex(16);
  const UidListHeader header{validity, 1, cat("G", guid)};
  MAIL_RETURN_IF_ERROR(
      files_->write_atomically(directory + "/dovecot-uidlist", format_uidlist(header, {})));
  return mailbox_id(guid, validity);
}

StatusOr<std::string> MaildirAccount::create_locked(const std::string& name) {
  const auto existing = locate_folder(*files_, directory_, name);
  if (existing.ok()) return already_exists("there is a folder ", name, " already");
  if (!absl::IsNotFound(existing.status())) return existing.status();
  const std::string path = cat(directory_, "/", folder_directory(name));
  const std::string scratch = scratch_name();
  auto id = build(scratch);
  Status status = id.status();
  if (status.ok()) status = files_->fs.rename(scratch, path);
  if (!status.ok()) {
    remove_tree(scratch);
    return status;
  }
  status = files_->fs.sync_directory(directory_);
  if (status.ok()) return id;
  if (files_->fs.rename(path, scratch).ok()) remove_tree(scratch);
  return status;
}

StatusOr<std::string> MaildirAccount::create_folder(std::string_view name) {
  MAIL_ASSIGN_OR_RETURN(const std::string folder, canonical(name));
  const MutexLock lock(mutex_);
  return create_locked(folder);
}

void MaildirAccount::remove_tree(const std::string& directory) {
  // A folder is two levels deep. What is deeper is not ours: then the directory stays, unseen.
  // Nothing waits for these removals; `clean` comes back to what is left.
  const auto remove_files = [this](const std::string& path) {
    const auto entries = files_->fs.list(path);
    if (!entries.ok()) return;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.type == FileType::kDirectory) continue;
      files_->fs.unlink(cat(path, "/", entry.name)).IgnoreError();
    }
  };
  for (const char* name : {"/cur", "/new", "/tmp"}) {
    remove_files(directory + name);
    files_->fs.remove_directory(directory + name).IgnoreError();
  }
  remove_files(directory);
  files_->fs.remove_directory(directory).IgnoreError();
}

Status MaildirAccount::delete_folder(std::string_view name) {
  MAIL_ASSIGN_OR_RETURN(const std::string folder, canonical(name));
  if (folder == kInbox) return failed_precondition("INBOX cannot be deleted");
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const std::string path, locate_folder(*files_, directory_, folder));
  const std::string scratch = scratch_name();
  const auto remove = [&] { return files_->fs.rename(path, scratch); };
  const auto mailbox = opened(folder);
  MAIL_RETURN_IF_ERROR(mailbox != nullptr ? mailbox->vanish(remove) : remove());
  mailboxes_.erase(folder);
  MAIL_RETURN_IF_ERROR(files_->fs.sync_directory(directory_));
  remove_tree(scratch);
  files_->publish(address_, folder);
  return absl::OkStatus();
}

Status MaildirAccount::rename_one(const std::string& from, const std::string& to) {
  MAIL_ASSIGN_OR_RETURN(const std::string old_path, locate_folder(*files_, directory_, from));
  const std::string new_path = cat(directory_, "/", folder_directory(to));
  const auto rename = [&] { return files_->fs.rename(old_path, new_path); };
  const auto mailbox = opened(from);
  if (mailbox == nullptr) return rename();
  MAIL_RETURN_IF_ERROR(mailbox->relocate(new_path, to, rename));
  mailboxes_.erase(from);
  mailboxes_.insert(to, mailbox);
  return absl::OkStatus();
}

Status MaildirAccount::rename_folder(std::string_view from, std::string_view to) {
  MAIL_ASSIGN_OR_RETURN(const std::string source, canonical(from));
  MAIL_ASSIGN_OR_RETURN(const std::string target, canonical(to));
  if (target == kInbox) return already_exists("INBOX exists");
  if (source == kInbox) return rename_inbox(target);
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const auto all, names());
  if (all.contains(target)) return already_exists("there is a folder ", target, " already");
  MAIL_ASSIGN_OR_RETURN(const Renames renames,
                        plan_rename(all, source, target, files_->name_limits()));
  for (auto rename = renames.begin(); rename != renames.end(); ++rename) {
    const Status status = rename_one(rename->first, rename->second);
    if (status.ok()) continue;
    while (rename-- != renames.begin()) {
      rename_one(rename->second, rename->first).IgnoreError();  // the first failure is told
    }
    return status;
  }
  MAIL_RETURN_IF_ERROR(files_->fs.sync_directory(directory_));
  for (const auto& [old_name, new_name] : renames) files_->publish(address_, old_name);
  return absl::OkStatus();
}

Status MaildirAccount::rename_inbox(const std::string& to) {
  MAIL_RETURN_IF_ERROR(create_folder(to).status());
  MAIL_ASSIGN_OR_RETURN(const auto inbox, open_mailbox(std::string(kInbox)));
  MAIL_ASSIGN_OR_RETURN(const auto target, open_mailbox(to));
  return inbox->move(inbox->all_uids(), *target).status();
}

StatusOr<std::vector<std::string>> MaildirAccount::subscriptions() {
  MAIL_ASSIGN_OR_RETURN(std::vector<std::string> names, read_subscriptions());
  std::sort(names.begin(), names.end());
  return names;
}

StatusOr<std::vector<std::string>> MaildirAccount::read_subscriptions() const {
  const auto text = read_file(files_->fs, cat(directory_, kSubscriptions), kSubscriptionsSize);
  if (text.ok()) return parse_subscriptions(*text);
  if (!absl::IsNotFound(text.status())) return text.status();
  const auto courier =
      read_file(files_->fs, cat(directory_, kCourierSubscriptions), kSubscriptionsSize);
  if (courier.ok()) return parse_courier_subscriptions(*courier);
  if (!absl::IsNotFound(courier.status())) return courier.status();
  return std::vector<std::string>();
}

Status MaildirAccount::change_subscription(std::string_view name, bool is_subscribed) {
  MAIL_ASSIGN_OR_RETURN(const std::string folder, canonical(name));
  const MutexLock lock(mutex_);
  const std::string path = cat(directory_, kSubscriptions);
  MAIL_ASSIGN_OR_RETURN(const Dotlock dotlock, Dotlock::acquire(*files_, path + ".lock"));
  MAIL_ASSIGN_OR_RETURN(std::vector<std::string> names, read_subscriptions());
  const auto at = std::find(names.begin(), names.end(), folder);
  if ((at != names.end()) == is_subscribed) return absl::OkStatus();
  if (is_subscribed) {
    names.push_back(folder);
  } else {
    names.erase(at);
  }
  return files_->write_atomically(path, format_subscriptions(names));
}

Status MaildirAccount::subscribe(std::string_view name) { return change_subscription(name, true); }
Status MaildirAccount::unsubscribe(std::string_view name) {
  return change_subscription(name, false);
}

}  // namespace mail::store
