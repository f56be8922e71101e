// Tested by tests/unit/server/quota_service_test.cc.
#include "server/quota.h"

namespace mail::server {

directory::Quota quota_of(const directory::Snapshot& snapshot, std::string_view address) {
  const directory::Account* account = snapshot.find_mailbox(address);
  return account == nullptr ? directory::Quota() : snapshot.quota_of(*account);
}

store::UsageLimit delivery_limit(const directory::Quota& quota) {
  return {quota.octets, quota.grace_octets, quota.messages};
}

store::UsageLimit saving_limit(const directory::Quota& quota, std::string_view folder) {
  const bool is_trash = folder == "Trash" && quota.octets != 0;
  return {quota.octets + (is_trash ? kTrashExtra : 0), 0, quota.messages};
}

}  // namespace mail::server
