// ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 §7.4.2): as values, and as the exact octets of an IMAP
// response.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message/address.h"
#include "mail/message/mime.h"

namespace mail::message {

/// A value: the fields of a header as IMAP names them. Text is unfolded, encoded words are left as
/// they are.
struct Envelope {
  std::optional<std::string> date;
  std::optional<std::string> subject;
  std::vector<Address> from;
  std::vector<Address> sender;    // defaults to `from`
  std::vector<Address> reply_to;  // defaults to `from`
  std::vector<Address> to;
  std::vector<Address> cc;
  std::vector<Address> bcc;
  std::optional<std::string> in_reply_to;
  std::optional<std::string> message_id;

  bool operator==(const Envelope&) const = default;
};

Envelope parse_envelope(std::string_view header);

/// `("date" "subject" (("Ann" NIL "ann" "example.com")) … "<id@x>")`
std::string envelope_text(std::string_view header);
std::string envelope_text(const Envelope& envelope);

/// BODYSTRUCTURE when `extended`, else BODY. Sizes and lines are those of the octets as they stand:
/// give it the message with CRLF line ends.
std::string body_structure_text(const MimeTree& tree, bool extended);

/// An IMAP string: quoted when it can be, else a literal: "{n}" CRLF octets. NUL, which neither may
/// carry (RFC 3501 CHAR8), becomes a space.
void append_imap_string(std::string& to, std::string_view value);

}  // namespace mail::message
