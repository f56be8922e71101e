// How much mail an account has.
#pragma once

#include <cstdint>
#include <string>

#include "context.h"
#include "mail/store/usage.h"

namespace mailctl {

/// What the account's folders hold, as the server counts it; nothing for what cannot be read.
mail::store::Usage mail_usage(const Context& context, const mail::directory::Account& account);

/// As `numfmt --to=iec`: "0", "1.5K", "12M". Rounded up.
std::string iec_size(std::uint64_t octets);

}  // namespace mailctl
