// The files libmail.index and libmail.cache of one folder: who may write them, and when they are
// written anew.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/store/store.h"
#include "store/index_format.h"
#include "store/maildir_files.h"

namespace mail::store {

/// Not safe from several threads. One process at a time writes (a flock on libmail.index); the
/// others do without. Nothing here is flushed, and no failure matters: what cannot be written is
/// missing at the next opening, and made again.
class FolderIndex {
 public:
  explicit FolderIndex(MaildirFiles& files) : files_(&files) {}

  struct Opened {
    IndexImage image;
    TextPool texts;  // of its rows
    /// Nothing can be missing at its end: written in place, since the system started, whole.
    bool is_continuous = false;
  };
  /// Becomes the writer if nobody else is. None: there is nothing to be believed.
  std::optional<Opened> open(const std::string& directory);

  /// Somebody else may write from now on.
  void release() { file_.reset(); }
  bool is_writer() const { return file_ != nullptr; }
  /// Whether so many octets more are better spent on a new snapshot.
  bool should_rewrite(std::size_t octets) const;
  void append(const std::string& directory, const IndexBlock& block);
  void rewrite(const std::string& directory, const IndexBlock& snapshot);
  /// Nothing is written any more, and what is there goes.
  void give_up(const std::string& directory);

 private:
  void fill(const std::string& directory, std::unique_ptr<File> file, const IndexBlock& snapshot);

  MaildirFiles* files_;
  std::unique_ptr<File> file_;  // locked by us
  std::uint64_t seed_ = 0;
  std::uint64_t size_ = 0;           // of the file
  std::uint64_t snapshot_size_ = 0;  // of its first block
  bool must_be_rewritten_ = true;
};

/// libmail.cache: summaries one behind the other, each found by its place. Not safe from several
/// threads, but for `read`.
class SummaryCache {
 public:
  explicit SummaryCache(MaildirFiles& files) : files_(&files) {}

  struct Wanted {
    Uid uid{};
    SummaryPlace place;
  };
  /// None for those that are not what was written there for this UID under this identity.
  std::vector<std::optional<Summary>> read(const std::string& directory, std::uint64_t id,
                                           std::span<const Wanted> wanted) const;

  struct Fresh {
    Uid uid{};
    std::string packed;
  };
  /// Adds them at the end; their places, or none. `size` becomes that of the file.
  std::optional<std::vector<SummaryPlace>> append(const std::string& directory, std::uint64_t id,
                                                  std::span<const Fresh> fresh,
                                                  std::uint64_t& size) const;
  void remove(const std::string& directory) const;

 private:
  MaildirFiles* files_;
};

}  // namespace mail::store
