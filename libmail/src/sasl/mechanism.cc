// One table of names; everything else is a walk through the mechanisms, strongest first.
//
// Tested by tests/unit/sasl/mechanism_test.cc.
#include "mail/sasl/mechanism.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::sasl {

std::string_view to_string(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::kScramSha256Plus: return "SCRAM-SHA-256-PLUS";
    case Mechanism::kScramSha256: return "SCRAM-SHA-256";
    case Mechanism::kPlain: return "PLAIN";
    case Mechanism::kLogin: return "LOGIN";
  }
  return "unknown";
}

std::optional<Mechanism> parse_mechanism(std::string_view name) {
  for (const Mechanism mechanism : kMechanisms) {
    if (ascii::equal_ignoring_case(to_string(mechanism), name)) return mechanism;
  }
  return std::nullopt;
}

bool is_offered(Mechanism mechanism, const ServerPolicy& policy, const TlsInfo* tls) {
  switch (mechanism) {
    case Mechanism::kScramSha256Plus:
      return policy.offers_scram && tls != nullptr && !tls->bindings.empty();
    case Mechanism::kScramSha256: return policy.offers_scram;
    case Mechanism::kPlain:
    case Mechanism::kLogin: return true;
  }
  return false;
}

void append_offered(std::string& to, std::string_view prefix, const ServerPolicy& policy,
                    const TlsInfo* tls) {
  for (const Mechanism mechanism : kMechanisms) {
    if (is_offered(mechanism, policy, tls)) append(to, prefix, to_string(mechanism));
  }
}

std::optional<Mechanism> choose_mechanism(std::span<const std::string_view> offered,
                                          const ClientPolicy& policy, const TlsInfo* tls) {
  for (const Mechanism mechanism : kMechanisms) {
    if (!is_scram(mechanism) && !policy.allows_password) continue;
    if (mechanism == Mechanism::kScramSha256Plus && (tls == nullptr || tls->bindings.empty())) {
      continue;
    }
    const auto is_this = [&](std::string_view name) {
      return ascii::equal_ignoring_case(name, to_string(mechanism));
    };
    if (std::any_of(offered.begin(), offered.end(), is_this)) return mechanism;
  }
  return std::nullopt;
}

}  // namespace mail::sasl
