#include "usage.h"

#include <array>

#include "mail/directory/attributes.h"
#include "mail/store/maildir.h"

namespace mailctl {

mail::store::Usage mail_usage(const Context& context, const mail::directory::Account& account) {
  const std::string directory = mail::directory::attributes_of(account, context.mail).mail;
  const auto usage = mail::store::maildir_usage(mail::real_filesystem(), context.mail,
                                                {account.address, directory});
  return usage.ok() ? *usage : mail::store::Usage();
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
