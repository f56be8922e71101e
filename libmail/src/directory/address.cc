// Addresses as lookup keys and as text in tables.
//
// Tested by tests/unit/directory/address_test.cc.
#include "mail/directory/address.h"

#include <algorithm>
#include <cstdint>

#include "address_text.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {

SplitAddress split_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  // `"a@b"` without a domain: the "@" stands inside the quotes.
  if (at == std::string_view::npos || (address.ends_with('"') && address.starts_with('"'))) {
    return {address, {}, false};
  }
  return {address.substr(0, at), address.substr(at + 1), true};
}

SplitLocalpart split_localpart(std::string_view localpart, std::string_view delimiters) {
  std::size_t at = std::string_view::npos;
  for (const char delimiter : delimiters) at = std::min(at, localpart.find(delimiter));
  if (at == std::string_view::npos || at == 0) return {localpart, {}};
  for (const std::string_view whole : {"mailer-daemon", "double-bounce", "postmaster"}) {
    if (ascii::equal_ignoring_case(localpart, whole)) return {localpart, {}};
  }
  return {localpart.substr(0, at), localpart.substr(at)};
}

std::string internal_form(std::string_view external) {
  const SplitAddress split = split_address(external);
  if (split.localpart.find_first_of("\"\\") == std::string_view::npos) return std::string(external);
  std::string internal;
  for (std::size_t i = 0; i < split.localpart.size(); ++i) {
    const char c = split.localpart[i];
    if (c == '"') continue;
    if (c == '\\' && i + 1 < split.localpart.size()) ++i;
    internal += split.localpart[i];
  }
  if (split.has_domain) append(internal, "@", split.domain);
  return internal;
}

namespace {

/// A set of octets, asked in one step.
struct OctetSet {
  bool has[256] = {};
  constexpr bool contains(char c) const { return has[static_cast<unsigned char>(c)]; }
};
constexpr OctetSet octets(std::string_view specials) {
  OctetSet set;
  for (int c = 0; c < 0x20; ++c) set.has[c] = true;
  set.has[0x7f] = true;
  for (const char c : specials) set.has[static_cast<unsigned char>(c)] = true;
  return set;
}
// All but atext and "." (RFC 5321 §4.1.2), and octets outside ASCII (RFC 6531 §3.3).
constexpr OctetSet kAtomSpecials = octets("()<>[]:;@\\,\" ");
/// What may stand on both sides of a simple address's "@".
struct Simple {
  std::uint8_t not_in[256] = {};
  constexpr Simple() {
    for (std::uint8_t& special : not_in) special = 1;
    for (int c = 'a'; c <= 'z'; ++c) not_in[c] = 0;
    for (const char c : std::string_view("0123456789.-_+=")) {
      not_in[static_cast<unsigned char>(c)] = 0;
    }
  }
};
constexpr Simple kSimple;
constexpr OctetSet kControls = octets("");
constexpr OctetSet kNeverInDomain = octets(" \"<>(),;\\");

bool holds_none(std::string_view text, const OctetSet& set) {
  return std::none_of(text.begin(), text.end(), [&set](char c) { return set.contains(c); });
}

}  // namespace

bool is_plain_address(std::string_view internal) {
  return holds_none(internal.substr(0, internal.rfind('@')), kAtomSpecials);
}

bool is_simple_address(std::string_view address) {
  // Branches at the ends only: this is asked of every recipient.
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return false;
  std::uint8_t special = 0;
  for (const char c : address.substr(0, at))
    special |= kSimple.not_in[static_cast<unsigned char>(c)];
  for (const char c : address.substr(at + 1))
    special |= kSimple.not_in[static_cast<unsigned char>(c)];
  return special == 0;
}

std::string external_form(std::string_view internal) {
  if (is_plain_address(internal)) return std::string(internal);
  const std::size_t at = internal.rfind('@');
  const std::string_view local = internal.substr(0, at);
  std::string external = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') external += '\\';
    external += c;
  }
  external += '"';
  if (at != std::string_view::npos) external += internal.substr(at);
  return external;
}

std::string qualified(std::string_view external, std::string_view hostname) {
  if (split_address(external).has_domain) return internal_form(external);
  return cat(internal_form(external), "@", hostname);
}

bool is_plausible_address(std::string_view internal) {
  const std::size_t at = internal.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == internal.size()) return false;
  return holds_none(internal.substr(0, at), kControls) &&
         holds_none(internal.substr(at + 1), kNeverInDomain);
}

std::size_t find_unquoted(std::string_view text, std::string_view stops, bool* unbalanced) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && stops.find(text[i]) != std::string_view::npos) {
      break;
    }
  }
  if (unbalanced != nullptr) *unbalanced = quoted;
  return i < text.size() ? i : std::string_view::npos;
}

std::optional<std::vector<std::string>> parse_targets(std::string_view text,
                                                      std::string_view hostname) {
  std::vector<std::string> targets;
  while (!text.empty()) {
    bool unbalanced = false;
    const std::size_t end = find_unquoted(text, ", \t", &unbalanced);
    if (unbalanced) return std::nullopt;
    std::string_view token = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (token.empty()) continue;
    if (token.starts_with('<') && token.ends_with('>')) token = token.substr(1, token.size() - 2);
    if (token.starts_with('@')) {
      const bool usable = targets.empty() && is_plausible_address(cat("x", token));
      if (!usable) return std::nullopt;
      targets.emplace_back(token);
      continue;
    }
    std::string address = qualified(token, hostname);
    if (!is_plausible_address(address)) return std::nullopt;
    targets.push_back(std::move(address));
  }
  if (targets.empty()) return std::nullopt;
  return targets;
}

}  // namespace mail::directory
