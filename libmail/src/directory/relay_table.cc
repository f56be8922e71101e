// postfix-relaymap.cf and postfix-sasl-password.cf, as Postfix's texthash reads them.
//
// A line that has only a key opts its senders out of RELAY_HOST. Credentials are looked up by
// sender, by "@domain", then by the relay exactly as it is written in the map: Postfix compares
// text there, and so must the two files.
//
// Tested by tests/unit/directory/relay_test.cc.
#include <array>

#include "address_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"
#include "more_tables.h"

namespace mail::directory {
namespace {

struct KeyValue {
  std::string_view key, value;
};
KeyValue split_line(std::string_view line) {
  const std::size_t end = std::min(find_unquoted(line, " \t"), line.size());
  return {line.substr(0, end), ascii::trim(line.substr(end))};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  struct Name {
    std::string_view name;
    std::uint16_t port;
  };
  constexpr std::array kNames = {Name{"smtp", 25}, Name{"submission", 587},
                                 Name{"submissions", 465}, Name{"smtps", 465}};
  for (const Name& known : kNames) {
    if (ascii::equal_ignoring_case(text, known.name)) return known.port;
  }
  const auto number = ascii::parse_number(text, 65535);
  if (!number || *number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

/// True when it was added.
bool add_key(StringMap<std::uint32_t>& index, std::string_view key, std::size_t position,
             std::size_t line, const Report& report) {
  if (index.try_emplace(ascii::to_lower(key), static_cast<std::uint32_t>(position)).second) {
    return true;
  }
  report.warning(line,
                 cat("'", excerpt(key), "' stands further up already; this line does nothing"),
                 "Delete one of the two lines.");
  return false;
}

}  // namespace

StatusOr<RelayHost> parse_relay_host(std::string_view text) {
  RelayHost relay;
  relay.text = text;
  std::string_view rest = text;
  std::string_view host;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    relay.looks_up_mx = false;
    host = close == std::string_view::npos ? "" : rest.substr(1, close - 1);
    rest = close == std::string_view::npos ? "" : rest.substr(close + 1);
  } else {
    host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(host.size());
  }
  const auto port =
      rest.starts_with(':') ? parse_port(rest.substr(1)) : std::optional<std::uint16_t>(25);
  const bool clean = !host.empty() && host.find_first_of(" \t[]/@,;\"\\") == std::string_view::npos;
  if (!clean || !port || (!rest.empty() && rest.front() != ':')) {
    return invalid("'", excerpt(text),
                   "' is no relay host; write [smtp.example.net]:587, or smtp.example.net");
  }
  relay.host = ascii::to_lower(host);
  relay.port = *port;
  return relay;
}

// relay-line = sender [ 1*WSP relay ]
// sender     = address / "@" domain
void RelayTable::parse_routes(std::string_view text, const Options& options, const Report& report) {
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kLeadingBlank, report)) {
    const auto [key, value] = split_line(logical.text);
    if (!split_address(key).has_domain) {
      report.error(logical.line, cat("'", excerpt(key), "' is no sender"),
                   "Write @example.com or user@example.com, then [relay.example.net]:587.");
      continue;
    }
    RelayRoute route{ascii::to_lower(internal_form(key)), value.empty(), {}, logical.line};
    if (!value.empty()) {
      auto host = parse_relay_host(value);
      if (!host.ok()) {
        report.error(logical.line, std::string(message_of(host.status())),
                     "Write @example.com [relay.example.net]:587; a key alone opts out.");
        continue;
      }
      route.host = std::move(*host);
    }
    if (!add_key(route_index, route.key, routes.size(), logical.line, report)) continue;
    routes.push_back(std::move(route));
  }
}

// credentials-line = ( sender / relay ) 1*WSP user ":" password     ; the first ":" divides
void RelayTable::parse_credentials(std::string_view text, const Options& options,
                                   const Report& report) {
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kLeadingBlank, report)) {
    const auto [key, value] = split_line(logical.text);
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      // No excerpt of the value: it may be a password.
      report.error(logical.line, cat("no 'user:password' after '", excerpt(key), "'"),
                   "Write @example.com user:password.");
      continue;
    }
    if (!add_key(credentials_index, key, credentials.size(), logical.line, report)) continue;
    credentials.push_back({ascii::to_lower(key), std::string(value.substr(0, colon)),
                           crypto::Secret(value.substr(colon + 1)), logical.line});
  }
}

const RelayRoute* RelayTable::find_route(std::string_view sender) const {
  auto found = route_index.find(KeyBuffer({sender}).view());
  if (found == route_index.end()) {
    found = route_index.find(KeyBuffer({"@", split_address(sender).domain}).view());
  }
  return found == route_index.end() ? nullptr : &routes[found->second];
}

const RelayCredentials* RelayTable::find_credentials(std::string_view sender,
                                                     std::string_view host) const {
  const auto get = [this](std::initializer_list<std::string_view> key) {
    const auto found = credentials_index.find(KeyBuffer(key).view());
    return found == credentials_index.end() ? nullptr : &credentials[found->second];
  };
  if (!sender.empty()) {
    if (const auto* found = get({sender})) return found;
    if (const auto* found = get({"@", split_address(sender).domain})) return found;
  }
  return get({host});
}

}  // namespace mail::directory
