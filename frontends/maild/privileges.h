#pragma once

#include <string>

#include "mail/base/ports.h"
#include "mail/base/status.h"
#include "mail/directory/settings.h"

namespace maild {

/// A user and a group. A value.
struct Owner {
  unsigned user = 0;
  unsigned group = 0;
};

/// Makes the mail and the state folder when they are missing, and answers with who the server shall
/// be. As root the folders then belong to the mail's owner: who owns the mail folder, or
/// DMS_VMAIL_UID and DMS_VMAIL_GID where that is root. Fails: with the folder and what to do.
mail::StatusOr<Owner> prepare_folders(const std::string& mail, const std::string& state,
                                      const mail::directory::Settings& settings);

/// As root: becomes `owner` for good, without a capability left. As another user: nothing. To be
/// called before any thread is started.
mail::Status drop_privileges(Owner owner, mail::Logger& log);

/// As many open files as the system allows: each connection is one.
void raise_file_limit();

}  // namespace maild
