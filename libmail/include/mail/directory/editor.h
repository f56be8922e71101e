// Changes to the config folder: lock it, read, edit keeping every comment and blank line, write
// atomically, release. A reader sees the old file or the new one, never a part.
#pragma once

#include <string>
#include <string_view>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"

namespace mail::directory {

/// Each call is one complete edit. Safe from any thread and any process: the lock is a file
/// (`.libmail.lock`) of the folder.
///
/// All fail: Unavailable when another program holds the lock (try again), and with whatever the
/// file system says. Keys are compared whole and without case.
class Editor {
 public:
  Editor(Filesystem& filesystem, std::string folder);

  /// `stored_password` as from `crypto::hash_password`. Fails: InvalidArgument for an address
  /// without domain or with characters that the file cannot hold; AlreadyExists when it is an
  /// account or an alias.
  Status add_account(std::string_view address, std::string_view stored_password);
  /// Keeps the extra attributes. Fails: NotFound.
  Status update_account(std::string_view address, std::string_view stored_password);
  /// Fails: NotFound.
  Status delete_account(std::string_view address);

  /// A new line `alias recipient`, or `,recipient` added to the line of that alias. Fails:
  /// AlreadyExists when it is already an alias for that recipient, or an account.
  Status add_alias(std::string_view alias, std::string_view recipient);
  /// Removes one recipient, and the line with its last one. True when something was removed.
  StatusOr<bool> delete_alias(std::string_view alias, std::string_view recipient);

 private:
  Filesystem& filesystem_;
  std::string folder_;
};

}  // namespace mail::directory
