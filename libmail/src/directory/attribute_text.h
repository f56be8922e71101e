// The third field of postfix-accounts.cf, cut into its parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail::directory {

/// attributes = *( key [ "=" value ] 1*WSP )
std::vector<std::pair<std::string_view, std::string_view>> split_attributes(std::string_view extra);

/// The path in `maildir:PATH[:options]` or `PATH`, with its variables; nullopt: another format.
std::optional<std::string> maildir_of(std::string_view value);

}  // namespace mail::directory
