// The smaller config files, parsed: quotas, access, relays. (Masters are an AccountTable.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/directory/access.h"
#include "mail/directory/quota.h"
#include "mail/directory/relay.h"
#include "mail/directory/snapshot.h"

namespace mail::directory {

inline constexpr std::string_view kQuotasFile = "dovecot-quotas.cf";
inline constexpr std::string_view kMastersFile = "dovecot-masters.cf";
inline constexpr std::string_view kSendAccessFile = "postfix-send-access.cf";
inline constexpr std::string_view kReceiveAccessFile = "postfix-receive-access.cf";
inline constexpr std::string_view kRelayMapFile = "postfix-relaymap.cf";
inline constexpr std::string_view kRelayCredentialsFile = "postfix-sasl-password.cf";

struct QuotaTable {
  struct Entry {
    std::uint64_t octets = 0;
    std::size_t line = 0;
  };
  StringMap<Entry> entries;

  static QuotaTable parse(std::string_view text, const Options& options, const Report& report);
  const Entry* find(std::string_view lowered) const;
};

struct AccessTable {
  bool unreadable = false;
  std::vector<AccessRule> rules;   // in file order
  StringMap<std::uint32_t> index;  // key, lower case → position

  static AccessTable parse(std::string_view text, const Options& options, const Report& report);
  /// `internal` with its domain; empty: the null sender.
  const AccessRule* find(std::string_view internal, std::string_view delimiters) const;
};

struct RelayTable {
  std::vector<RelayRoute> routes;
  std::vector<RelayCredentials> credentials;
  StringMap<std::uint32_t> route_index;        // key → position
  StringMap<std::uint32_t> credentials_index;  // likewise

  void parse_routes(std::string_view text, const Options& options, const Report& report);
  void parse_credentials(std::string_view text, const Options& options, const Report& report);
  const RelayRoute* find_route(std::string_view sender) const;
  const RelayCredentials* find_credentials(std::string_view sender, std::string_view host) const;
};

}  // namespace mail::directory
