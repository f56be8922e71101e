// The text of the `subscriptions` file, as Dovecot writes it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mail::store {

/// Folder names (UTF-8, '.' between levels) in the order of the file, each once. Reads versions 1
/// and 2.
std::vector<std::string> parse_subscriptions(std::string_view text);

/// Version 2.
std::string format_subscriptions(std::span<const std::string> names);

}  // namespace mail::store
