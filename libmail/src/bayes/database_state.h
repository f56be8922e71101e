// The image of a database in memory, and its way from and to the files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bayes/format.h"
#include "mail/base/mutex.h"
#include "mail/bayes/database.h"

namespace mail::bayes {

/// What tells that a file is still the one that was read.
struct Identity {
  std::uint64_t inode = 0;
  WallTime changed{};

  bool operator==(const Identity&) const = default;
};

struct Files {
  std::optional<Identity> table;
  std::optional<Identity> journal;  // without its ctime, which each record changes
};

struct Database::State {
  State(Filesystem& files, std::string table_path, const DatabaseOptions& chosen)
      : filesystem(files), path(std::move(table_path)), options(chosen) {}

  std::string journal_path() const { return cat(path, ".journal"); }

  // ---- reading; all need `mutex`

  enum class Extent : std::uint8_t { kNeeded, kWhole };
  Status load(Extent extent);
  Status load_table(Extent extent);
  Status load_journal(bool from_start);
  bool is_readable();
  void apply(const Record& record);
  StatusOr<Files> identify();

  // ---- writing; all need `mutex` and the lock

  Status write_anew();
  Status append_held_back();
  Status keep_aside();
  Status remember(Record record);
  Status make_room(std::uint16_t day);
  std::uint64_t most_journal(bool is_training) const;

  Filesystem& filesystem;
  const std::string path;
  const DatabaseOptions options;
  std::string damage;

  Mutex mutex;
  Image image;
  Files seen;
  bool has_file = false;
  bool is_whole = false;     // `image` needs the file no more
  bool is_damaged = false;   // the table's file is of no use
  bool has_journal = false;  // of this generation
  bool journal_is_torn = false;
  std::uint64_t journal_end = 0;  // octets that were applied
  std::string held_back;          // records that stand behind them
  std::unique_ptr<File> journal;  // while training
  std::unique_ptr<File> lock;
};

}  // namespace mail::bayes
