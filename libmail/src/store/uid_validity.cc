// Dovecot keeps the highest UIDVALIDITY of an account in the *name* of an empty file,
// `dovecot-uidvalidity.<8 hex>`: renaming it to the next number is atomic, so of two programs that
// want the same number one finds the file gone and looks again. `dovecot-uidvalidity` repeats the
// number for quick reading and counts only when the other is missing.
//
// Tested by tests/store/maildir_format_test.cc.
#include "store/uid_validity.h"

#include <algorithm>
#include <optional>

#include "mail/base/ascii.h"

namespace mail::store {
namespace {

constexpr std::string_view kName = "dovecot-uidvalidity";
constexpr std::uint32_t kSuffixMode = 0444;
constexpr int kAttempts = 100;

std::string to_hex(std::uint32_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (int shift = 28; shift >= 0; shift -= 4) hex += kDigits[value >> shift & 15];
  return hex;
}

std::optional<std::uint32_t> from_hex(std::string_view hex) {
  if (hex.size() != 8) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : hex) {
    const char lower = ascii::to_lower(c);
    if (!ascii::is_hex_digit(c)) return std::nullopt;
    value = value * 16 +
            static_cast<std::uint32_t>(ascii::is_digit(lower) ? lower - '0' : lower - 'a' + 10);
  }
  return value;
}

StatusOr<std::optional<std::uint32_t>> highest_suffix(MaildirFiles& files,
                                                      const std::string& directory) {
  MAIL_ASSIGN_OR_RETURN(const auto entries, files.fs.list(directory));
  std::optional<std::uint32_t> highest;
  for (const DirectoryEntry& entry : entries) {
    const std::string_view name = entry.name;
    if (!name.starts_with(kName) || name.size() != kName.size() + 9) continue;
    if (name[kName.size()] != '.') continue;
    const auto value = from_hex(name.substr(kName.size() + 1));
    if (value && (!highest || *value > *highest)) highest = value;
  }
  return highest;
}

}  // namespace

StatusOr<UidValidity> next_uid_validity(MaildirFiles& files, const std::string& account_directory) {
  const std::string main = cat(account_directory, "/", kName);
  const auto path_of = [&main](std::uint32_t value) { return cat(main, ".", to_hex(value)); };
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    MAIL_ASSIGN_OR_RETURN(const auto highest, highest_suffix(files, account_directory));
    std::uint32_t next = 0;
    Status taken;
    if (highest) {
      next = *highest + 1;
      if (next == 0) return exhausted("no UIDVALIDITY is left in ", account_directory);
      taken = files.fs.rename(path_of(*highest), path_of(next));
    } else {
      const auto now = std::chrono::floor<seconds>(files.clock.wall().time_since_epoch()).count();
      next = static_cast<std::uint32_t>(std::clamp<std::int64_t>(now, 1, UINT32_MAX - 1));
      const auto text = read_file(files.fs, main, 64);
      if (text.ok()) next = std::max(next, from_hex(ascii::trim(*text)).value_or(0) + 1);
      taken = files.create_empty(path_of(next), kSuffixMode);
    }
    if (absl::IsNotFound(taken) || absl::IsAlreadyExists(taken)) continue;
    MAIL_RETURN_IF_ERROR(taken);
    MAIL_RETURN_IF_ERROR(files.write_atomically(main, to_hex(next)));  // flushes the directory too
    return UidValidity{next};
  }
  return unavailable("other programs keep changing ", main);
}

}  // namespace mail::store
