// The world's errors (STYLE: the peer's are replies, ours are assertions, verdicts are enums).
//
// The code tells retry-later from never: `is_temporary` is the one place that decides it. The
// message says what, which value, and what to do about it.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "mail/base/absl.h"

namespace mail {

using absl::Status;
using absl::StatusOr;

/// Bad input that stays bad: a malformed value, a name that cannot be.
template <class... Parts>
Status invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(to_absl(cat(parts...)));
}
template <class... Parts>
Status not_found(const Parts&... parts) {
  return absl::NotFoundError(to_absl(cat(parts...)));
}
template <class... Parts>
Status already_exists(const Parts&... parts) {
  return absl::AlreadyExistsError(to_absl(cat(parts...)));
}
/// Refused in the present state; the same call may succeed once something else was changed.
template <class... Parts>
Status failed_precondition(const Parts&... parts) {
  return absl::FailedPreconditionError(to_absl(cat(parts...)));
}
/// Try again later.
template <class... Parts>
Status unavailable(const Parts&... parts) {
  return absl::UnavailableError(to_absl(cat(parts...)));
}
/// Space, quota or a limit ran out; later it may not be so.
template <class... Parts>
Status exhausted(const Parts&... parts) {
  return absl::ResourceExhaustedError(to_absl(cat(parts...)));
}
template <class... Parts>
Status internal_error(const Parts&... parts) {
  return absl::InternalError(to_absl(cat(parts...)));
}

/// True when the same request may succeed later (a mail protocol says 4xx), false when it never
/// will (5xx).
bool is_temporary(const Status& status);

/// The Status of a failed system call; `what` names the call and its object: "cannot open /etc/x".
Status errno_status(int error, std::string_view what);

inline std::string_view message_of(const Status& status) { return to_std(status.message()); }

}  // namespace mail

/// Returns the Status from the calling function when it is not OK.
#define MAIL_RETURN_IF_ERROR(expression)                                        \
  do {                                                                          \
    if (auto mail_status = (expression); !mail_status.ok()) return mail_status; \
  } while (false)

#define MAIL_CONCAT_INNER(a, b) a##b
#define MAIL_CONCAT(a, b) MAIL_CONCAT_INNER(a, b)

/// `MAIL_ASSIGN_OR_RETURN(auto file, filesystem.open(path));`
#define MAIL_ASSIGN_OR_RETURN(declaration, expression) \
  MAIL_ASSIGN_OR_RETURN_IMPL(MAIL_CONCAT(mail_result_, __LINE__), declaration, expression)
#define MAIL_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                       \
  if (!result.ok()) return std::move(result).status();              \
  declaration = std::move(result).value()
