// Text of config files as lines that a person wrote: edits change some and keep all others byte for
// byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"

namespace mail::directory {

/// Held until destroyed. Fails: Unavailable when another program holds it.
StatusOr<std::unique_ptr<File>> lock_folder(Filesystem& filesystem, const std::string& folder);

/// The file's text; empty when it does not exist.
StatusOr<std::string> read_config(Filesystem& filesystem, const std::string& path);
/// Takes away what a writer left beside `path` that was killed. Under the lock: nobody writes now.
void remove_leftover(Filesystem& filesystem, const std::string& path);
/// In place, for a file that is mounted by itself. Fails also for what is no file.
Status overwrite_config(Filesystem& filesystem, const std::string& path, std::string_view text);
/// Atomically, or in place where the file cannot be replaced.
Status write_config(Filesystem& filesystem, const std::string& path, std::string_view text);

/// Of a new file. The accounts hold password hashes; aliases are nobody else's business either.
inline constexpr std::uint32_t kConfigFileMode = 0640;

/// Of an address or another key, RFC 5321 §4.5.3.1.3 (a path without its brackets), and of its
/// localpart, RFC 5321 §4.5.3.1.1.
inline constexpr std::size_t kMaxAddressOctets = 254;
inline constexpr std::size_t kMaxLocalpartOctets = 64;

using Lines = std::vector<std::string>;  // each with its line end; a byte order mark is one

Lines split_lines(std::string_view text);
std::string join_lines(const Lines& lines);
void append_line(Lines& lines, std::string line);
/// The line's content and its line end ("\n", "\r\n" or none).
std::pair<std::string_view, std::string_view> split_line_end(std::string_view line);
bool is_comment_or_blank(std::string_view line);

// The key of a line, lower case; empty for comments and continuation lines.
std::string account_key(std::string_view line);  // up to "|"
std::string alias_key(std::string_view line);    // up to the first blank, in internal form
std::string quota_key(std::string_view line);    // up to the last ":"
using KeyOf = std::string (*)(std::string_view);

/// Position of the first line with this key; `lines.size()` when there is none.
std::size_t find_line(const Lines& lines, std::string_view key, KeyOf key_of, std::size_t from = 0);
/// Puts `content` in place of the first line with this key, or behind all others; further lines
/// with the key go.
void put_line(Lines& lines, std::string_view key, KeyOf key_of, const std::string& content);
/// Writes `to` in place of the key of every line that has the key `from`; true when there was one.
bool rename_key(Lines& lines, std::string_view from, std::string_view to, KeyOf key_of);
/// Takes out every line with this key and the lines that continue it; true when there was one.
bool remove_lines(Lines& lines, std::string_view key, KeyOf key_of);

}  // namespace mail::directory
