// The texts of the config folder while they are edited: read once, changed in memory, written
// together.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edit_lines.h"
#include "mail/base/filesystem.h"
#include "mail/base/status.h"
#include "mail/directory/editor.h"

namespace mail::directory {

/// Holds the lock of the folder until `commit`, or until it is destroyed, which changes nothing.
class ConfigTexts {
 public:
  /// Fails: Unavailable when another program holds the lock.
  static StatusOr<std::unique_ptr<ConfigTexts>> lock(Filesystem& filesystem, std::string folder);

  /// As the edits so far left it; empty where there is no such file.
  StatusOr<Lines> read(std::string_view file);
  void write(std::string_view file, const Lines& lines);

  /// What was written since the last of these calls counts, or never was.
  void keep_edit();
  void drop_edit();

  /// All files, or none. Fails: Unavailable when a file is no longer what was read.
  Status commit(const Editor::Warn& warn);
  bool has_ended() const { return lock_ == nullptr; }

 private:
  struct Text {
    std::string before;  // in the file
    std::string now;
  };
  struct Change;

  ConfigTexts(Filesystem& filesystem, std::string folder, std::unique_ptr<File> lock);

  std::string path_of(std::string_view file) const;
  std::vector<std::string> changed_files() const;
  StatusOr<std::vector<Change>> prepare() const;
  Status publish(std::vector<Change>& changes, const Editor::Warn& warn);
  /// Puts back the first `count`; names those where that failed.
  std::string take_back(const std::vector<Change>& changes, std::size_t count);

  Filesystem& filesystem_;
  const std::string folder_;
  std::unique_ptr<File> lock_;
  std::map<std::string, Text, std::less<>> texts_;
  std::map<std::string, std::string, std::less<>> edit_;  // of the edit under way
  std::vector<std::string> order_;                        // files, as they were written first
};

}  // namespace mail::directory
