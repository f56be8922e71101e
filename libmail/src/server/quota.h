// What the directory says an account may hold, in the store's terms.
#pragma once

#include <string_view>

#include "mail/directory/quota.h"
#include "mail/directory/snapshot.h"
#include "mail/store/usage.h"

namespace mail::server {

/// The one quota root of an account, under Dovecot's name.
inline constexpr std::string_view kQuotaRoot = "User quota";
/// What a client may save into Trash beyond the quota, as docker-mailserver has it: who is over
/// quota can still delete.
inline constexpr std::uint64_t kTrashExtra = 50ULL << 20;
/// Dovecot's words, in every protocol.
inline constexpr std::string_view kQuotaExceeded = "Quota exceeded (mailbox for user is full)";

/// That of an account that is not there is unlimited.
directory::Quota quota_of(const directory::Snapshot& snapshot, std::string_view address);

/// For deliveries: the last one may lead over the quota by its grace.
store::UsageLimit delivery_limit(const directory::Quota& quota);
/// For what a client saves into a folder.
store::UsageLimit saving_limit(const directory::Quota& quota, std::string_view folder);

}  // namespace mail::server
