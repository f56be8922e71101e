// PLAIN is cut at its two NULs and judged by one function, in both directions: what the client's
// step writes, the server's step reads, and nothing else.
//
// Tested by tests/unit/sasl/plain_test.cc.
#include "mail/sasl/plain.h"

namespace mail::sasl {

// RFC 4616 §2:
//   message   = [authzid] UTF8NUL authcid UTF8NUL passwd
//   authcid   = 1*SAFE ; MUST accept up to 255 octets
//   authzid   = 1*SAFE ; MUST accept up to 255 octets
//   passwd    = 1*SAFE ; MUST accept up to 255 octets
//   SAFE      = any UTF-8 character but NUL
// Whether it is UTF-8 is not judged: passwords were set by programs that did not care either, and
// are compared octet by octet.
Status check_plain(const PlainMessage& message) {
  const auto has_nul = [](std::string_view s) { return s.find('\0') != s.npos; };
  if (message.authentication.empty()) return invalid("the authentication identity is empty");
  if (message.password.empty()) return invalid("the password is empty");
  if (message.authorization.size() > kIdentityLimit ||
      message.authentication.size() > kIdentityLimit) {
    return invalid("an identity is longer than ", kIdentityLimit, " octets");
  }
  if (message.password.size() > kPasswordLimit) {
    return invalid("the password is longer than ", kPasswordLimit, " octets");
  }
  if (has_nul(message.authorization) || has_nul(message.authentication) ||
      has_nul(message.password)) {
    return invalid("a part holds a NUL");
  }
  return absl::OkStatus();
}

StatusOr<PlainMessage> parse_plain(std::string_view message) {
  const auto first = message.find('\0');
  const auto second = first == message.npos ? first : message.find('\0', first + 1);
  if (second == message.npos) return invalid("the PLAIN message does not hold two NULs");
  const PlainMessage parsed{.authorization = message.substr(0, first),
                            .authentication = message.substr(first + 1, second - first - 1),
                            .password = message.substr(second + 1)};
  MAIL_RETURN_IF_ERROR(check_plain(parsed));
  return parsed;
}

StatusOr<std::string> make_plain(const PlainMessage& message) {
  MAIL_RETURN_IF_ERROR(check_plain(message));
  return cat(message.authorization, '\0', message.authentication, '\0', message.password);
}

}  // namespace mail::sasl
