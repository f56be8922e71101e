// What follows from the mere names of an account's folders.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/store/types.h"
#include "store/folder_name.h"

namespace mail::store {

/// INBOX first, then by name, with the parents that do not exist themselves. `names` without INBOX.
std::vector<Folder> list_folders(const std::set<std::string>& names);

using Renames = std::vector<std::pair<std::string, std::string>>;

/// What a rename of `from` moves: itself and its children, or the children of a parent that does
/// not exist itself. The names are canonical and not INBOX. Fails as `Account::rename_folder`.
StatusOr<Renames> plan_rename(const std::set<std::string>& names, std::string_view from,
                              std::string_view to, const FolderNameLimits& limits);

}  // namespace mail::store
