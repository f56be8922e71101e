// Tested by tests/unit/server/imap_replies_test.cc.
#include "server/imap_replies.h"

#include "mail/base/absl.h"
#include "mail/store/usage.h"
#include "server/quota.h"

namespace mail::server {

ImapRefusal refusal_of(const Status& status) {
  if (store::is_over_quota(status)) return {"OVERQUOTA", std::string(kQuotaExceeded)};
  const std::string_view message = message_of(status);
  switch (status.code()) {
    case absl::StatusCode::kNotFound: return {"NONEXISTENT", cat("No such mailbox: ", message)};
    case absl::StatusCode::kAlreadyExists: return {"ALREADYEXISTS", std::string(message)};
    case absl::StatusCode::kInvalidArgument: return {"CANNOT", std::string(message)};
    case absl::StatusCode::kFailedPrecondition: return {"CANNOT", std::string(message)};
    case absl::StatusCode::kPermissionDenied:
      // The reason names a path of the server: that is for its log, not for the peer.
      return {"NOPERM", "The mailbox cannot be written"};
    case absl::StatusCode::kResourceExhausted: return {"LIMIT", "A limit or the disk is full"};
    default: return {"UNAVAILABLE", "Temporary failure; try again"};
  }
}

ImapRefusal refusal_of_destination(const Status& status) {
  if (status.code() == absl::StatusCode::kNotFound) {
    return {"TRYCREATE", "The destination mailbox does not exist"};
  }
  return refusal_of(status);
}

std::string uid_set(std::span<const store::Uid> uids) {
  std::string set;
  for (std::size_t i = 0; i < uids.size();) {
    std::size_t last = i;
    while (last + 1 < uids.size() &&
           store::number(uids[last + 1]) == store::number(uids[last]) + 1) {
      ++last;
    }
    if (!set.empty()) set += ',';
    append(set, store::number(uids[i]));
    if (last != i) append(set, ':', store::number(uids[last]));
    i = last + 1;
  }
  return set;
}

}  // namespace mail::server
