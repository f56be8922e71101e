// SASL PLAIN (RFC 4616): one message from the client, no challenge. The protocols carry it in
// base64; that is theirs to undo.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/base/status.h"

namespace mail::sasl {

/// RFC 4616 §2: the client may send up to 255 octets of each; a server must take that many.
inline constexpr std::size_t kIdentityLimit = 255;
inline constexpr std::size_t kPasswordLimit = 255;
/// The longest valid message, in octets.
inline constexpr std::size_t kPlainLimit = kIdentityLimit * 2 + kPasswordLimit + 2;

/// A value of views: they live as long as the message.
struct PlainMessage {
  std::string_view authorization;   // authzid: as whom to act; empty: as oneself
  std::string_view authentication;  // authcid: who is there
  std::string_view password;

  bool operator==(const PlainMessage&) const = default;
};

/// The server's step. Whether authcid may act as authzid is for the caller to decide. Fails:
/// InvalidArgument when the message is not of this form or a part is too long; its words hold
/// nothing that the peer sent.
StatusOr<PlainMessage> parse_plain(std::string_view message);

/// The rule of both steps, and of LOGIN's two answers: sizes, no empty part but authzid, no NUL.
Status check_plain(const PlainMessage& message);

/// The client's step. Fails: InvalidArgument when a part is empty, too long or holds a NUL.
StatusOr<std::string> make_plain(const PlainMessage& message);

}  // namespace mail::sasl
