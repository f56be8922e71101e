// Names of verdicts, kinds and rules, as `mailctl alias resolve` shows them.
//
// Tested by tests/unit/directory/resolve_test.cc.
#include "mail/directory/resolution.h"

#include "mail/base/absl.h"
#include "mail/directory/diagnostic.h"
#include "path_text.h"

namespace mail::directory {

Path::Path(std::shared_ptr<const PathText> text) : text_(std::move(text)), steps_(text_->steps) {}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeliverable: return "deliverable";
    case Verdict::kUnknownUser: return "unknown user";
    case Verdict::kRelayDenied: return "relay denied";
    case Verdict::kLookupFailure: return "lookup failure";
    case Verdict::kExpansionError: return "expansion error";
  }
  return "unknown";
}

std::string_view to_string(RecipientKind kind) {
  switch (kind) {
    case RecipientKind::kMailbox: return "mailbox";
    case RecipientKind::kRemote: return "remote";
    case RecipientKind::kDiscard: return "discard";
  }
  return "unknown";
}

std::string_view to_string(Rule rule) {
  switch (rule) {
    case Rule::kVirtualAlias: return "virtual alias";
    case Rule::kRegexpAlias: return "regexp alias";
    case Rule::kLocalpartAlias: return "virtual alias without domain";
    case Rule::kCatchAll: return "catch-all";
    case Rule::kLocalAlias: return "local alias";
    case Rule::kMailbox: return "mailbox";
    case Rule::kRemote: return "remote";
    case Rule::kDiscard: return "discard";
    case Rule::kUnknown: return "unknown user";
    case Rule::kDuplicate: return "duplicate";
    case Rule::kRefused: return "refused";
  }
  return "unknown";
}

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line != 0) append(text, ":", diagnostic.line);
  append(text, ": ", diagnostic.text, ". ", diagnostic.fix);
  return text;
}

}  // namespace mail::directory
