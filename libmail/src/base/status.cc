#include "mail/base/status.h"

#include <cerrno>
#include <system_error>

namespace mail {

bool is_temporary(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss: return true;
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    default:  // absl reserves the right to add codes
      return false;
  }
}

Status errno_status(int error, std::string_view what) {
  const std::string message = cat(what, ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR: return not_found(message);
    case EEXIST: return already_exists(message);
    case ENOTEMPTY:
    case EBUSY:  // a mount point
    case EISDIR:
    case ELOOP:
    case EXDEV: return failed_precondition(message);
    case EACCES:
    case EPERM:
    case EROFS: return absl::PermissionDeniedError(to_absl(message));
    case EINVAL:
    case ENAMETOOLONG: return invalid(message);
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EFBIG:
    case EMLINK: return exhausted(message);
    default:  // EIO, EAGAIN, ESTALE and whatever else the world invents: later it may work
      return unavailable(message);
  }
}

}  // namespace mail
