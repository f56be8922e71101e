// Maildir as Dovecot keeps it: names, dovecot-uidlist, dovecot-keywords, subscriptions
// (docs/store.md).
#pragma once

#include <memory>
#include <string>

#include "mail/base/filesystem.h"
#include "mail/base/ports.h"
#include "mail/store/directory_watch.h"
#include "mail/store/store.h"

namespace mail::store {

struct MaildirOptions {
  std::string root = "/var/mail";  // <root>/<domain>/<user>
  std::string hostname =
      "localhost";  // third part of a file name; '/' and ':' are escaped as \057 and \072
  std::uint64_t uidlist_size = 256ULL << 20;  // octets of dovecot-uidlist that are read at most
  std::size_t folder_name = 255;              // octets of a folder name on disk (NAME_MAX)
  std::size_t folder_depth = 64;              // levels
  std::uint64_t message_size = 1ULL << 30;    // octets of a message file that is read at most
  std::uint64_t index_size = 512ULL << 20;    // octets of libmail.index that are read at most
  std::uint64_t cache_size = 8ULL << 30;      // octets from which libmail.cache does not grow
  std::size_t tombstones = 10'000;            // expunged messages that a folder remembers
  std::size_t usage_accounts = 10'000;        // accounts whose usage is remembered
  // What stays open after the last session closed it, so that the next one need not read it again:
  std::size_t kept_folders = 256;           // folders, each with a file descriptor
  std::uint64_t kept_memory = 64ULL << 20;  // octets of all of them
  Duration kept_for = minutes(5);           // after it was last opened
  /// A change of flags reaches the file names at the next `Store::tend`, which somebody calls
  /// within a second of `upkeep_topic`; until then it is in the index, where a power cut may take
  /// it.
  bool late_names = false;
  Duration lock_wait = seconds(5);  // for another program's dovecot-uidlist.lock
  std::uint32_t process_id = 0;     // fourth part of a file name; 0: the process's own
  /// Another one after each start of the system; empty: as the kernel says, if it does. What an
  /// index says of directories is believed only in the boot in which it was written.
  std::string boot_id;
};

/// What is referred to must outlive it; `events` and `watch` may be null. Without a watch nobody is
/// woken by what other programs do.
std::unique_ptr<Store> make_maildir_store(Filesystem& filesystem, Clock& clock, Random& random,
                                          EventBus* events, MaildirOptions options,
                                          DirectoryWatch* watch = nullptr);

/// What an account holds, as `Store::usage` tells it, for programs without a store: nothing is made
/// or changed.
StatusOr<Usage> maildir_usage(Filesystem& filesystem, const std::string& root,
                              const AccountPlace& place);

}  // namespace mail::store
