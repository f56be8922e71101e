// Folders that every account has, and what folders are for (RFC 6154): the setting FOLDERS, and
// `mailbox` blocks of dovecot.cf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"

namespace mail::directory {

/// A value.
struct FolderRule {
  std::string name;            // UTF-8, '.' between levels
  bool is_made = false;        // it is there for everybody, and on disk once somebody uses it
  bool is_subscribed = false;  // when it is made
  std::string special_use;     // "\Trash"; empty: none

  bool operator==(const FolderRule&) const = default;
};

/// folders = [ folder *( "," folder ) ]
/// folder  = name ":" ( "no" / "create" / "subscribe" ) [ ":" special-use ]
/// Of two with one name the later counts. Fails: InvalidArgument with the value and its form.
StatusOr<std::vector<FolderRule>> parse_folders(std::string_view text);

/// docker-mailserver's: Drafts, Junk, Sent and Trash are made; Archive has its special use.
inline constexpr std::string_view kDefaultFolders =
    "Drafts:subscribe:\\Drafts, Junk:subscribe:\\Junk, Sent:subscribe:\\Sent, "
    "Trash:subscribe:\\Trash, Archive:no:\\Archive";
std::vector<FolderRule> default_folders();

}  // namespace mail::directory
