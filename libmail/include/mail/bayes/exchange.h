// Tables as text: SpamAssassin's `sa-learn --backup`, bogofilter's `bogoutil -d`.
//
// The lines are SpamAssassin's, tab-separated, but the tokens are this table's keyed hashes:
//
//     v <tab> 3 <tab> db_version # this must be the first line!!!
//     v <tab> N <tab> num_spam            v <tab> N <tab> num_nonspam
//     k <tab> 32 hexadecimal digits       the key
//     t <tab> spam <tab> ham <tab> seconds since 1970 <tab> token <tab> weight
//     s <tab> s or h <tab> digest         a message that was trained
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"
#include "mail/bayes/database.h"

namespace mail::bayes {

/// What a backup holds. A value.
struct Backup {
  crypto::HashKey key{};
  Table table;
  std::vector<TrainedMessage> messages;
};

/// All but the rehearsed messages, whose place new ones take.
std::string write_backup(Database& database);

/// Fails: InvalidArgument, naming the line; also for SpamAssassin's own backups, whose tokens
/// belong to no key.
StatusOr<Backup> read_backup(std::string_view text);

/// What another program learned. A value.
struct Import {
  Table table;  // counts alone: the weights of the logistic vote begin at nothing
  std::size_t mapped = 0;
  std::size_t unmapped = 0;  // words that no token of ours stands for
};

/// `bogoutil -d wordlist.db`: "word spam ham yyyymmdd" lines, and .MSG_COUNT. Words of bodies,
/// subjects, URLs, From, To and Received are mapped; "head:", "mime:", "rtrn:" and "ip:" are not.
/// Fails: InvalidArgument when it is no such text, or does not tell how many messages there were.
StatusOr<Import> read_bogofilter(std::string_view text, const crypto::HashKey& key);

}  // namespace mail::bayes
