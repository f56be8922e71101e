#include "mail/base/session.h"

namespace mail {

std::string_view to_string(Violation violation) {
  switch (violation) {
    case Violation::kLineTooLong: return "line too long";
    case Violation::kBareNewline: return "bare CR or LF";
    case Violation::kPipelinedStartTls: return "bytes pipelined behind STARTTLS";
    case Violation::kTooManyErrors: return "too many errors";
    case Violation::kEarlyTalker: return "spoke before the greeting";
    case Violation::kCrossProtocol: return "another protocol";
    case Violation::kInternal: return "internal fault";
  }
  return "unknown";
}

}  // namespace mail
