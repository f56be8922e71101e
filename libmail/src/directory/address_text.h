// Addresses in table text. Inside the tables an address stands in its *internal* form: the
// localpart without quotes and backslashes, so that `"ann"@x` and `ann@x` are one key, as in
// Postfix.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail::directory {

/// `"a b"@x` → `a b@x`.
std::string internal_form(std::string_view external);
/// True when the external form is the same: nothing in the localpart needs quotes.
bool is_plain_address(std::string_view internal);
/// `a b@x` → `"a b"@x`; quotes only where RFC 5321 §4.1.2 needs them.
std::string external_form(std::string_view internal);

/// True for most addresses, in one pass: lower case, of letters, digits and .-_+= alone, so that it
/// is its own internal and external form, and plausible.
bool is_simple_address(std::string_view address);

/// Adds "@hostname" where there is no domain, then gives the internal form.
std::string qualified(std::string_view external, std::string_view hostname);

/// True for `local@domain` that can be delivered to: both parts there, no control characters, no
/// blanks in the domain.
bool is_plausible_address(std::string_view internal);

/// targets = target *( ( "," / WSP ) target )
/// target  = [ "<" ] address [ ">" ] / localpart / "@" domain     ; "@domain" first only
/// Each in internal form, with "@hostname" where the domain is missing. nullopt: no target at all,
/// or one that is no address.
std::optional<std::vector<std::string>> parse_targets(std::string_view text,
                                                      std::string_view hostname);

/// Where the first of `stops` stands outside quotes; npos: nowhere. `unbalanced` tells whether a
/// quote was still open at the end.
std::size_t find_unquoted(std::string_view text, std::string_view stops,
                          bool* unbalanced = nullptr);

}  // namespace mail::directory
