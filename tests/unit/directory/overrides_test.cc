#include "directory/overrides.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/base/memory_filesystem.h"
#include "mail/directory/folders.h"
#include "mail/directory/settings.h"

using namespace mail::directory;

namespace {

Settings settings_of(std::string_view file, std::string_view text) {
  mail::MemoryFilesystem files;
  REQUIRE(files.write("/c/mailserver.env", "POSTFIX_MESSAGE_SIZE_LIMIT=5\n").ok());
  REQUIRE(files.write("/c/" + std::string(file), text).ok());
  return Settings::read(files, "/c", {});
}

std::vector<std::string> said(const Settings& settings) {
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : settings.diagnostics()) all.push_back(to_string(diagnostic));
  return all;
}

}  // namespace

TEST_CASE("keys of postfix-main.cf become settings, the last line counting") {
  const Settings settings = settings_of("postfix-main.cf",
                                        "message_size_limit = 1000\n"
                                        "recipient_delimiter = -\n"
                                        "mydestination = localhost.$mydomain,\n"
                                        "# between\n"
                                        "  localhost, $also\n"
                                        "also = other.${mydomain}\n"
                                        "proxy_interfaces = 192.0.2.1, 2001:db8::1\n"
                                        "inet_protocols = ipv4\n"
                                        "message_size_limit = 2000\n"
                                        "mynetworks = 127.0.0.0/8, 10.0.0.0/8\n"
                                        "smtpd_discard_ehlo_keywords = dsn, size\n"
                                        "relayhost = [relay.example]:587\n");
  CHECK(said(settings).empty());
  CHECK(settings.number("POSTFIX_MESSAGE_SIZE_LIMIT") == 2000);
  CHECK(settings.source("POSTFIX_MESSAGE_SIZE_LIMIT") == "postfix-main.cf:9");
  CHECK(settings.source("TLS_LEVEL").empty());
  CHECK(settings.text("POSTFIX_INET_PROTOCOLS") == "ipv4");
  CHECK(settings.text("SMTPD_DISCARD_EHLO_KEYWORDS") == "dsn, size");
  CHECK(settings.text("DEFAULT_RELAY_HOST") == "[relay.example]:587");
  CHECK(settings.trusted_networks({}).contains("10.1.1.1"));
  const Options options = settings.directory_options("mail.example.com");
  CHECK(options.recipient_delimiter == "-");
  CHECK(options.mydestination ==
        std::vector<std::string>{"localhost.example.com", "localhost", "other.example.com"});
  CHECK(options.own_addresses == std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
  CHECK(settings_of("postfix-main.cf", "recipient_delimiter =\n")
            .directory_options("h.example")
            .recipient_delimiter.empty());
}

TEST_CASE("a key of another program that means nothing here is named with our setting") {
  struct Row {
    std::string_view file, text, expected;
  };
  const Row rows[] = {
      {"postfix-main.cf", "smtpd_tls_security_level = may\n",
       "postfix-main.cf:1: 'smtpd_tls_security_level' has no effect here. Certificates and cipher "
       "suites: SSL_TYPE and TLS_LEVEL."},
      {"postfix-main.cf",
       "\nsmtpd_client_restrictions = permit_mynetworks,\n reject_rbl_client zen.example permit\n",
       "postfix-main.cf:2: 'reject_rbl_client' of 'smtpd_client_restrictions' has no effect here. "
       "Checks that ask the DNS are not available in this version."},
      {"postfix-master.cf",
       "submission/inet/smtpd_sender_restrictions=check_sender_access,permit\n",
       "postfix-master.cf:1: 'check_sender_access' of 'smtpd_sender_restrictions' has no effect "
       "here. Tables of senders and recipients: postfix-send-access.cf, "},
      {"postfix-main.cf", "default_process_limit = 1\n",
       "postfix-main.cf:1: 'default_process_limit' has no effect here. Delete it."},
      {"postfix-main.cf", "nonsense\n", "postfix-main.cf:1: no 'key =' in 'nonsense'"},
      {"postfix-main.cf", "mynetworks = nonsense\n",
       "postfix-main.cf:1: TRUSTED_NETWORKS='nonsense' is not possible"},
      {"postfix-master.cf", "submission/inet/smtpd_sasl_security_options=noanonymous\n",
       "postfix-master.cf:1: 'smtpd_sasl_security_options' has no effect here. Who may log in: "},
      {"postfix-master.cf", "12525/inet/smtpd_upstream_proxy_protocol=haproxy\n",
       "postfix-master.cf:1: 'smtpd_upstream_proxy_protocol' is of '12525', which is no service of "
       "ours. Let LISTEN_SMTP "},
      {"postfix-master.cf", "smtp inet n\n", "postfix-master.cf:1: 'smtp inet n' is not of the "},
      {"dovecot.cf", "haproxy_trusted_networks = nonsense\n",
       "dovecot.cf:1: PROXY_TRUSTED_NETWORKS='nonsense' is not possible"},
      {"dovecot.cf", "namespace inbox {\n  mailbox All {\n    special_use = \\All\n  }\n}\n",
       "dovecot.cf:2: FOLDERS="},
      {"dovecot.cf", "plugin {\n  fts = xapian # search\n}\n",
       "dovecot.cf:2: 'fts' has no effect here. Search needs no settings."},
      {"amavis.cf", "use strict;\n$sa_kill_level_deflt = 9;\n1;\n",
       "amavis.cf:2: '$sa_kill_level_deflt' has no effect here. Spam filtering"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.file, row.text);
    const auto lines = said(settings_of(row.file, row.text));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].substr(0, row.expected.size()) == row.expected);
  }
}

