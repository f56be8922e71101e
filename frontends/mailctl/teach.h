// Teaching the classifier from files and folders: what spam learn, sa-learn and spam bootstrap do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spam_tables.h"

namespace mailctl {

/// A value.
struct Lesson {
  std::string path;
  std::string account;                        // whose table; empty: the server's
  std::optional<mail::bayes::Class> as = {};  // none: what was learned is taken back
};

/// A value.
struct Taught {
  std::size_t examined = 0;
  std::size_t changed = 0;  // learned, or forgotten
  std::size_t unread = 0;   // paths and files that could not be read: said on stderr
};

mail::Status teach_message(mail::bayes::Database::Training& training, std::string_view message,
                           std::optional<mail::bayes::Class> as, Taught& taught);

/// In the given order; each account's table is opened once, where it comes first.
/// Fails: when a table cannot be read or written; what was learned until then stays.
mail::StatusOr<Taught> teach(SpamTables& tables, const std::vector<Lesson>& lessons);

}  // namespace mailctl
