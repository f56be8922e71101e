// One user's Maildir++ folders.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/mutex.h"
#include "store/folder_list.h"
#include "store/kept_folders.h"
#include "store/maildir_files.h"
#include "store/maildir_mailbox.h"

namespace mail::store {

class MaildirAccount final : public Account, public std::enable_shared_from_this<MaildirAccount> {
 public:
  MaildirAccount(std::shared_ptr<MaildirFiles> files, std::weak_ptr<KeptFolders> kept,
                 std::string address, std::string directory);

  /// Removes what a crash left.
  void clean();

  StatusOr<std::vector<Folder>> folders() override;
  StatusOr<std::string> create_folder(std::string_view name) override;
  Status delete_folder(std::string_view name) override;
  Status rename_folder(std::string_view from, std::string_view to) override;
  StatusOr<std::vector<std::string>> subscriptions() override;
  Status subscribe(std::string_view name) override;
  Status unsubscribe(std::string_view name) override;
  StatusOr<FolderStatus> status(std::string_view name) override;
  StatusOr<std::shared_ptr<Mailbox>> open(std::string_view name) override;

 private:
  StatusOr<std::string> canonical(std::string_view name) const {
    return canonical_folder_name(name, files_->name_limits());
  }
  StatusOr<std::set<std::string>> names();
  StatusOr<std::shared_ptr<MaildirMailbox>> hold(const std::string& name);
  StatusOr<std::shared_ptr<MaildirMailbox>> open_mailbox(const std::string& name);
  StatusOr<std::string> create_locked(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// The MAILBOXID.
  StatusOr<std::string> build(const std::string& directory);
  Status rename_one(const std::string& from, const std::string& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status rename_inbox(const std::string& to);
  StatusOr<std::vector<std::string>> read_subscriptions() const;
  Status change_subscription(std::string_view name, bool is_subscribed);
  std::string scratch_name() const;
  void remove_tree(const std::string& directory);
  std::shared_ptr<MaildirMailbox> opened(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<MaildirFiles> files_;
  const std::weak_ptr<KeptFolders> kept_;  // of the store; a folder there keeps its account
  const std::string address_;
  const std::string directory_;
  Mutex mutex_;  // folders come and go, one at a time
  WeakMap<MaildirMailbox> mailboxes_ ABSL_GUARDED_BY(mutex_);
};

/// Where a folder is: its modified UTF-7 directory, or one that another program named in UTF-8.
/// Fails: NotFound.
StatusOr<std::string> locate_folder(MaildirFiles& files, const std::string& account_directory,
                                    std::string_view name);

}  // namespace mail::store
