// access(5): what postfix-send-access.cf and postfix-receive-access.cf say about an address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mail::directory {

enum class AccessAction : std::uint8_t {
  kDunno,          // DUNNO, INFO, WARN: go on; `text` is for the log
  kPermit,         // OK, all digits, PERMIT: go on. Never opens relaying
  kReject,         // REJECT, 5NN: `code`, `enhanced`, `text`
  kDefer,          // DEFER, 4NN
  kDeferIfPermit,  // DEFER_IF_PERMIT: defer what would be accepted
  kDeferIfReject,  // DEFER_IF_REJECT: defer what would be refused
  kDiscard,        // DISCARD: accept the message and forget it
};
std::string_view to_string(AccessAction action);

/// One line. A value.
struct AccessRule {
  std::string key;  // as written
  AccessAction action = AccessAction::kDunno;
  int code = 554;
  std::string enhanced = "5.7.1";
  std::string text = "Access denied";
  std::size_t line = 0;

  bool operator==(const AccessRule&) const = default;
};

}  // namespace mail::directory
