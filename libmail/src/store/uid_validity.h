#pragma once

#include <string>

#include "mail/store/types.h"
#include "store/maildir_files.h"

namespace mail::store {

/// A UIDVALIDITY that no folder of the account ever had, durable before it is returned.
StatusOr<UidValidity> next_uid_validity(MaildirFiles& files, const std::string& account_directory);

}  // namespace mail::store
