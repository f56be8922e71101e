// What keys of the programs that docker-mailserver assembles mean here.
#pragma once

#include <span>
#include <string_view>

namespace mail::directory {

/// A key of another program. "*" in the key stands for anything.
struct KnownKey {
  std::string_view key;
  std::string_view setting;  // empty: no setting, see `advice`
  std::string_view advice;
};

/// Stands for a setting in rows of lists of restrictions: each word counts for itself.
inline constexpr std::string_view kRestrictions = "(restrictions)";

std::span<const KnownKey> keys_of(std::string_view file);
/// Null: nothing is known of it.
const KnownKey* find_key(std::span<const KnownKey> keys, std::string_view key);

/// Of a word in a list of restrictions (smtpd_recipient_restrictions): empty where the rule holds
/// here anyway, else what to know. A value that follows its word ("zen.example") says nothing.
std::string_view advice_on_restriction(std::string_view word);

/// The name of one of our services for what a service or listener is called in master.cf or
/// dovecot.cf ("smtps", "465"); empty: none of ours.
std::string_view service_of(std::string_view name);

}  // namespace mail::directory