TEST_CASE("keys of dovecot.cf become settings inside and outside of blocks") {
  const Settings settings = settings_of(
      "dovecot.cf", "plugin {\n  quota_storage_size = 2G\n}\nrecipient_delimiter = ~\n");
  CHECK(said(settings).empty());
  CHECK(settings.directory_options("h.example").default_quota_octets == 2ULL << 30);
  CHECK(settings.directory_options("h.example").recipient_delimiter == "~");
}

TEST_CASE("The PROXY protocol is switched on by Postfix's and Dovecot's keys") {
  struct Row {
    std::string_view file, text;
    std::vector<std::string> services;
  };
  const Row rows[] = {
      {"postfix-main.cf", "postscreen_upstream_proxy_protocol = haproxy\n", {"smtp"}},
      {"postfix-main.cf",
       "smtpd_upstream_proxy_protocol = haproxy\n",
       {"submission", "submissions"}},
      {"postfix-main.cf", "smtpd_upstream_proxy_protocol =\n", {}},
      {"postfix-master.cf",
       "smtp/inet/postscreen_upstream_proxy_protocol=haproxy\n"
       "submissions/inet/smtpd_upstream_proxy_protocol=haproxy\n",
       {"smtp", "submissions"}},
      {"dovecot.cf",
       "haproxy_trusted_networks = 10.0.0.0/8, 192.0.2.1\nhaproxy_timeout = 3 secs\n"
       "service imap-login {\n  inet_listener imap {\n    haproxy = yes\n  }\n"
       "  inet_listener imaps {\n    haproxy = yes\n    ssl = yes\n  }\n}\n",
       {"imap", "imaps"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.file, row.text);
    CHECK(settings_of(row.file, row.text).proxied_services() == row.services);
  }
  const Settings settings = settings_of(rows[4].file, rows[4].text);
  CHECK(settings.text("PROXY_TRUSTED_NETWORKS") == "10.0.0.0/8, 192.0.2.1");
  CHECK(settings.number("PROXY_TIMEOUT") == 3);
  const std::pair<std::string_view, std::uint64_t> times[] = {
      {"7", 7}, {"9s", 9}, {"2 min", 120}, {"2m", 120}, {"300ms", 5}, {"soon", 5}};
  for (const auto& [text, seconds] : times) {
    CAPTURE(text);
    const std::string line = mail::cat("smtpd_upstream_proxy_timeout = ", text, "\n");
    CHECK(settings_of("postfix-main.cf", line).number("PROXY_TIMEOUT") == seconds);
  }
}

TEST_CASE("Restrictions that hold here anyway are passed over in silence") {
  CHECK(said(settings_of("postfix-main.cf",
                         "smtpd_recipient_restrictions = permit_sasl_authenticated, "
                         "permit_mynetworks, reject_unauth_destination\n"))
            .empty());
}

TEST_CASE("Mailboxes of dovecot.cf join the folders of every account") {
  const Settings settings = settings_of("dovecot.cf",
                                        "namespace inbox {\n"
                                        "  mailbox Archive {\n    auto = create\n"
                                        "    special_use = \\Archive\n  }\n"
                                        "  mailbox \"Deleted Items\" {\n    auto = subscribe\n"
                                        "    special_use = \\Trash \\Junk\n  }\n"
                                        "  mailbox Trash {\n    auto = no\n  }\n}\n");
  CHECK(said(settings).empty());
  const auto folders = parse_folders(settings.text("FOLDERS"));
  REQUIRE(folders.ok());
  const std::vector<FolderRule> last(folders->end() - 3, folders->end());
  const std::vector<FolderRule> expected = {{"Archive", true, false, "\\Archive"},
                                            {"Deleted Items", true, true, "\\Trash"},
                                            {"Trash", false, false, ""}};
  CHECK(last == expected);
  CHECK(folders->size() == 6);
}
