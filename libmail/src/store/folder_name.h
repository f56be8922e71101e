// Names of accounts and folders, and the names of their directories.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/status.h"

namespace mail::store {

inline constexpr std::string_view kInbox = "INBOX";

struct FolderNameLimits {
  std::size_t octets = 255;  // of the directory's name
  std::size_t levels = 64;
};

/// The one form of a name: "INBOX" in upper case whatever the client wrote. Fails: InvalidArgument
/// for a name that cannot be.
StatusOr<std::string> canonical_folder_name(std::string_view name, const FolderNameLimits& limits);

/// ".Entw&APw-rfe" for "Entwürfe"; `name` is canonical and not INBOX.
std::string folder_directory(std::string_view name);

/// The folder's name, from its directory's. Names that are not modified UTF-7 but UTF-8 (made by
/// other programs) stand for themselves. None for what is no folder.
std::optional<std::string> folder_of_directory(std::string_view directory,
                                               const FolderNameLimits& limits);

/// "example.com/ann" for "ann@example.com". Fails: InvalidArgument for what could leave the root.
StatusOr<std::string> account_directory(std::string_view address);

/// "Work" for "Work.2024"; empty for a name of one level.
std::string_view parent_folder(std::string_view name);

}  // namespace mail::store
