#pragma once

#include "context.h"
#include "mail/base/status.h"
#include "mail/crypto/secret.h"

namespace mailctl {

/// The new password: the argument at `position`, or the first line of standard input with
/// --password-stdin, or typed twice, hidden, at a terminal.
mail::StatusOr<mail::crypto::Secret> new_password(const Context& context, std::size_t position);
/// Likewise, for one that exists: typed once.
mail::StatusOr<mail::crypto::Secret> known_password(const Context& context, std::size_t position);
/// `new_password`, as it is stored: in the scheme of --scheme.
mail::StatusOr<std::string> new_stored_password(const Context& context, std::size_t position);

}  // namespace mailctl
