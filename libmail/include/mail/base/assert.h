// MAIL_ASSERT: our own faults. Debug builds abort with the place; release builds hand the fault to
// the caller, who turns the session failed (Violation::kInternal) so that one broken connection
// cannot take the process with it.
#pragma once

namespace mail {

/// Aborts in debug builds; returns false otherwise.
bool assertion_failed(const char* condition, const char* file, int line);

}  // namespace mail

/// True when the condition holds: `if (!MAIL_ASSERT(pending_)) return fail();`
#define MAIL_ASSERT(condition) \
  ((condition) || ::mail::assertion_failed(#condition, __FILE__, __LINE__))
