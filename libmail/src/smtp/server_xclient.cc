// XCLIENT: a proxy in front of this server says whose connection it forwards. Whoever may say that
// may be anybody, so it is for peers in configured networks alone, and everybody else learns no
// more than that (attack A15).
//
// Tested by tests/transcripts/smtp/xclient-*.txt.
#include <array>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/mailbox.h"
#include "smtp/command_table.h"
#include "smtp/server_engine.h"
#include "smtp/xtext.h"

namespace mail::smtp {
namespace {

using ascii::equal_ignoring_case;

struct Attribute {
  std::string_view name;
  std::optional<std::string_view> XClient::* value = nullptr;
  bool (*fits)(std::string& value) = nullptr;
};

bool is_name(std::string& value) {
  if (value.size() > message::kDomainLimit) return false;
  for (const char c : value) {
    if (!ascii::is_printable(c) || c == ' ') return false;
  }
  return true;
}

/// "192.0.2.1", or "IPV6:2001:db8::1", which becomes "2001:db8::1".
bool is_address(std::string& value) {
  constexpr std::string_view kIpv6 = "IPV6:";
  const bool is_ipv6 = ascii::starts_with_ignoring_case(value, kIpv6);
  if (is_ipv6) value.erase(0, kIpv6.size());
  return message::parse_domain(cat("[", is_ipv6 ? "IPv6:" : "", value, "]")).ok();
}

bool is_port(std::string& value) { return ascii::parse_number(value, 65535).has_value(); }

bool is_protocol(std::string& value) {
  value = ascii::to_upper(value);
  return value == "SMTP" || value == "ESMTP";
}

bool is_login(std::string& value) {
  for (const char c : value) {
    if (ascii::is_control(c)) return false;
  }
  return true;
}

constexpr std::array<Attribute, 8> kAttributes = {{
    {"NAME", &XClient::name, is_name},
    {"ADDR", &XClient::address, is_address},
    {"PORT", &XClient::port, is_port},
    {"PROTO", &XClient::protocol, is_protocol},
    {"HELO", &XClient::helo, is_name},
    {"LOGIN", &XClient::login, is_login},
    {"DESTADDR", &XClient::destination_address, is_address},
    {"DESTPORT", &XClient::destination_port, is_port},
}};

/// Where in the buffer the value of each attribute stands.
struct Place {
  std::size_t begin = 0;
  std::size_t length = 0;
};
using Places = std::array<std::optional<Place>, kAttributes.size()>;

/// One "name=value". Fails: with the text of the reply.
std::optional<std::string> read_attribute(std::string_view word, std::string& buffer,
                                          Places& places) {
  const auto equal = word.find('=');
  const auto name = word.substr(0, equal);
  std::size_t i = 0;
  while (i < kAttributes.size() && !equal_ignoring_case(kAttributes[i].name, name)) ++i;
  if (i == kAttributes.size()) return cat("Bad XCLIENT attribute name: ", name);
  const auto text = equal == word.npos ? std::string_view{} : word.substr(equal + 1);
  auto value = decode_xtext(text);
  if (!value || text.empty() || places[i]) return cat("Bad XCLIENT attribute value: ", word);
  if (equal_ignoring_case(*value, "[UNAVAILABLE]") ||
      equal_ignoring_case(*value, "[TEMPUNAVAIL]")) {
    value->clear();
  } else if (!kAttributes[i].fits(*value)) {
    return cat("Bad XCLIENT attribute value: ", word);
  }
  places[i] = Place{buffer.size(), value->size()};
  buffer += *value;
  return std::nullopt;
}

}  // namespace

// XCLIENT-command = "XCLIENT" 1*( SP attribute-name "=" attribute-value )
// attribute-value = xtext                                   Postfix's XCLIENT_README
void ServerEngine::xclient(std::string_view argument) {
  if (!offers(Extension::kXclient)) {
    return reply(550, "5.7.0", "Error: insufficient authorization");
  }
  if (argument.empty()) return syntax_error("XCLIENT attribute=value");
  Places places;
  std::string buffer;
  while (!argument.empty()) {
    const auto word = argument.substr(0, argument.find(' '));
    argument.remove_prefix(word.size());
    while (argument.starts_with(' ')) argument.remove_prefix(1);
    if (const auto error = read_attribute(word, buffer, places)) return reply(501, "5.5.4", *error);
  }
  argument_ = std::move(buffer);
  XClient client;
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    if (!places[i]) continue;
    client.*kAttributes[i].value =
        std::string_view(argument_).substr(places[i]->begin, places[i]->length);
  }
  claim_ = {.helo = client.helo ? std::optional(std::string(*client.helo)) : std::nullopt,
            .is_extended = client.protocol && *client.protocol == "ESMTP",
            .has_login = client.login ? std::optional(!client.login->empty()) : std::nullopt};
  emit(client);
}

}  // namespace mail::smtp
