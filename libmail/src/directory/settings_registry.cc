// The registry of settings: the one list that parsing, documentation and warnings come from.
//
// Tested by tests/unit/directory/settings_test.cc.
#include "mail/directory/folders.h"
#include "mail/directory/settings.h"

namespace mail::directory {
namespace {

constexpr SettingInfo kRegistry[] = {
    {"ALIAS_DUPLICATES", SettingType::kChoice, "merge", "merge|fail",
     "Two lines with one key in postfix-virtual.cf: mail goes to the targets of both, or, as in "
     "Postfix, every alias lookup fails (451) until it is mended."},
    {"ALIAS_LOGIN", SettingType::kFlag, "0", "",
     "1: an alias can log in with the password of its first target that is an account, as in "
     "docker-mailserver with quotas."},
    {"CATCHALL_SWALLOWS_ACCOUNTS", SettingType::kFlag, "0", "",
     "1: a catch-all (@domain) also takes the mail of real accounts without an alias of their own, "
     "as in Postfix."},
    {"DEDUPE_RECIPIENTS", SettingType::kFlag, "1", "",
     "1: one transaction that reaches a mailbox by several addresses delivers one copy; 0: one for "
     "each address, as in Postfix."},
    {"DEFAULT_RELAY_HOST", SettingType::kText, "", "",
     "Through which host all mail leaves: [smtp.example.net]:587. Read, and used once mail leaves "
     "this server."},
    {"DELIVERED_TO", SettingType::kFlag, "1", "",
     "1: Delivered-To names the address that a copy was delivered for; 0: no such field, and one "
     "file serves all recipients of a message."},
    {"DMS_VMAIL_GID", SettingType::kNumber, "5000", "",
     "Group of the mail where the mail folder belongs to root."},
    {"DMS_VMAIL_UID", SettingType::kNumber, "5000", "",
     "User that maild becomes, and owner of the mail, where the mail folder belongs to root; "
     "otherwise its owner."},
    {"DOVECOT_INET_PROTOCOLS", SettingType::kChoice, "all", "all|ipv4|ipv6",
     "Address families of IMAP and POP3 where LISTEN_* does not say."},
    {"ENABLE_IMAP", SettingType::kFlag, "1", "", "0: no IMAP, unless LISTEN_IMAP or LISTEN_IMAPS."},
    {"ENABLE_POP3", SettingType::kFlag, "0", "", "1: POP3 on ports 110 and 995."},
    {"ENABLE_QUOTAS", SettingType::kFlag, "1", "",
     "0: no account has a quota; nothing is refused, warned of or told."},
    {"FLAGS_AT_ONCE", SettingType::kFlag, "0", "",
     "1: a flag that a client sets is on disk before it is answered; 0: within a second, as fast "
     "as "
     "memory until then, so that a power cut may take the last second's flags back."},
    {"FOLDERS", SettingType::kText, kDefaultFolders, "",
     "Folders of every account, as `name:subscribe:\\Use`: `no` gives only the special use, "
     "`create` makes the folder, `subscribe` subscribes to it, too."},
    {"LETSENCRYPT_FOLDER", SettingType::kText, "/etc/letsencrypt", "",
     "SSL_TYPE=letsencrypt: the folder with live/ or Traefik's acme.json."},
    {"LISTEN_IMAP", SettingType::kListen, "*:143", "", "Where IMAP with STARTTLS listens."},
    {"LISTEN_IMAPS", SettingType::kListen, "*:993", "",
     "Where IMAP over TLS listens; by default only with a certificate (SSL_TYPE)."},
    {"LISTEN_LMTP", SettingType::kListen, "", "",
     "Where LMTP listens; `unix:/path` for a unix socket. Whoever reaches it may deliver to every "
     "mailbox."},
    {"LISTEN_POP3", SettingType::kListen, "*:110", "",
     "Where POP3 with STLS listens; by default only with ENABLE_POP3=1."},
    {"LISTEN_POP3S", SettingType::kListen, "*:995", "",
     "Where POP3 over TLS listens; by default only with ENABLE_POP3=1 and a certificate "
     "(SSL_TYPE)."},
    {"LISTEN_SMTP", SettingType::kListen, "*:25", "", "Where SMTP for mail from others listens."},
    {"LISTEN_SUBMISSION", SettingType::kListen, "*:587", "",
     "Where submission with STARTTLS listens."},
    {"LISTEN_SUBMISSIONS", SettingType::kListen, "*:465", "",
     "Where submission over TLS listens; by default only with a certificate (SSL_TYPE)."},
    {"LOG_FORMAT", SettingType::kChoice, "text", "text|json",
     "Log lines for people, with name=value behind the sentence, or one JSON object a line."},
    {"LOG_LEVEL", SettingType::kChoice, "info", "error|warn|info|debug|trace",
     "The least important messages that are logged."},
    {"MAIL_MAX_USERIP_CONNECTIONS", SettingType::kNumber, "10", "",
     "Connections of one user from one address to each of IMAP and POP3, as in Dovecot; 0: no "
     "limit."},
    {"MAX_CONNECTIONS", SettingType::kNumber, "20000", "",
     "Connections at one time. When all are taken, the oldest that has not logged in makes room."},
    {"MYDESTINATION", SettingType::kText, "", "",
     "Domains of this host itself, whose mail goes through postfix-aliases.cf; empty: the host's "
     "name, localhost.DOMAIN and localhost. $myhostname and $mydomain stand for themselves."},
    {"NETWORK_INTERFACE", SettingType::kText, "eth0", "", "Whose address PERMIT_DOCKER means."},
    {"OVERRIDE_HOSTNAME", SettingType::kText, "", "",
     "The server's full name, instead of what the system calls itself."},
    {"OWN_ADDRESSES", SettingType::kText, "", "",
     "Addresses of this machine as the world sees it (Postfix's proxy_interfaces): "
     "user@[192.0.2.1] "
     "is local."},
    {"PERMIT_DOCKER", SettingType::kChoice, "none",
     "none|host|network|connected-networks|container",
     "Which networks may send through this server without a password."},
    {"POSTFIX_INET_PROTOCOLS", SettingType::kChoice, "all", "all|ipv4|ipv6",
     "Address families of SMTP and submission where LISTEN_* does not say."},
    {"POSTFIX_MAILBOX_SIZE_LIMIT", SettingType::kNumber, "0", "",
     "The quota of accounts without one of their own, in octets; 0: no limit. "
     "dovecot-quotas.cf says others."},
    {"POSTFIX_MESSAGE_SIZE_LIMIT", SettingType::kNumber, "10240000", "",
     "The largest message in octets; 0: no limit."},
    {"POSTMASTER_ADDRESS", SettingType::kText, "", "",
     "Who gets mail for root and postmaster; empty: postmaster@ the mail domain."},
    {"PROXY_PROTOCOL", SettingType::kText, "", "",
     "Services that only proxies connect to, which say first whose connection they forward (PROXY "
     "protocol, versions 1 and 2): `smtp submissions imaps`."},
    {"PROXY_TIMEOUT", SettingType::kNumber, "5", "",
     "Seconds that a proxy may take for its PROXY header."},
    {"PROXY_TRUSTED_NETWORKS", SettingType::kText,
     "127.0.0.0/8 [::1]/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 [fc00::]/7", "",
     "Where the proxies of PROXY_PROTOCOL are; others are refused on those ports, since whoever "
     "may "
     "send the header may say that he comes from a trusted network."},
    {"RECIPIENT_DELIMITER", SettingType::kText, "+", "",
     "Characters of which the first in a localpart begins its extension: ann+news@example.com."},
    {"SASL_SCRAM", SettingType::kChoice, "auto", "auto|on|off",
     "Login without sending the password (SCRAM-SHA-256). auto: offered while every account has a "
     "{SCRAM-SHA-256} password, since clients that prefer it do not fall back."},
    {"SMTPD_AUTHORIZED_XCLIENT_HOSTS", SettingType::kText, "", "",
     "Networks of proxies that may say by XCLIENT whose connection they forward: `192.0.2.0/24, "
     "2001:db8::1`."},
    {"SMTPD_CLIENT_CONNECTION_COUNT_LIMIT", SettingType::kNumber, "50", "",
     "Connections from one address to each of SMTP with submission, IMAP and POP3, as in Postfix; "
     "this machine's own are free; 0: no limit."},
    {"SMTPD_DISCARD_EHLO_KEYWORDS", SettingType::kText, "", "",
     "Extensions of SMTP and LMTP that are neither offered nor taken: `chunking, dsn`."},
    {"SMTP_BIND_ADDRESS", SettingType::kText, "", "",
     "The IPv4 address that mail leaves from. Read, and used once mail leaves this server."},
    {"SMTP_BIND_ADDRESS6", SettingType::kText, "", "",
     "The IPv6 address that mail leaves from. Read, and used once mail leaves this server."},
    {"SSL_ALT_CERT_PATH", SettingType::kText, "", "",
     "SSL_TYPE=manual: a second certificate chain with another kind of key (ECDSA beside RSA)."},
    {"SSL_ALT_KEY_PATH", SettingType::kText, "", "", "SSL_TYPE=manual: its private key, PEM."},
    {"SSL_CERT_PATH", SettingType::kText, "", "", "SSL_TYPE=manual: the certificate chain, PEM."},
    {"SSL_DOMAIN", SettingType::kText, "", "",
     "SSL_TYPE=letsencrypt: the name that the certificate was issued for; otherwise, or when there "
     "is none, the host name, then its domain."},
    {"SSL_KEY_PATH", SettingType::kText, "", "", "SSL_TYPE=manual: the private key, PEM."},
    {"SSL_TYPE", SettingType::kText, "", "",
     "Where the certificate comes from: `letsencrypt`, `manual`, `custom` "
     "(ssl/<hostname>-full.pem, key and chain), `self-signed` (ssl/<hostname>-cert.pem and "
     "-key.pem, made when missing). Empty: no TLS, passwords in the clear."},
    {"TLS_LEVEL", SettingType::kChoice, "modern", "modern|intermediate",
     "Cipher suites offered; TLS 1.2 is the least version in both."},
    {"TRUSTED_NETWORKS", SettingType::kText, "", "",
     "Networks that may send through this server without a password: 127.0.0.0/8 [::1]/128. "
     "Replaces PERMIT_DOCKER."},
    {"TZ", SettingType::kText, "", "",
     "Time zone of log lines, Received and Date, such as Europe/Berlin; empty: /etc/localtime."},
};

constexpr std::string_view kNotYet = "not available in this version";
constexpr std::string_view kOneProcess = "there are no separate programs to supervise or configure";
constexpr std::string_view kOwnFilter = "spam filtering is not available in this version";
constexpr std::string_view kSystem = "the system around the server does this";
constexpr std::string_view kImmediate = "changes are seen at once; nothing is polled";

constexpr RetiredSetting kRetired[] = {
    {"ACCOUNT_PROVISIONER", "accounts come from postfix-accounts.cf only"},
    {"AMAVIS_LOGLEVEL", kOneProcess},
    {"CLAMAV_MESSAGE_SIZE_LIMIT", kNotYet},
    {"DMS_CONFIG_POLL", kImmediate},
    {"DOVECOT_*", "there is no Dovecot behind this server"},
    {"ENABLE_AMAVIS", kOneProcess},
    {"ENABLE_CLAMAV", kNotYet},
    {"ENABLE_DNSBL", kNotYet},
    {"ENABLE_FAIL2BAN", kNotYet},
    {"ENABLE_FETCHMAIL", kNotYet},
    {"ENABLE_GETMAIL", kNotYet},
    {"ENABLE_LDAP", "accounts come from postfix-accounts.cf only"},
    {"ENABLE_MANAGESIEVE", kNotYet},
    {"ENABLE_MTA_STS", kNotYet},
    {"ENABLE_OAUTH2", kNotYet},
    {"ENABLE_OPENDKIM", kNotYet},
    {"ENABLE_OPENDMARC", kNotYet},
    {"ENABLE_POLICYD_SPF", kNotYet},
    {"ENABLE_POSTGREY", kNotYet},
    {"ENABLE_RSPAMD", kOwnFilter},
    {"ENABLE_RSPAMD_REDIS", kOwnFilter},
    {"ENABLE_SASLAUTHD", "accounts come from postfix-accounts.cf only"},
    {"ENABLE_SPAMASSASSIN", kOwnFilter},
    {"ENABLE_SPAMASSASSIN_KAM", kOwnFilter},
    {"ENABLE_SRS", kNotYet},
    {"ENABLE_UPDATE_CHECK", "the server does not phone home; the packages tell of updates"},
    {"FAIL2BAN_BLOCKTYPE", kNotYet},
    {"FETCHMAIL_*", kNotYet},
    {"GETMAIL_POLL", kNotYet},
    {"LDAP_*", "accounts come from postfix-accounts.cf only"},
    {"LOGROTATE_*", kSystem},
    {"LOGWATCH_*", kSystem},
    {"MARK_SPAM_AS_READ", kOwnFilter},
    {"MOVE_SPAM_TO_JUNK", kOwnFilter},
    {"OAUTH2_INTROSPECTION_URL", kNotYet},
    {"ONE_DIR", "state is always kept in one folder"},
    {"PFLOGSUMM_*", kSystem},
    {"POSTFIX_DAGENT", "delivery goes straight into the mail folder"},
    {"POSTFIX_REJECT_UNKNOWN_CLIENT_HOSTNAME", kNotYet},
    {"POSTGREY_*", kNotYet},
    {"POSTSCREEN_ACTION", kNotYet},
    {"RELAY_*", kNotYet},
    {"REPORT_RECIPIENT", kSystem},
    {"REPORT_SENDER", kSystem},
    {"RSPAMD_*", kOwnFilter},
    {"SASLAUTHD_*", "accounts come from postfix-accounts.cf only"},
    {"SA_*", kOwnFilter},
    {"SMTP_ONLY", "set ENABLE_IMAP=0"},
    {"SPAMASSASSIN_SPAM_TO_INBOX", kOwnFilter},
    {"SPAM_SUBJECT", kOwnFilter},
    {"SPOOF_PROTECTION", kNotYet},
    {"SRS_*", kNotYet},
    {"SUPERVISOR_LOGLEVEL", kOneProcess},
    {"UPDATE_CHECK_INTERVAL", "the server does not phone home; the packages tell of updates"},
    {"VIRUSMAILS_DELETE_DELAY", kNotYet},
};

std::string_view type_name(const SettingInfo& info) {
  switch (info.type) {
    case SettingType::kText: return "text";
    case SettingType::kFlag: return "0 or 1";
    case SettingType::kNumber: return "number";
    case SettingType::kChoice: return "choice";
    case SettingType::kListen: return "addresses";
  }
  return "";
}

std::string choices_text(std::string_view choices) {
  std::string text;
  while (true) {
    const std::size_t bar = choices.find('|');
    const std::string_view choice = choices.substr(0, bar);
    append(text, text.empty() ? "" : ", ", choice.empty() ? "(empty)" : cat("`", choice, "`"));
    if (bar == std::string_view::npos) return text;
    choices.remove_prefix(bar + 1);
  }
}

}  // namespace

std::span<const SettingInfo> setting_registry() { return kRegistry; }

std::span<const RetiredSetting> retired_settings() { return kRetired; }

std::string settings_markdown() {
  std::string text =
      "# Settings\n\n"
      "<!-- Generated from libmail/src/directory/settings_registry.cc: run "
      "`MAIL_UPDATE_CASES=1 directory_test` to rewrite it. -->\n\n"
      "Read from `mailserver.env` in the config folder, one `NAME=value` a line, without quoting; "
      "environment variables win. `NAME__FILE=/path` takes the value from a file. An empty value "
      "is the default, except for `LISTEN_*`, where it means `off`. A wrong value is reported with "
      "file and line, and the default is used.\n\n"
      "`LISTEN_*` is a list such as `127.0.0.1:2525,[::1]:2525`; `*` is every interface, port 0 "
      "any free port, `off` nothing.\n\n"
      "| name | type | default | meaning |\n|---|---|---|---|\n";
  for (const SettingInfo& info : setting_registry()) {
    append(text, "| `", info.name, "` | ",
           info.type == SettingType::kChoice ? choices_text(info.choices)
                                             : std::string(type_name(info)),
           " | ", info.default_value.empty() ? "" : cat("`", info.default_value, "`"), " | ",
           info.documentation, " |\n");
  }
  text +=
      "\n## Known, but without meaning here\n\n"
      "Variables of docker-mailserver that are named with the reason when they are set.\n\n"
      "| name | why |\n|---|---|\n";
  for (const RetiredSetting& retired : retired_settings()) {
    append(text, "| `", retired.name, "` | ", retired.reason, " |\n");
  }
  return text;
}

}  // namespace mail::directory
