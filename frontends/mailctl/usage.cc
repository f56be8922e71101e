#include "usage.h"

#include <array>
#include <filesystem>

#include "mail/base/ascii.h"
#include "mail/directory/attributes.h"

namespace mailctl {
namespace {

namespace fs = std::filesystem;

/// The S of "1700000000.M1P2.host,S=4711,W=4800:2,S".
std::uint64_t message_octets(const fs::directory_entry& file) {
  const std::string name = file.path().filename().string();
  const std::size_t at = name.find(",S=");
  if (at != std::string::npos) {
    const std::size_t begin = at + 3;
    const std::string_view digits =
        std::string_view(name).substr(begin, name.find_first_not_of("0123456789", begin) - begin);
    if (const auto octets = mail::ascii::parse_number(digits)) return *octets;
  }
  std::error_code error;
  const std::uintmax_t octets = file.file_size(error);
  return error ? 0 : octets;
}

std::uint64_t folder_octets(const fs::path& folder) {
  std::uint64_t octets = 0;
  std::error_code error;
  for (const char* part : {"cur", "new"}) {
    for (const auto& file : fs::directory_iterator(folder / part, error)) {
      if (file.is_regular_file(error)) octets += message_octets(file);
    }
  }
  return octets;
}

}  // namespace

std::uint64_t mail_octets(const Context& context, const mail::directory::Account& account) {
  const std::size_t at = account.address.rfind('@');
  fs::path root = mail::directory::attributes_of(account, context.mail).mail;
  if (root.empty()) {
    root = fs::path(context.mail) / account.address.substr(at + 1) / account.address.substr(0, at);
  }
  std::uint64_t octets = folder_octets(root);
  std::error_code error;
  for (const auto& folder : fs::directory_iterator(root, error)) {
    const std::string name = folder.path().filename().string();
    const bool is_folder =
        name.starts_with('.') && folder.is_directory(error) && !folder.is_symlink(error);
    if (is_folder) octets += folder_octets(folder.path());
  }
  return octets;
}

std::string iec_size(std::uint64_t octets) {
  constexpr std::array<std::string_view, 6> kUnits = {"K", "M", "G", "T", "P", "E"};
  if (octets < 1024) return std::to_string(octets);
  std::size_t unit = 0;
  unsigned shift = 10;
  const auto tenths = [&] {  // rounded up, of this unit
    const std::uint64_t whole = octets >> shift;
    const std::uint64_t rest = octets - (whole << shift);
    const std::uint64_t one = std::uint64_t{1} << shift;
    // In steps of 2^-10 of a tenth, so that nothing overflows.
    const std::uint64_t part = shift > 20
                                   ? (rest >> (shift - 20)) + ((rest & ((one >> 20) - 1)) != 0)
                                   : rest << (20 - shift);
    return whole * 10 + (part * 10 + (1 << 20) - 1) / (1 << 20);
  };
  // 1023.9K is 1.0M, since it is rounded up.
  while (unit + 1 < kUnits.size() && (tenths() + 9) / 10 >= 1024) {
    ++unit;
    shift += 10;
  }
  const std::uint64_t value = tenths();
  const std::string number = value < 100
                                 ? std::to_string(value / 10) + "." + std::to_string(value % 10)
                                 : std::to_string((value + 9) / 10);
  return number + std::string(kUnits[unit]);
}

}  // namespace mailctl
