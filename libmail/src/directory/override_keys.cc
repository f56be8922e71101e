// Tested by tests/unit/directory/overrides_test.cc.
#include "override_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mail/base/ascii.h"
#include "overrides.h"

namespace mail::directory {
namespace {

constexpr std::string_view kTls = "Certificates and cipher suites: SSL_TYPE and TLS_LEVEL.";

constexpr KnownKey kMainKeys[] = {
    {"recipient_delimiter", "RECIPIENT_DELIMITER", ""},
    {"mydestination", "MYDESTINATION", ""},
    {"proxy_interfaces", "OWN_ADDRESSES", ""},
    {"inet_protocols", "POSTFIX_INET_PROTOCOLS", ""},
    {"message_size_limit", "POSTFIX_MESSAGE_SIZE_LIMIT", ""},
    {"mailbox_size_limit", "POSTFIX_MAILBOX_SIZE_LIMIT", ""},
    {"postscreen_upstream_proxy_timeout", "PROXY_TIMEOUT", ""},
    {"smtpd_upstream_proxy_timeout", "PROXY_TIMEOUT", ""},
    {"virtual_mailbox_limit", "POSTFIX_MAILBOX_SIZE_LIMIT", ""},
    {"smtpd_discard_ehlo_keywords", "SMTPD_DISCARD_EHLO_KEYWORDS", ""},
    {"smtpd_authorized_xclient_hosts", "SMTPD_AUTHORIZED_XCLIENT_HOSTS", ""},
    {"smtp_bind_address", "SMTP_BIND_ADDRESS", ""},
    {"smtp_bind_address6", "SMTP_BIND_ADDRESS6", ""},
    {"relayhost", "DEFAULT_RELAY_HOST", ""},
    {"mynetworks", "TRUSTED_NETWORKS", ""},
    {"myhostname", "OVERRIDE_HOSTNAME", ""},
    {"smtpd_tls_cert_file", "SSL_CERT_PATH", ""},
    {"smtpd_tls_key_file", "SSL_KEY_PATH", ""},
    {"smtpd_tls_*", "", kTls},
    {"smtpd_sasl_*", "", "Who may log in: postfix-accounts.cf and dovecot-masters.cf."},
    {"smtpd_*_restrictions", kRestrictions, ""},
    {"*_upstream_proxy_protocol", "PROXY_PROTOCOL", ""},
    {"smtp_sasl_*", "", "Credentials of relays: postfix-sasl-password.cf."},
    {"smtp_tls_*", "", "Outgoing mail has no settings for TLS."},
    {"virtual_*_maps", "", "Aliases: postfix-virtual.cf and postfix-regexp.cf."},
    {"sender_dependent_relayhost_maps", "", "Relays by sender: postfix-relaymap.cf."},
    {"smtpd_milters", "", "Milters are not supported."},
    {"non_smtpd_milters", "", "Milters are not supported."},
};

constexpr KnownKey kMasterKeys[] = {
    {"message_size_limit", "", "One limit serves all ports: POSTFIX_MESSAGE_SIZE_LIMIT."},
    {"smtpd_discard_ehlo_keywords", "", "One list serves all ports: SMTPD_DISCARD_EHLO_KEYWORDS."},
    {"*_upstream_proxy_protocol", "PROXY_PROTOCOL", ""},
    {"smtpd_tls_*", "", kTls},
    {"smtpd_sasl_*", "", "Who may log in: postfix-accounts.cf and dovecot-masters.cf."},
    {"smtpd_*_restrictions", kRestrictions, ""},
};

constexpr KnownKey kDovecotKeys[] = {
    {"recipient_delimiter", "RECIPIENT_DELIMITER", ""},
    {"mail_max_userip_connections", "MAIL_MAX_USERIP_CONNECTIONS", ""},
    {"quota_storage_size", "POSTFIX_MAILBOX_SIZE_LIMIT", ""},
    {"quota*", "", "Quotas: dovecot-quotas.cf and POSTFIX_MAILBOX_SIZE_LIMIT."},
    {"haproxy_trusted_networks", "PROXY_TRUSTED_NETWORKS", ""},
    {"haproxy_timeout", "PROXY_TIMEOUT", ""},
    {"haproxy", "PROXY_PROTOCOL", ""},
    {"fts*", "", "Search needs no settings."},
    {"mailbox", "FOLDERS", ""},
    {"ssl*", "", kTls},
    {"auth_*", "", "Who may log in: postfix-accounts.cf and dovecot-masters.cf."},
    {"mail_location", "", "Each account may say userdb_mail=maildir:/path."},
    {"mail_plugins", "", "There are no plugins."},
};

constexpr KnownKey kAmavisKeys[] = {
    {"*", "", "Spam filtering is not available in this version."},
};

bool matches(std::string_view pattern, std::string_view key) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == key;
  return key.size() + 1 >= pattern.size() && key.starts_with(pattern.substr(0, star)) &&
         key.ends_with(pattern.substr(star + 1));
}

constexpr std::string_view kNeedsDns = "Checks that ask the DNS are not available in this version.";
constexpr std::string_view kAccess =
    "Tables of senders and recipients: postfix-send-access.cf, postfix-receive-access.cf.";
constexpr std::string_view kNotAsked = "This check is not available in this version.";

constexpr std::pair<std::string_view, std::string_view> kRestrictionWords[] = {
    // What the server does in any case.
    {"permit", ""},
    {"permit_mynetworks", ""},
    {"permit_sasl_authenticated", ""},
    {"permit_auth_destination", ""},
    {"reject_unauth_destination", ""},
    {"defer_unauth_destination", ""},
    {"reject_unauth_pipelining", ""},
    {"reject_unlisted_recipient", ""},
    {"reject_unverified_recipient", ""},
    {"check_*_access", kAccess},
    {"check_policy_service", "Policy services are not supported."},
    {"reject_rbl_client", kNeedsDns},
    {"reject_rhsbl_*", kNeedsDns},
    {"reject_unknown_*", kNeedsDns},
    {"warn_if_reject", kNotAsked},
    {"reject*", kNotAsked},
    {"defer*", kNotAsked},
    {"permit_*", "Who may relay: TRUSTED_NETWORKS and those who log in."},
};

}  // namespace

std::span<const KnownKey> keys_of(std::string_view file) {
  if (file == kMainFile) return kMainKeys;
  if (file == kMasterFile) return kMasterKeys;
  return file == kDovecotFile ? std::span<const KnownKey>(kDovecotKeys) : kAmavisKeys;
}

const KnownKey* find_key(std::span<const KnownKey> keys, std::string_view key) {
  for (const KnownKey& known : keys) {
    if (matches(known.key, key)) return &known;
  }
  return nullptr;
}

std::string_view advice_on_restriction(std::string_view word) {
  for (const auto& [known, advice] : kRestrictionWords) {
    if (matches(known, word)) return advice;
  }
  return {};
}

std::string_view service_of(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"smtp", "smtp"},         {"smtpd", "smtp"},
      {"25", "smtp"},           {"submission", "submission"},
      {"587", "submission"},    {"submissions", "submissions"},
      {"smtps", "submissions"}, {"465", "submissions"},
      {"imap", "imap"},         {"imaps", "imaps"},
      {"pop3", "pop3"},         {"pop3s", "pop3s"},
      {"lmtp", "lmtp"}};
  for (const auto& [known, service] : kNames) {
    if (known == name) return service;
  }
  return {};
}

}  // namespace mail::directory
