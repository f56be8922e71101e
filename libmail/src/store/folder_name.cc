// A name is checked here before it comes near a path: what is accepted has no '/', no control
// character, no empty level, so neither ".." nor "." can be built from it.
//
// Tested by tests/unit/store/formats_test.cc.
#include "store/folder_name.h"

#include <algorithm>

#include "mail/base/ascii.h"
#include "mail/text/utf7.h"
#include "mail/text/utf8.h"

namespace mail::store {
namespace {

bool is_bad(char c) { return ascii::is_control(c) || c == '/'; }

Status check_folder_name(std::string_view name, const FolderNameLimits& limits) {
  if (name.empty()) return invalid("a folder needs a name");
  if (std::any_of(name.begin(), name.end(), is_bad)) {
    return invalid("a folder's name cannot have control characters or '/'");
  }
  if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string_view::npos) {
    return invalid("a level of a folder's name cannot be empty");
  }
  const auto levels = static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1;
  if (levels > limits.levels) {
    return invalid("a folder's name has at most ", limits.levels, " levels, not ", levels);
  }
  const auto encoded = text::to_modified_utf7(name);
  if (!encoded) return invalid("a folder's name must be UTF-8");
  if (encoded->size() + 1 > limits.octets) {
    return invalid("a folder's name has at most ", limits.octets - 1, " octets on disk, not ",
                   encoded->size());
  }
  return absl::OkStatus();
}

bool is_plain_component(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.size() <= 255 &&
         std::none_of(part.begin(), part.end(), is_bad);
}

}  // namespace

StatusOr<std::string> canonical_folder_name(std::string_view name, const FolderNameLimits& limits) {
  if (ascii::equal_ignoring_case(name, kInbox)) return std::string(kInbox);
  MAIL_RETURN_IF_ERROR(check_folder_name(name, limits));
  return std::string(name);
}

std::string folder_directory(std::string_view name) {
  return cat(".", text::to_modified_utf7(name).value_or(std::string(name)));
}

std::optional<std::string> folder_of_directory(std::string_view directory,
                                               const FolderNameLimits& limits) {
  if (!directory.starts_with('.') || directory.starts_with("..")) return std::nullopt;
  const std::string_view encoded = directory.substr(1);
  std::string name = text::from_modified_utf7(encoded).value_or(std::string(encoded));
  if (!check_folder_name(name, limits).ok()) name = encoded;  // "&AC8-" is '/': not as a name
  if (!check_folder_name(name, limits).ok()) return std::nullopt;
  if (ascii::equal_ignoring_case(name, kInbox)) return std::nullopt;
  return name;
}

StatusOr<std::string> account_directory(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return invalid("an account is an address: ", address);
  const std::string_view user = address.substr(0, at);
  const std::string_view domain = address.substr(at + 1);
  if (!is_plain_component(user) || !is_plain_component(domain) || domain.starts_with('.')) {
    return invalid("no directory can be named after the account ", address);
  }
  return cat(domain, "/", user);
}

std::string_view parent_folder(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

}  // namespace mail::store
