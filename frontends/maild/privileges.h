#pragma once

#include <string>

#include "mail/base/ports.h"
#include "mail/base/status.h"

namespace maild {

/// Makes the mail and the state folder when they are missing. As root they then belong to the
/// mail's owner: who owns the mail folder, or user and group 5000 (as in docker-mailserver) where
/// that is root. Fails: with the folder and what to do.
mail::Status prepare_folders(const std::string& mail, const std::string& state);

/// As root: becomes the owner of the mail folder, for good, and keeps nothing but the right to read
/// files (CAP_DAC_READ_SEARCH), so that config files and renewed keys of root can still be read on
/// a reload. As another user: nothing. To be called before any thread is started.
mail::Status drop_privileges(const std::string& mail, mail::Logger& log);

/// As many open files as the system allows: each connection is one.
void raise_file_limit();

}  // namespace maild
