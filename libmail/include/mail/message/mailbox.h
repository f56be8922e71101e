// Addresses of the SMTP envelope: RFC 5321 §4.1.2, strict. Addresses in headers are in
// mail/message/address.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/status.h"

namespace mail::message {

// RFC 5321 §4.5.3.1: octets.
inline constexpr std::size_t kLocalPartLimit = 64;
inline constexpr std::size_t kDomainLimit = 255;
inline constexpr std::size_t kDomainLabelLimit = 63;          // RFC 1035 §2.3.4
inline constexpr std::size_t kPathLimit = 256;                // with its angle brackets
inline constexpr std::size_t kMailboxLimit = kPathLimit - 2;  // RFC 3696 eid 1690

/// A value in canonical form: equal mailboxes compare equal, but for the case of the local part,
/// which only its domain may judge (RFC 5321 §2.4).
struct Mailbox {
  std::string local_part;  // unquoted: what `"a b"` means, not how it is written
  std::string domain;      // lower case, or an address literal with its brackets: "[192.0.2.1]"

  bool is_address_literal() const { return domain.starts_with('['); }
  bool operator==(const Mailbox&) const = default;
};

struct MailboxOptions {
  bool allow_utf8 = false;             // SMTPUTF8 (RFC 6531 §3.3)
  bool allow_bare_postmaster = false;  // "Postmaster" without a domain (RFC 5321 §4.1.1.3)
};

/// Mailbox = Local-part "@" ( Domain / address-literal ). The whole of `text`, without angle
/// brackets. Fails: InvalidArgument with the reason in words.
StatusOr<Mailbox> parse_mailbox(std::string_view text, const MailboxOptions& options = {});

/// How it is written in the envelope: quoted only where it must be. `parse_mailbox` reads it back.
std::string to_string(const Mailbox& mailbox);
/// The local part as it is written: `"a b"` for a b.
std::string quoted_local_part(std::string_view local_part);

/// The argument of MAIL FROM or RCPT TO.
struct Path {
  std::optional<Mailbox> mailbox;  // none: the null path "<>"
  std::size_t length = 0;          // octets of the text that the path took, brackets included

  bool is_null() const { return !mailbox.has_value(); }
  bool operator==(const Path&) const = default;
};

/// Path = "<" [ A-d-l ":" ] Mailbox ">" or "<>" at the start of `text`; parameters may follow. A
/// source route is read and dropped (RFC 5321 §4.1.1.3).
StatusOr<Path> parse_path(std::string_view text, const MailboxOptions& options = {});

/// A domain name (letters, digits, hyphens, dots; U-labels with `allow_utf8`) or address literal,
/// in canonical form.
StatusOr<std::string> parse_domain(std::string_view text, const MailboxOptions& options = {});

}  // namespace mail::message
