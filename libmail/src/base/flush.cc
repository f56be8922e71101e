// Tested by tests/unit/base/filesystem_test.cc.
#include "mail/base/flush.h"

namespace mail {

Status sync_all(Filesystem& filesystem, std::span<File* const> files) {
  if (files.size() > 1) {
    auto* const together = dynamic_cast<FlushesTogether*>(&filesystem);
    if (together != nullptr) return together->sync_all(files);
  }
  for (File* const file : files) MAIL_RETURN_IF_ERROR(file->sync());
  return absl::OkStatus();
}

Status sync_directories(Filesystem& filesystem, std::span<const std::string> paths) {
  if (paths.size() > 1) {
    auto* const together = dynamic_cast<FlushesTogether*>(&filesystem);
    if (together != nullptr) return together->sync_directories(paths);
  }
  for (const std::string& path : paths) MAIL_RETURN_IF_ERROR(filesystem.sync_directory(path));
  return absl::OkStatus();
}

}  // namespace mail
