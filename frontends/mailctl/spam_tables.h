// The classifier's tables below <state>/bayes, and the messages that they learn from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context.h"
#include "mail/bayes/database.h"
#include "owned_filesystem.h"

namespace mailctl {

/// Days since 1970.
std::uint16_t today();

class SpamTables {
 public:
  explicit SpamTables(const Context& context);

  /// Whose mail folder holds `path`: "ann@example.com"; empty: nobody's.
  std::string account_of(const std::string& path);

  /// <mail>/<domain>/<user>, links resolved. Fails: when there is none.
  mail::StatusOr<std::string> mail_folder(std::string_view account) const;

  /// <state>/bayes/<domain>/<user>, or <state>/bayes/global for the empty account. All tables have
  /// the global one's key, so that they can be read together. Says on stderr what is damaged.
  /// `key`: the global one's, when there is none yet.
  /// Fails: when the name is no account's, or a file cannot be read.
  mail::StatusOr<std::unique_ptr<mail::bayes::Database>> open(
      std::string_view account, std::optional<mail::crypto::HashKey> key = std::nullopt);

  /// The account's table and the server's, to be asked together; the server's alone for the empty
  /// account.
  struct Pair {
    std::unique_ptr<mail::bayes::Database> own;  // none: there is no account
    std::unique_ptr<mail::bayes::Database> global;
    std::vector<mail::bayes::Asked> asked;  // the account's first
  };
  mail::StatusOr<Pair> open_pair(std::string_view account);

 private:
  mail::StatusOr<std::string> path_of(std::string_view account) const;

  std::string mail_;
  std::string state_;
  OwnedFilesystem filesystem_;
};

/// Waits for 10 s while another process trains.
mail::StatusOr<mail::bayes::Database::Training> begin_training(mail::bayes::Database& database);

/// The files of a folder, of a Maildir folder (cur/ and new/, not dovecot-uidlist and its kind), or
/// the file itself. Links are followed.
mail::StatusOr<std::vector<std::string>> files_at(const std::string& path);
mail::StatusOr<std::string> read_message_file(const std::string& file);
/// An mbox begins with a line "From ".
bool is_mbox(std::string_view bytes);
/// Those of an mbox; else all of it is one.
std::vector<std::string_view> messages_in(std::string_view bytes);

/// What is done with each message.
using UseMessage = std::function<mail::Status(std::string_view)>;

/// Calls `use` with each message of a file, of an mbox (which begins with a line "From "), of a
/// folder of either, or of a Maildir folder. Files that cannot be read are said on stderr and
/// passed over: `all_read` becomes false.
/// Fails: when the path cannot be read, or `use` fails, which ends it.
mail::Status for_each_message(const std::string& path, bool& all_read, const UseMessage& use);

/// The files that a pattern of the shell ("/var/mail/example.com/*/.Junk") means; the path itself
/// when it exists. Empty: none.
std::vector<std::string> matching_paths(const std::string& pattern);

/// Of one file; links are followed.
mail::StatusOr<std::string> read_message(const std::string& path);

/// A line on a terminal's stderr that counts messages; nothing elsewhere.
class Progress {
 public:
  explicit Progress(std::size_t total);  // 0: unknown
  ~Progress();
  void step();

 private:
  void show() const;
  bool is_shown_;
  std::size_t total_;
  std::size_t done_ = 0;
};

}  // namespace mailctl
