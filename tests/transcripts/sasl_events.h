// The events of a SASL exchange as transcripts show them, the same in every protocol:
//
//     ? scram-user [authorization] [authentication]
//     ! scram SALT ITERATIONS NONCE              or "accept": salt, 4096, SERVER
//     ? scram-proof [authentication] AUTH-MESSAGE
//     ! proven SIGNATURE                         or "accept": signature
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/sasl/server.h"
#include "support/transcript.h"

namespace mail::test {

/// "MECHANISM [authorization] [authentication] [password]"
inline std::string shown_login(const sasl::Authenticate& e) {
  return cat(e.mechanism, " [", escape(e.authorization), "] [", escape(e.authentication), "] [",
             escape(e.password), "]", e.is_proven ? " proven" : "");
}
inline std::string shown(const sasl::ScramUser& e) {
  return cat("scram-user [", escape(e.authorization), "] [", escape(e.authentication), "]");
}
inline std::string shown(const sasl::ScramProof& e) {
  return cat("scram-proof [", escape(e.authentication), "] ", escape(e.auth_message));
}

/// Which question of SCRAM is open, and its answers.
class ScramDialog {
 public:
  enum class Asked { kNothing, kUser, kProof };

  template <class Event>
  void see(const Event& event) {
    asked_ = Asked::kNothing;
    if (std::holds_alternative<sasl::ScramUser>(event)) asked_ = Asked::kUser;
    if (std::holds_alternative<sasl::ScramProof>(event)) asked_ = Asked::kProof;
  }

  /// False: the text is no such answer, or no such question is open.
  template <class Session>
  bool answer(Session& session, std::string_view text) {
    const Asked asked = std::exchange(asked_, Asked::kNothing);
    if (asked == Asked::kNothing) return false;
    const auto rest = behind(text, asked == Asked::kUser ? "scram " : "proven ");
    if (rest.empty() && text != "accept") return false;
    if (asked == Asked::kUser) {
      session.challenge_scram(rest.empty() ? sasl::ScramChallenge{"salt", 4096, "SERVER"}
                                           : parse(rest));
    } else {
      session.confirm_scram(rest.empty() ? "signature" : rest);
    }
    return true;
  }

 private:
  static std::string_view behind(std::string_view text, std::string_view word) {
    return text.starts_with(word) ? text.substr(word.size()) : std::string_view{};
  }
  static sasl::ScramChallenge parse(std::string_view text) {
    const auto first = text.find(' ');
    const auto second = text.find(' ', first + 1);
    const auto count = ascii::parse_number(text.substr(first + 1, second - first - 1));
    return {std::string(text.substr(0, first)), static_cast<std::uint32_t>(count.value_or(1)),
            std::string(text.substr(second + 1))};
  }

  Asked asked_ = Asked::kNothing;
};

}  // namespace mail::test
