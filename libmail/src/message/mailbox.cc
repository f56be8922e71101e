// Envelope addresses: a strict reader of RFC 5321's grammar. What it accepts it can write again.
//
// Tested by tests/unit/message/mailbox_test.cc, tests/unit/message/isemail_suite_test.cc.
#include "mail/message/mailbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "mail/base/ascii.h"
#include "mail/text/utf8.h"

namespace mail::message {
namespace {

bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// RFC 5322 §3.2.3 atext; RFC 6531 §3.3 adds UTF8-non-ascii.
bool is_atext(char c) {
  return ascii::is_alnum(c) || is_beyond_ascii(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

// RFC 5321 §4.1.2: Dot-string = Atom *("."  Atom)
bool is_dot_string(std::string_view text) {
  bool wants_atom = true;
  for (char c : text) {
    if (c == '.') {
      if (wants_atom) return false;
      wants_atom = true;
    } else {
      if (!is_atext(c)) return false;
      wants_atom = false;
    }
  }
  return !wants_atom;
}

/// Where the quoted string at the start of `text` ends, behind its closing quote; 0 without one.
std::size_t quoted_string_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

// RFC 5321 §4.1.2:
//   Quoted-string   = DQUOTE *QcontentSMTP DQUOTE
//   quoted-pairSMTP = %d92 %d32-126
//   qtextSMTP       = %d32-33 / %d35-91 / %d93-126
StatusOr<std::string> unquote(std::string_view quoted) {
  std::string content;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    const bool is_pair = quoted[i] == '\\';
    if (is_pair) ++i;
    const bool is_allowed =
        ascii::is_printable(quoted[i]) || (!is_pair && is_beyond_ascii(quoted[i]));
    if (!is_allowed) return invalid("control character in the quoted local part");
    content.push_back(quoted[i]);
  }
  return content;
}

Status check_octets(std::string_view text, const MailboxOptions& options) {
  if (text::is_ascii(text)) return absl::OkStatus();
  if (!options.allow_utf8) return invalid("address beyond ASCII needs SMTPUTF8");
  if (!text::is_valid_utf8(text)) return invalid("address is not valid UTF-8");
  return absl::OkStatus();
}

// RFC 5321 §4.1.2, RFC 5890 §2.3.2.1 (U-labels):
//   Domain     = sub-domain *("." sub-domain)
//   sub-domain = Let-dig [Ldh-str]
Status check_domain_name(std::string_view domain) {
  if (domain.size() > kDomainLimit) return invalid("domain longer than ", kDomainLimit, " octets");
  while (true) {
    const std::size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty()) return invalid("empty label in the domain");
    if (label.size() > kDomainLabelLimit) {
      return invalid("domain label longer than ", kDomainLabelLimit, " octets");
    }
    if (label.front() == '-' || label.back() == '-') {
      return invalid("domain label begins or ends with a hyphen");
    }
    for (char c : label) {
      if (!ascii::is_alnum(c) && c != '-' && !is_beyond_ascii(c)) {
        return invalid("invalid character in the domain");
      }
    }
    if (dot == std::string_view::npos) return absl::OkStatus();
    domain.remove_prefix(dot + 1);
  }
}

// RFC 5321 §4.1.3:
//   IPv4-address-literal = Snum 3("."  Snum)
//   Snum                 = 1*3DIGIT ; 0 through 255
std::optional<std::string> canonical_ipv4(std::string_view text) {
  std::string result;
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    const auto number = ascii::parse_number(digits, 255);
    if (!number || digits.size() > 3 || (dot == std::string_view::npos) != (i == 3)) {
      return std::nullopt;
    }
    append(result, i == 0 ? "" : ".", *number);
    text.remove_prefix(i == 3 ? text.size() : dot + 1);
  }
  return result;
}

std::optional<std::string> canonical_ipv6(std::string_view text) {
  in6_addr address{};
  char buffer[INET6_ADDRSTRLEN] = {};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
  if (inet_ntop(AF_INET6, &address, buffer, sizeof buffer) == nullptr) return std::nullopt;
  return std::string(buffer);
}

// RFC 5321 §4.1.2:
//   address-literal = "[" ( IPv4-address-literal / IPv6-address-literal /
//                     General-address-literal ) "]"
// No general literal has ever been registered, so none can be delivered to.
StatusOr<std::string> parse_literal(std::string_view text) {
  constexpr std::string_view kIpv6Tag = "IPv6:";
  if (!text.ends_with(']')) return invalid("address literal without closing bracket");
  const std::string_view content = text.substr(1, text.size() - 2);
  if (content.find('\0') != std::string_view::npos) return invalid("NUL in the address literal");
  if (auto address = canonical_ipv4(content)) return cat("[", *address, "]");
  if (ascii::starts_with_ignoring_case(content, kIpv6Tag)) {
    if (auto address = canonical_ipv6(content.substr(kIpv6Tag.size()))) {
      return cat("[", kIpv6Tag, *address, "]");
    }
  }
  return invalid("address literal is neither [IPv4] nor [IPv6:address]");
}

bool is_bare_postmaster(std::string_view text, const MailboxOptions& options) {
  return options.allow_bare_postmaster && ascii::equal_ignoring_case(text, "postmaster");
}

}  // namespace

