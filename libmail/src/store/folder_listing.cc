// A base name is a message, wherever it is found. Found twice, the two are the same octets (a hard
// link left by a move that was interrupted, or a backup taken while the file was renamed: one name
// goes) or two messages (one gets a name of its own: that in new/, else the second).
//
// Names stand in one piece, and a table of positions finds them: a hundred thousand are taken in
// without an allocation for each.
//
// Tested by tests/store/maildir_test.cc, tests/store/conformance_test.cc.
#include "store/folder_listing.h"

#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "store/message_name.h"

namespace mail::store {
namespace {

constexpr std::size_t kMostName = 255;

struct Found {
  const std::string& path;
  const FileInfo& info;
};

/// Of two files with one base name.
bool is_same_message(Filesystem& fs, const Found& a, const Found& b, std::uint64_t limit) {
  if (a.info.inode == b.info.inode && a.info.device == b.info.device) return true;
  if (a.info.size != b.info.size || a.info.type != b.info.type) return false;
  const auto bytes = read_file(fs, a.path, limit);
  const auto other = read_file(fs, b.path, limit);
  return bytes.ok() && other.ok() && *bytes == *other;
}

}  // namespace

std::string FolderListing::path_of(std::string_view name, bool is_new) const {
  return cat(directory_, is_new ? "/new/" : "/cur/", name);
}

Status FolderListing::look(bool at_new, bool at_cur) {
  if (at_new) MAIL_RETURN_IF_ERROR(list(true));
  if (at_cur) MAIL_RETURN_IF_ERROR(list(false));
  looks_at_new_ += at_new ? 1 : 0;
  looks_at_cur_ += at_cur ? 1 : 0;
  return absl::OkStatus();
}

Status FolderListing::list(bool is_new) {
  MAIL_ASSIGN_OR_RETURN(auto entries, files_->fs.list(directory_ + (is_new ? "/new" : "/cur")));
  std::size_t octets = texts_.size();
  for (const DirectoryEntry& entry : entries) octets += entry.name.size();
  if (octets > TextPool::kLimit) return exhausted(directory_, " has too many messages");
  texts_.reserve(octets);
  list_.reserve(list_.size() + entries.size());
  std::vector<std::string> duplicates;
  for (DirectoryEntry& entry : entries) {
    if (entry.type != FileType::kRegular || entry.name.starts_with('.')) continue;
    const MessageName parsed = parse_message_name(entry.name);
    if (parsed.base.empty() || entry.name.size() > kMostName) continue;
    letters_ |= flags_of(parsed).keyword_letters;
    const auto [file, is_first] = emplace(entry.name, parsed.base.size(), is_new);
    if (is_first || (name(*file) == entry.name && file->is_new == is_new)) continue;
    // The same choice whatever order the file system has: the first by name.
    if (file->is_new == is_new && entry.name < name(*file)) {
      const std::string later(name(*file));
      place(*file, entry.name, is_new);
      entry.name = later;
    }
    duplicates.push_back(std::move(entry.name));
  }
  std::sort(duplicates.begin(), duplicates.end());
  for (std::string& name : duplicates) settle_duplicate({std::move(name), is_new});
  return absl::OkStatus();
}

std::pair<FolderListing::File*, bool> FolderListing::emplace(std::string_view name,
                                                             std::size_t base_size, bool is_new) {
  const auto at_position = [this](std::size_t at) { return base_at(at); };
  if (by_base_.is_full()) {
    by_base_.reset(std::max(list_.capacity(), 2 * list_.size()) + 1);
    for (std::size_t i = 0; i < list_.size(); ++i) by_base_.insert(base_at(i), i, at_position);
  }
  const auto found = by_base_.insert(name.substr(0, base_size), list_.size(), at_position);
  if (found.is_there) return {&list_[found.position], false};
  File& file = list_.emplace_back();
  file.base_size = static_cast<std::uint8_t>(base_size);
  place(file, name, is_new);
  return {&file, true};
}

void FolderListing::place(File& file, std::string_view name, bool is_new) {
  file.name_at = texts_.add(name);
  file.name_size = static_cast<std::uint8_t>(name.size());
  file.is_new = is_new;
}

void FolderListing::settle_duplicate(Named other) {
  const MessageName parsed = parse_message_name(other.name);
  File& first = *find(parsed.base);
  const std::string first_path = path_of(name(first), first.is_new);
  const std::string other_path = path_of(other.name, other.is_new);
  const auto first_info = files_->fs.info(first_path);
  const auto other_info = files_->fs.info(other_path);
  if (!other_info.ok()) return;
  if (!first_info.ok()) {  // it was renamed while we looked
    return place(first, other.name, other.is_new);
  }
  if (is_same_message(files_->fs, {first_path, *first_info}, {other_path, *other_info},
                      files_->options.message_size)) {
    // The name in cur/ stays: it has the flags.
    if (files_->fs.unlink(first_path).ok()) place(first, other.name, other.is_new);
    return;
  }
  if (first.is_new && !other.is_new) {
    // What came last is in new/, as a rule. The other one was perhaps told already.
    Named newer{std::string(name(first)), true};
    place(first, other.name, false);
    return rename_duplicate(newer);
  }
  rename_duplicate(other);
}

void FolderListing::rename_duplicate(const Named& other) {
  const MessageName parsed = parse_message_name(other.name);
  MessageName renamed = parsed;
  const std::string base =
      cat(files_->unique_name(),
          parsed.base.substr(std::min(parsed.base.find(','), parsed.base.size())));
  renamed.base = base;
  const std::string name =
      other.is_new && parsed.letters.empty() ? base : with_flags(renamed, flags_of(parsed));
  const std::string path = path_of(other.name, other.is_new);
  if (!files_->fs.rename(path, path_of(name, other.is_new)).ok()) return;
  emplace(name, base.size(), other.is_new);
}

}  // namespace mail::store
