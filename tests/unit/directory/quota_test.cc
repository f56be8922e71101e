#include "mail/directory/quota.h"

#include <catch2/catch.hpp>

#include "mail/directory/attributes.h"
#include "mail/directory/snapshot.h"

using namespace mail::directory;

TEST_CASE("a quota's size is a whole number with a binary unit, or 0") {
  struct Row {
    std::string_view text;
    std::optional<std::uint64_t> octets;
    std::string_view shown;
  };
  const Row rows[] = {
      {"0", 0, "0"},
      {"5G", 5ULL << 30, "5G"},
      {"50M", 50ULL << 20, "50M"},
      {"1024k", 1 << 20, "1M"},
      {"10K", 10240, "10k"},
      {"700B", 700, "700B"},
      {"2T", 2ULL << 40, "2T"},
      {"8388608T", 1ULL << 63, "8388608T"},
      {"8388609T", std::nullopt, ""},
      {"", std::nullopt, ""},
      {"M", std::nullopt, ""},
      {"5", std::nullopt, ""},
      {"5g", std::nullopt, ""},
      {"-5M", std::nullopt, ""},
      {"1.5G", std::nullopt, ""},
      {"99999999999999999999T", std::nullopt, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto octets = parse_quota_size(row.text);
    CHECK(octets == row.octets);
    if (octets) CHECK(quota_size_text(*octets) == row.shown);
  }
}

TEST_CASE("an account's quota is that of the quotas file, its attributes, or the default") {
  Snapshot::Texts texts;
  texts.accounts =
      "m@d.example|{PLAIN}x\njim@d.example|{PLAIN}x\n"
      "a@d.example|{PLAIN}x|userdb_quota_storage_size=2G\n"
      "b@d.example|{PLAIN}x|userdb_quota_rule=*:storage=1024:messages=7 "
      "userdb_quota_storage_size=1\n"
      "c@d.example|{PLAIN}x|userdb_quota_rule=*:bytes=50M\n"
      "e@d.example|{PLAIN}x|userdb_quota_storage_size=2G\n";
  texts.quotas = "# quotas\nJIM@d.example:1G\ne@d.example:0\nnonsense\nm:5G\njim@d.example:2G\n";
  Options options;
  options.default_quota_octets = 4096000;
  const auto snapshot = Snapshot::from_texts(texts, options);
  const auto quota = [&](std::string_view who) {
    return snapshot->quota_of(*snapshot->find_login(who));
  };
  // docker-mailserver's grep would give jim's quota to m (dms.md §6.1, 6).
  CHECK(quota("m@d.example") == Quota{4096000, 409600, 0, "", 0});
  CHECK(quota("jim@d.example") == Quota{1ULL << 30, (1ULL << 30) / 10, 0, "dovecot-quotas.cf", 2});
  CHECK(quota("a@d.example").octets == 2ULL << 30);
  CHECK(quota("a@d.example").file == "postfix-accounts.cf");
  CHECK(quota("b@d.example").octets == 1024 * 1024);
  CHECK(quota("b@d.example").messages == 7);
  CHECK(quota("c@d.example").octets == 50ULL << 20);
  CHECK(quota("e@d.example").octets == 0);
  std::vector<std::size_t> lines;
  for (const Diagnostic& diagnostic : snapshot->diagnostics()) {
    if (diagnostic.file == "dovecot-quotas.cf") lines.push_back(diagnostic.line);
  }
  CHECK(lines == std::vector<std::size_t>{4, 5, 6});
  options.quotas = false;
  const auto without = Snapshot::from_texts(texts, options);
  CHECK(without->quota_of(*without->find_login("jim@d.example")) == Quota{});
}

TEST_CASE("a Maildir of the extra attributes is where the mail is") {
  struct Row {
    std::string_view extra;
    std::string_view mail, home;
  };
  const Row rows[] = {
      {"", "", ""},
      {"userdb_mail=maildir:~/Maildir", "/var/mail/d.example/ann/home/Maildir", ""},
      {"userdb_mail=maildir:/srv/%d/%n/:INBOX=/x", "/srv/d.example/ann", ""},
      {"userdb_mail=/srv/%u", "/srv/ann@d.example", ""},
      {"userdb_mail=maildir:%h/mail userdb_home=/home/%{user|username}", "/home/ann/mail",
       "/home/ann"},
      {"userdb_mail=maildir:~", "/var/mail/d.example/ann/home", ""},
      {"userdb_mail=mbox:~/mail:INBOX=~/inbox", "", ""},
      {"userdb_mail=maildir:relative", "", ""},
      {"userdb_mail=maildir:/srv/%x", "", ""},
      {"userdb_mail=maildir:/100%%", "/100%", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.extra);
    const Account account{"ann@d.example", "{PLAIN}x", std::string(row.extra), 1};
    const Attributes attributes = attributes_of(account, "/var/mail");
    CHECK(attributes.mail == row.mail);
    CHECK(attributes.home == row.home);
  }
}

TEST_CASE("attributes without meaning are named, and mail is delivered all the same") {
  Snapshot::Texts texts;
  texts.accounts =
      "a@d.example|{PLAIN}x|userdb_acl_groups=admins\nb@d.example|{PLAIN}x|userdb_mail=mbox:~/m\n"
      "c@d.example|{PLAIN}x|userdb_mail=maildir:/srv/c\n";
  const auto snapshot = Snapshot::from_texts(texts, {});
  REQUIRE(snapshot->diagnostics().size() == 2);
  CHECK(to_string(snapshot->diagnostics()[0])
            .find("postfix-accounts.cf:1: the attribute "
                  "'userdb_acl_groups'") == 0);
  CHECK(to_string(snapshot->diagnostics()[1]).find("postfix-accounts.cf:2: 'mbox:~/m'") == 0);
  for (const char* who : {"a@d.example", "b@d.example", "c@d.example"}) {
    CHECK(snapshot->resolve(who).verdict == Verdict::kDeliverable);
  }
  CHECK(snapshot->accounts()[0].extra == "userdb_acl_groups=admins");
}
