#include "mail/base/status.h"

#include <cerrno>
#include <string>

#include <catch2/catch.hpp>

namespace mail {
namespace {

using Code = absl::StatusCode;

TEST_CASE("each status code says either try again or never") {
  struct Case {
    Code code;
    bool temporary;
  };
  for (const Case& c : {
           Case{Code::kOk, false},
           Case{Code::kCancelled, true},
           Case{Code::kUnknown, true},
           Case{Code::kInvalidArgument, false},
           Case{Code::kDeadlineExceeded, true},
           Case{Code::kNotFound, false},
           Case{Code::kAlreadyExists, false},
           Case{Code::kPermissionDenied, false},
           Case{Code::kResourceExhausted, true},
           Case{Code::kFailedPrecondition, false},
           Case{Code::kAborted, true},
           Case{Code::kOutOfRange, false},
           Case{Code::kUnimplemented, false},
           Case{Code::kInternal, true},
           Case{Code::kUnavailable, true},
           Case{Code::kDataLoss, true},
           Case{Code::kUnauthenticated, false},
       }) {
    INFO(absl::StatusCodeToString(c.code));
    CHECK(is_temporary(Status(c.code, "x")) == c.temporary);
  }
}

TEST_CASE("a failed system call keeps its words and tells what may work later") {
  struct Case {
    int error;
    Code code;
    bool temporary;
  };
  for (const Case& c : {
           Case{ENOENT, Code::kNotFound, false},
           Case{ENOTDIR, Code::kNotFound, false},
           Case{EEXIST, Code::kAlreadyExists, false},
           Case{ENOTEMPTY, Code::kFailedPrecondition, false},
           Case{EISDIR, Code::kFailedPrecondition, false},
           Case{ELOOP, Code::kFailedPrecondition, false},
           Case{EXDEV, Code::kFailedPrecondition, false},
           Case{EACCES, Code::kPermissionDenied, false},
           Case{EPERM, Code::kPermissionDenied, false},
           Case{EROFS, Code::kPermissionDenied, false},
           Case{EINVAL, Code::kInvalidArgument, false},
           Case{ENAMETOOLONG, Code::kInvalidArgument, false},
           Case{ENOSPC, Code::kResourceExhausted, true},  // a full disk never loses a message
           Case{EDQUOT, Code::kResourceExhausted, true},
           Case{EMFILE, Code::kResourceExhausted, true},
           Case{ENFILE, Code::kResourceExhausted, true},
           Case{ENOMEM, Code::kResourceExhausted, true},
           Case{EFBIG, Code::kResourceExhausted, true},
           Case{EMLINK, Code::kResourceExhausted, true},
           Case{EIO, Code::kUnavailable, true},
           Case{EAGAIN, Code::kUnavailable, true},
           Case{ESTALE, Code::kUnavailable, true},
       }) {
    const Status status = errno_status(c.error, "cannot open /etc/x");
    INFO(c.error);
    CHECK(status.code() == c.code);
    CHECK(is_temporary(status) == c.temporary);
    CHECK(message_of(status).substr(0, 20) == "cannot open /etc/x: ");
    CHECK(message_of(status).size() > 20);
  }
}

TEST_CASE("the helpers give the code that they are named after") {
  struct Case {
    Status status;
    Code code;
  };
  for (const Case& c : {
           Case{invalid("a ", 1), Code::kInvalidArgument},
           Case{not_found("a ", 1), Code::kNotFound},
           Case{already_exists("a ", 1), Code::kAlreadyExists},
           Case{failed_precondition("a ", 1), Code::kFailedPrecondition},
           Case{unavailable("a ", 1), Code::kUnavailable},
           Case{exhausted("a ", 1), Code::kResourceExhausted},
           Case{internal_error("a ", 1), Code::kInternal},
       }) {
    CHECK(c.status.code() == c.code);
    CHECK(message_of(c.status) == "a 1");
  }
}

StatusOr<int> half(int n) {
  if (n % 2 != 0) return invalid(n, " is odd");
  return n / 2;
}

StatusOr<int> quarter(int n) {
  MAIL_ASSIGN_OR_RETURN(const int once, half(n));
  MAIL_ASSIGN_OR_RETURN(const int twice, half(once));
  return twice;
}

Status is_even(int n) {
  MAIL_RETURN_IF_ERROR(half(n).status());
  return absl::OkStatus();
}

TEST_CASE("the macros pass a value on, or hand the status up") {
  CHECK(quarter(12).value() == 3);
  CHECK(message_of(quarter(7).status()) == "7 is odd");
  CHECK(message_of(quarter(6).status()) == "3 is odd");
  CHECK(is_even(2).ok());
  CHECK(message_of(is_even(3)) == "3 is odd");
}

}  // namespace
}  // namespace mail
