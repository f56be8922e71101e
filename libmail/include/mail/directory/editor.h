// Changes to the config folder: lock it, read, edit keeping every comment and blank line, write
// atomically, release. A reader sees the old file or the new one, never a part; only a file that is
// mounted by itself (`docker run -v …/postfix-accounts.cf:…`) cannot be replaced and is rewritten
// in place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"
#include "mail/directory/app_password.h"

namespace mail::directory {

class ConfigTexts;
class Transaction;

/// Each call is one complete edit. Safe from any thread and any process: the lock is a file
/// (`.libmail.lock`) of the folder.
///
/// All fail: Unavailable when another program holds the lock (try again), and with whatever the
/// file system says. A call that fails has changed nothing. Keys are compared whole and without
/// case.
class Editor {
 public:
  /// Told, in a sentence, of a file that had to be rewritten in place.
  using Warn = std::function<void(std::string_view sentence)>;
  Editor(Filesystem& filesystem, std::string folder, Warn warn = {});
  Editor(Editor&&) noexcept;
  ~Editor();

  /// Several edits as one: takes the lock. Fails: Unavailable.
  StatusOr<Transaction> begin() const;

  /// `stored_password` as from `crypto::hash_password`. Fails: InvalidArgument for an address
  /// without domain or with characters that the file cannot hold; AlreadyExists when it is an
  /// account or an alias.
  Status add_account(std::string_view address, std::string_view stored_password);
  /// Keeps the extra attributes. Fails: NotFound.
  Status update_account(std::string_view address, std::string_view stored_password);
  /// `{SUSPENDED}` before the stored password, or away from it: no login, for whoever knows the
  /// password; mail is delivered all the same. Its sessions end. A new password keeps it. Fails:
  /// NotFound.
  Status suspend_account(std::string_view address);
  Status resume_account(std::string_view address);
  /// Takes the address out of all aliases, too (an alias without targets goes), its quota and its
  /// app passwords. Fails: NotFound.
  Status delete_account(std::string_view address);

  /// A new line `alias recipient`, or `,recipient` added to the line of that alias. Fails:
  /// AlreadyExists when it is already an alias for that recipient, or an account.
  Status add_alias(std::string_view alias, std::string_view recipient);
  /// Removes one recipient, and the line with its last one. True when something was removed.
  StatusOr<bool> delete_alias(std::string_view alias, std::string_view recipient);

  /// Mail for an account goes to `recipient`, too, or, without `keeps_copy`, only there: a line
  /// `account account,recipient` or `account recipient` of postfix-virtual.cf. Fails: NotFound.
  Status add_forward(std::string_view account, std::string_view recipient, bool keeps_copy);

  /// `size` as in quota.h. Fails: InvalidArgument; NotFound without such an account.
  Status set_quota(std::string_view address, std::string_view size);
  /// True when something was removed.
  StatusOr<bool> delete_quota(std::string_view address);

  /// A line of app-passwords.cf; `entry.password` as from `crypto::hash_password`. Fails:
  /// InvalidArgument (the label); NotFound without such an account; AlreadyExists;
  /// ResourceExhausted beyond kMaxAppPasswords.
  Status add_app_password(const AppPassword& entry);
  /// Sessions that logged in with it end. Fails: NotFound.
  Status delete_app_password(std::string_view address, std::string_view label);

  /// dovecot-masters.cf. Fails: InvalidArgument, AlreadyExists, NotFound.
  Status add_master(std::string_view name, std::string_view stored_password);
  Status update_master(std::string_view name, std::string_view stored_password);
  Status delete_master(std::string_view name);

  enum class Direction { kSend, kReceive };
  /// `address \t\t REJECT` in postfix-send-access.cf or postfix-receive-access.cf. Fails:
  /// AlreadyExists.
  Status restrict(Direction direction, std::string_view address);
  /// Fails: NotFound.
  Status unrestrict(Direction direction, std::string_view address);

  /// `@domain [host]:port`, in place of what was there. Fails: InvalidArgument.
  Status set_relay(std::string_view domain, std::string_view host, std::uint16_t port);
  /// `@domain` alone: RELAY_HOST does not apply to it.
  Status exclude_from_relay(std::string_view domain);
  /// `@domain user:password` in postfix-sasl-password.cf.
  Status set_relay_credentials(std::string_view domain, std::string_view user,
                               std::string_view password);

  /// Both of these. True when there was one.
  StatusOr<bool> delete_relay(std::string_view domain);

  /// All that is said of `from` is said of `to` from now on: account (with password and
  /// attributes), app passwords, quota, the key and the targets in postfix-virtual.cf, access,
  /// relay;
  /// `@old.example` is a catch-all and a domain's relay. postfix-regexp.cf and postfix-aliases.cf
  /// stay as they are, and so does the mail. Fails: NotFound; AlreadyExists when `to` is an account
  /// or an alias.
  Status rename(std::string_view from, std::string_view to);

 private:
  friend class Transaction;

  /// One edit of the texts under the lock.
  Status edit(const std::function<Status(ConfigTexts&)>& change);
  Status change_account(std::string_view address,
                        const std::function<std::string(std::string_view)>& change_password);
  Status change_master(std::string_view name, std::string_view stored_password, bool is_new);
  Status put_relay(std::string_view file, std::string_view domain, std::string_view value);

  Filesystem& filesystem_;
  std::string folder_;
  Warn warn_;
  std::unique_ptr<ConfigTexts> gathered_;  // of a transaction
};

/// Edits that see each other and reach the files together, in `commit`. Until then, and when it is
/// destroyed without, no file has changed. Holds the lock: others wait. For one thread at a time.
///
/// An edit that fails leaves out itself; whether the others are committed is for the caller to say.
/// `commit` leaves all files changed or none; only a crash between the renames of two files leaves
/// the first ones changed. postfix-accounts.cf comes last, the others in the order of their first
/// edit.
class Transaction : public Editor {
 public:
  /// Ends it. Fails also: Unavailable when another program, which knows no lock, changed one of the
  /// files meanwhile; FailedPrecondition when it has ended.
  Status commit();

 private:
  friend class Editor;
  Transaction(const Editor& editor, std::unique_ptr<ConfigTexts> texts);
};

}  // namespace mail::directory
