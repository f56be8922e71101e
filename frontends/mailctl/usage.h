// How much mail an account has.
#pragma once

#include <cstdint>
#include <string>

#include "context.h"

namespace mailctl {

/// Octets of all messages in the account's Maildir and its folders: of `,S=` in the names, as
/// Dovecot counts, otherwise of the files.
std::uint64_t mail_octets(const Context& context, const mail::directory::Account& account);

/// As `numfmt --to=iec`: "0", "1.5K", "12M". Rounded up.
std::string iec_size(std::uint64_t octets);

}  // namespace mailctl