StatusOr<std::string> parse_domain(std::string_view text, const MailboxOptions& options) {
  MAIL_RETURN_IF_ERROR(check_octets(text, options));
  if (text.empty()) return invalid("missing domain");
  if (text.starts_with('[')) return parse_literal(text);
  MAIL_RETURN_IF_ERROR(check_domain_name(text));
  return ascii::to_lower(text);
}

StatusOr<Mailbox> parse_mailbox(std::string_view text, const MailboxOptions& options) {
  MAIL_RETURN_IF_ERROR(check_octets(text, options));
  if (is_bare_postmaster(text, options)) return Mailbox{std::string(text), ""};
  if (text.size() > kMailboxLimit) return invalid("address longer than ", kMailboxLimit, " octets");

  const bool is_quoted = text.starts_with('"');
  const std::size_t at = is_quoted ? quoted_string_length(text) : text.find('@');
  if (is_quoted && at == 0) return invalid("local part without closing quote");
  if (at >= text.size() || text[at] != '@') {
    return is_quoted ? invalid("no @ behind the quoted local part") : invalid("address without @");
  }
  const std::string_view local = text.substr(0, at);
  if (local.empty()) return invalid("missing local part");
  if (local.size() > kLocalPartLimit) {
    return invalid("local part longer than ", kLocalPartLimit, " octets");
  }
  Mailbox mailbox;
  if (is_quoted) {
    MAIL_ASSIGN_OR_RETURN(mailbox.local_part, unquote(local));
  } else {
    if (!is_dot_string(local)) return invalid("invalid character or dot in the local part");
    mailbox.local_part = local;
  }
  MAIL_ASSIGN_OR_RETURN(mailbox.domain, parse_domain(text.substr(at + 1), options));
  return mailbox;
}

std::string quoted_local_part(std::string_view local_part) {
  if (is_dot_string(local_part)) return std::string(local_part);
  std::string quoted = "\"";
  for (char c : local_part) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string to_string(const Mailbox& mailbox) {
  std::string result = quoted_local_part(mailbox.local_part);
  if (!mailbox.domain.empty()) append(result, "@", mailbox.domain);
  return result;
}

namespace {

// RFC 5321 §4.1.2:
//   A-d-l     = At-domain *( "," At-domain )
//   At-domain = "@" Domain
/// Octets of a source route with its colon, 0 without one.
StatusOr<std::size_t> route_length(std::string_view text, const MailboxOptions& options) {
  std::size_t length = 0;
  while (text.substr(length).starts_with('@')) {
    const std::size_t end = text.find_first_of(",:>", length);
    if (end == std::string_view::npos || text[end] == '>') return invalid("source route not ended");
    auto domain = parse_domain(text.substr(length + 1, end - length - 1), options);
    MAIL_RETURN_IF_ERROR(domain.status());
    length = end + 1;
    if (text[end] == ':') return length;
  }
  return length == 0 ? StatusOr<std::size_t>(0U) : invalid("source route not ended");
}

}  // namespace

StatusOr<Path> parse_path(std::string_view text, const MailboxOptions& options) {
  if (!text.starts_with('<')) return invalid("path without <");
  if (text.starts_with("<>")) return Path{std::nullopt, 2};
  MAIL_ASSIGN_OR_RETURN(const std::size_t route, route_length(text.substr(1), options));
  const std::string_view rest = text.substr(1 + route);
  const std::size_t quoted = rest.starts_with('"') ? quoted_string_length(rest) : 0;
  const std::size_t end = rest.find('>', quoted);
  if (end == std::string_view::npos) return invalid("path without >");
  MAIL_ASSIGN_OR_RETURN(Mailbox mailbox, parse_mailbox(rest.substr(0, end), options));
  return Path{std::move(mailbox), 1 + route + end + 1};
}

}  // namespace mail::message
