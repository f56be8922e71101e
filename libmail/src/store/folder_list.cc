// Tested by tests/store/folders_test.cc.
#include "store/folder_list.h"

#include <map>

#include "mail/base/absl.h"

namespace mail::store {

std::vector<Folder> list_folders(const std::set<std::string>& names) {
  std::map<std::string, Folder> all;
  Folder inbox{std::string(kInbox)};
  for (const std::string& name : names) {
    Folder& folder = all[name];
    folder.name = name;
    folder.is_selectable = true;
    for (std::string_view parent = parent_folder(name); !parent.empty();
         parent = parent_folder(parent)) {
      if (parent == kInbox) {
        inbox.has_children = true;
        break;
      }
      const auto [at, is_new] = all.try_emplace(std::string(parent));
      if (is_new) at->second = {std::string(parent), false, true};
      at->second.has_children = true;
    }
  }
  std::vector<Folder> folders = {inbox};
  for (auto& [name, folder] : all) folders.push_back(std::move(folder));
  return folders;
}

StatusOr<Renames> plan_rename(const std::set<std::string>& names, std::string_view from,
                              std::string_view to, const FolderNameLimits& limits) {
  const std::string below = cat(from, ".");
  if (to.starts_with(below)) return invalid("cannot move the folder ", from, " below itself");
  Renames renames;
  for (const std::string& name : names) {
    if (name != from && !name.starts_with(below)) continue;
    std::string moved = cat(to, std::string_view(name).substr(from.size()));
    MAIL_ASSIGN_OR_RETURN(moved, canonical_folder_name(moved, limits));
    if (moved == kInbox || names.contains(moved)) {
      return already_exists("there is a folder ", moved, " already");
    }
    renames.emplace_back(name, std::move(moved));
  }
  if (renames.empty()) return not_found("there is no folder ", from);
  return renames;
}

}  // namespace mail::store
