// Tested by tests/unit/directory/editor_test.cc.
#include "edit_lines.h"

#include <algorithm>

#include "address_text.h"
#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {
namespace {

constexpr std::string_view kLockFile = ".libmail.lock";
constexpr std::uint64_t kMaxFileOctets = 64 * 1024 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// A line of the files that know continuation lines.
bool continues(std::string_view line) {
  return !is_comment_or_blank(line) && ascii::is_blank(line.front());
}

}  // namespace

StatusOr<std::unique_ptr<File>> lock_folder(Filesystem& filesystem, const std::string& folder) {
  const std::string path = cat(folder, "/", kLockFile);
  MAIL_ASSIGN_OR_RETURN(auto lock, filesystem.open_append(path, kConfigFileMode));
  MAIL_ASSIGN_OR_RETURN(const bool taken, lock->try_lock());
  if (!taken) {
    return unavailable("another program is changing '", folder, "'; try again in a moment");
  }
  return lock;
}

StatusOr<std::string> read_config(Filesystem& filesystem, const std::string& path) {
  StatusOr<std::string> text = read_file(filesystem, path, kMaxFileOctets);
  if (text.status().code() == absl::StatusCode::kNotFound) return std::string();
  return text;
}

Lines split_lines(std::string_view text) {
  Lines lines;
  // Readers pass over it; it must not hide the key behind it.
  if (text.starts_with(kByteOrderMark)) {
    lines.emplace_back(kByteOrderMark);
    text.remove_prefix(kByteOrderMark.size());
  }
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string join_lines(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

void append_line(Lines& lines, std::string line) {
  const bool is_only_mark = lines.size() == 1 && lines.back() == kByteOrderMark;
  const bool is_cut = !lines.empty() && !lines.back().ends_with('\n');
  if (is_cut && !is_only_mark) lines.back() += '\n';
  lines.push_back(std::move(line) + "\n");
}

std::pair<std::string_view, std::string_view> split_line_end(std::string_view line) {
  std::size_t size = line.size();
  if (size > 0 && line[size - 1] == '\n') --size;
  if (size > 0 && size < line.size() && line[size - 1] == '\r') --size;
  return {line.substr(0, size), line.substr(size)};
}

bool is_comment_or_blank(std::string_view line) {
  const std::string_view content = ascii::trim(line);
  return content.empty() || content.front() == '#' || line == kByteOrderMark;
}

std::string account_key(std::string_view line) {
  if (is_comment_or_blank(line)) return {};
  return ascii::to_lower(ascii::trim(line.substr(0, line.find('|'))));
}

std::string alias_key(std::string_view line) {
  if (is_comment_or_blank(line) || ascii::is_blank(line.front())) return {};
  return ascii::to_lower(
      internal_form(ascii::trim(line.substr(0, find_unquoted(line, " \t\r\n")))));
}

std::size_t find_line(const Lines& lines, std::string_view key, KeyOf key_of, std::size_t from) {
  for (std::size_t i = from; i < lines.size(); ++i) {
    if (key_of(lines[i]) == key) return i;
  }
  return lines.size();
}

void remove_leftover(Filesystem& filesystem, const std::string& path) {
  const auto resolved = filesystem.resolve_links(path);
  const std::string target = resolved.ok() ? *resolved : path;
  // The name that `Replacement` takes first, and with this call always.
  const std::string name =
      cat(parent_path(target), "/.", target.substr(target.rfind('/') + 1), ".tmp");
  filesystem.unlink(name).IgnoreError();  // mostly there is none
}

Status overwrite_config(Filesystem& filesystem, const std::string& path, std::string_view text) {
  // A mount point is not renamed over. A symbolic link would have been followed by then.
  MAIL_ASSIGN_OR_RETURN(const std::string target, filesystem.resolve_links(path));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, filesystem.info(target));
  if (info.type != FileType::kRegular) {
    return failed_precondition(target, " is not a regular file");
  }
  return filesystem.overwrite(target, text);
}

Status write_config(Filesystem& filesystem, const std::string& path, std::string_view text) {
  const Status status = write_file_atomically(filesystem, path, text, kConfigFileMode);
  return absl::IsFailedPrecondition(status) ? overwrite_config(filesystem, path, text) : status;
}

std::string quota_key(std::string_view line) {
  if (is_comment_or_blank(line)) return {};
  return ascii::to_lower(ascii::trim(line.substr(0, line.rfind(':'))));
}

bool remove_lines(Lines& lines, std::string_view key, KeyOf key_of) {
  bool removed = false;
  bool removing = false;
  std::erase_if(lines, [&](const std::string& line) {
    if (removing && key_of == alias_key && continues(line)) return true;
    if (is_comment_or_blank(line)) return false;
    removing = key_of(line) == key;
    removed = removed || removing;
    return removing;
  });
  return removed;
}

bool rename_key(Lines& lines, std::string_view from, std::string_view to, KeyOf key_of) {
  bool renamed = false;
  for (std::string& line : lines) {
    if (key_of(line) != from) continue;
    const std::size_t begin = line.find_first_not_of(" \t");
    const std::string_view rest = std::string_view(line).substr(begin);
    const std::size_t end = key_of == account_key ? rest.find('|')
                            : key_of == quota_key ? rest.rfind(':')
                                                  : find_unquoted(rest, " \t\r\n");
    line =
        cat(std::string_view(line).substr(0, begin), to, rest.substr(std::min(end, rest.size())));
    renamed = true;
  }
  return renamed;
}

void put_line(Lines& lines, std::string_view key, KeyOf key_of, const std::string& content) {
  const std::size_t at = find_line(lines, key, key_of);
  if (at == lines.size()) {
    append_line(lines, content);
    return;
  }
  const std::string line_end(split_line_end(lines[at]).second);
  Lines behind(lines.begin() + static_cast<std::ptrdiff_t>(at) + 1, lines.end());
  lines.resize(at + 1);
  // The lines that continued the old content go with it.
  const std::string old = std::exchange(lines[at], cat(content, line_end));
  behind.insert(behind.begin(), old);
  remove_lines(behind, key, key_of);
  lines.insert(lines.end(), behind.begin(), behind.end());
}

}  // namespace mail::directory
