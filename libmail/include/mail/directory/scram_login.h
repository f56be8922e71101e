// What the directory knows for a SCRAM exchange.
#pragma once

#include <string>
#include <string_view>

#include "mail/crypto/scram.h"
#include "mail/crypto/secret.h"
#include "mail/directory/authenticate.h"

namespace mail::directory {

/// A value. There is always a credential; unless the verdict is kAccepted no proof fits it.
struct ScramLogin {
  Login login;  // kAccepted: whoever proves to know the password is in
  crypto::ScramCredential credential;
};

/// A name without account, or whose password is not stored for SCRAM, gets a salt that is always
/// the same for this `secret`, and the cost of some account (attack B8). Cheap: no password is
/// hashed.
ScramLogin scram_login(const Snapshot& snapshot, std::string_view name,
                       const crypto::Secret& secret);

}  // namespace mail::directory
