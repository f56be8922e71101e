// Tested by tests/unit/directory/snapshot_test.cc.
#include "mail/directory/fingerprint.h"

#include "mail/base/absl.h"
#include "tables.h"

namespace mail::directory {

std::span<const std::string_view> snapshot_files() {
  static constexpr std::string_view kFiles[] = {
      kAccountsFile, kVirtualFile,          kRegexpFile,      kAliasesFile,
      kQuotasFile,   kMastersFile,          kSendAccessFile,  kReceiveAccessFile,
      kRelayMapFile, kRelayCredentialsFile, kAppPasswordsFile};
  return kFiles;
}

Fingerprint fingerprint(Filesystem& filesystem, const std::string& folder) {
  Fingerprint taken;
  for (const std::string_view name : snapshot_files()) {
    const auto path = filesystem.resolve_links(cat(folder, "/", name));
    const auto info = path.ok() ? filesystem.info(*path) : StatusOr<FileInfo>(path.status());
    Fingerprint::Mark mark;
    if (info.ok()) mark = {true, info->modified, info->changed, info->size, info->inode};
    taken.marks.push_back(mark);
  }
  return taken;
}

}  // namespace mail::directory
