// What new/ and cur/ of a folder hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/maildir_files.h"
#include "store/name_table.h"
#include "store/text_pool.h"

namespace mail::store {

/// The message files of a folder by their base names, each once. Not safe from several threads.
class FolderListing {
 public:
  struct File {
    std::uint32_t name_at = 0;
    std::uint32_t record = 0;  // for who compares, as `is_known`: where its record is, perhaps
    std::uint8_t name_size = 0;
    std::uint8_t base_size = 0;
    bool is_new = false;    // in new/, else in cur/
    bool is_known = false;  // it has a row
  };

  FolderListing(MaildirFiles& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  /// Adds what is in new/ and in cur/. New/ first: a file that moves meanwhile is seen twice, not
  /// never. Done again, what was seen before stays.
  Status look(bool at_new, bool at_cur);
  /// How often.
  int looks(bool at_new) const { return at_new ? looks_at_new_ : looks_at_cur_; }

  const std::vector<File>& files() const { return list_; }
  /// Of all names.
  std::size_t octets() const { return texts_.size(); }
  std::string_view name(const File& file) const {
    return texts_.text(file.name_at, file.name_size);
  }
  std::string_view base(const File& file) const {
    return texts_.text(file.name_at, file.base_size);
  }
  File* find(std::string_view base) {
    const auto found = by_base_.find(base, [this](std::size_t at) { return base_at(at); });
    return found.is_there ? &list_[found.position] : nullptr;
  }
  /// `is_known` of each, by its base name.
  template <class IsKnown>
  void mark_known(IsKnown is_known) {
    for (File& file : list_) file.is_known = is_known(base(file));
  }
  /// Of keywords, in all names.
  std::uint32_t letters() const { return letters_; }

 private:
  struct Named {
    std::string name;
    bool is_new = false;
  };
  Status list(bool is_new);
  /// The file of this base name, and whether there was none.
  std::pair<File*, bool> emplace(std::string_view name, std::size_t base_size, bool is_new);
  void place(File& file, std::string_view name, bool is_new);
  void settle_duplicate(Named other);
  void rename_duplicate(const Named& other);
  std::string_view base_at(std::size_t at) const { return base(list_[at]); }
  std::string path_of(std::string_view name, bool is_new) const;

  MaildirFiles* files_;
  const std::string directory_;
  std::vector<File> list_;
  TextPool texts_;
  NameTable by_base_;
  std::uint32_t letters_ = 0;
  int looks_at_new_ = 0;
  int looks_at_cur_ = 0;
};

}  // namespace mail::store
