// Building snapshots from a folder: what is missing, broken, or was good before.
#include "mail/directory/snapshot.h"

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/current.h"
#include "mail/directory/fingerprint.h"

using namespace mail::directory;

namespace {

Options options() {
  Options options;
  options.hostname = "mail.example.com";
  return options;
}

Verdict verdict(const std::shared_ptr<const Snapshot>& snapshot, std::string_view address) {
  return snapshot->resolve(address).verdict;
}

}  // namespace

TEST_CASE("an empty or missing folder gives an empty directory without complaint") {
  mail::MemoryFilesystem files;
  const auto snapshot = Snapshot::build(files, "/config", options());
  CHECK(snapshot->accounts().empty());
  CHECK(snapshot->diagnostics().empty());
  CHECK(snapshot->accounts_available());
  CHECK(verdict(snapshot, "ann@example.com") == Verdict::kRelayDenied);
  CHECK(verdict(snapshot, "ann@mail.example.com") == Verdict::kUnknownUser);
}

TEST_CASE("options are completed from the host name") {
  const auto snapshot = Snapshot::from_texts({}, options());
  CHECK(snapshot->options().domain == "example.com");
  CHECK(snapshot->options().postmaster_address == "postmaster@example.com");
  CHECK(snapshot->is_local_domain("MAIL.example.com"));
  CHECK(snapshot->is_local_domain("localhost.example.com"));
  CHECK(snapshot->is_local_domain("localhost"));
  CHECK_FALSE(snapshot->is_our_domain("example.com"));
  CHECK(domain_of_hostname("a.b.c.example") == "b.c.example");
  CHECK(domain_of_hostname("example.com") == "example.com");
  CHECK(domain_of_hostname("host") == "host");
}

TEST_CASE("a file that cannot be read keeps its last good version") {
  mail::MemoryFilesystem files;
  REQUIRE(files.write("/config/postfix-accounts.cf", "ann@example.com|{PLAIN}x\n").ok());
  REQUIRE(files.write("/config/postfix-virtual.cf", "info@example.com ann@example.com\n").ok());
  const auto good = Snapshot::build(files, "/config", options());
  CHECK(verdict(good, "info@example.com") == Verdict::kDeliverable);

  SECTION("NUL octets") {
    REQUIRE(files.write("/config/postfix-virtual.cf", std::string_view("a\0b", 3)).ok());
  }
  SECTION("not a regular file") {
    REQUIRE(files.unlink("/config/postfix-virtual.cf").ok());
    REQUIRE(files.make_other("/config/postfix-virtual.cf").ok());
  }
  const auto next = Snapshot::build(files, "/config", options(), good.get());
  CHECK(verdict(next, "info@example.com") == Verdict::kDeliverable);
  REQUIRE(next->diagnostics().size() == 1);
  CHECK(next->diagnostics()[0].file == "postfix-virtual.cf");
  const auto third = Snapshot::build(files, "/config", options(), next.get());
  CHECK(verdict(third, "info@example.com") == Verdict::kDeliverable);

  // Without a good version nobody is told "no such user".
  const auto blind = Snapshot::build(files, "/config", options());
  CHECK(verdict(blind, "info@example.com") == Verdict::kLookupFailure);
  // A file that was deleted is no file that cannot be read.
  REQUIRE(files.unlink("/config/postfix-virtual.cf").ok());
  const auto without = Snapshot::build(files, "/config", options(), good.get());
  CHECK(verdict(without, "info@example.com") == Verdict::kUnknownUser);
}

TEST_CASE("a file over its limit is not used, one at its limit is") {
  mail::MemoryFilesystem files;
  const std::string text = "ann@example.com|{PLAIN}x\n";
  REQUIRE(files.write("/config/postfix-accounts.cf", text).ok());
  for (const std::size_t limit : {text.size() - 1, text.size(), text.size() + 1}) {
    Options limited = options();
    limited.max_file_octets = limit;
    const auto snapshot = Snapshot::build(files, "/config", limited);
    CAPTURE(limit);
    CHECK(snapshot->accounts_available() == (limit >= text.size()));
  }
}

TEST_CASE("lookups find accounts, logins and domains whatever their case") {
  const auto snapshot =
      Snapshot::from_texts({.accounts = "Ann@Example.COM|{PLAIN}x|userdb_mail=mbox:~/mail|more\n",
                            .virtual_aliases = "@old.example ann@example.com\n"},
                           options());
  REQUIRE(snapshot->find_login("aNN@example.com") != nullptr);
  CHECK(snapshot->find_login("ann@example.com")->address == "ann@example.com");
  CHECK(snapshot->find_login("ann@example.com")->extra == "userdb_mail=mbox:~/mail|more");
  CHECK(snapshot->find_login("ann+x@example.com") == nullptr);
  CHECK(snapshot->find_login("ann") == nullptr);
  CHECK(snapshot->find_mailbox("ANN+x@example.com") != nullptr);
  CHECK(snapshot->find_mailbox("\"ann\"@example.com") != nullptr);
  CHECK(snapshot->find_mailbox(std::string(5000, 'a') + "@example.com") == nullptr);
  CHECK(snapshot->managed_domains() == std::vector<std::string>{"example.com", "old.example"});
}

TEST_CASE("a login is accepted, refused, or put off") {
  const auto snapshot = Snapshot::from_texts(
      {.accounts = "ann@example.com|{PLAIN}secret\nold@example.com|{MD4}x\n"}, options());
  CHECK(authenticate(*snapshot, "Ann@Example.com", "secret").verdict == LoginVerdict::kAccepted);
  CHECK(authenticate(*snapshot, "Ann@Example.com", "secret").address == "ann@example.com");
  CHECK(authenticate(*snapshot, "ann@example.com", "Secret").verdict == LoginVerdict::kRefused);
  CHECK(authenticate(*snapshot, "bob@example.com", "secret").verdict == LoginVerdict::kRefused);
  CHECK(authenticate(*snapshot, "old@example.com", "x").reason ==
        "postfix-accounts.cf:2: unknown password scheme");
  mail::MemoryFilesystem files;
  REQUIRE(files.write("/config/postfix-accounts.cf", std::string_view("\0", 1)).ok());
  const auto blind = Snapshot::build(files, "/config", options());
  CHECK(authenticate(*blind, "ann@example.com", "secret").verdict == LoginVerdict::kUnavailable);
}

TEST_CASE("a fingerprint changes when a file changes, comes or goes") {
  mail::MemoryFilesystem files;
  REQUIRE(files.make_directory("/config", 0700).ok());
  const Fingerprint none = fingerprint(files, "/config");
  CHECK(none == fingerprint(files, "/config"));
  REQUIRE(files.write("/config/postfix-regexp.cf", "/a/ b\n").ok());
  const Fingerprint one = fingerprint(files, "/config");
  CHECK_FALSE(one == none);
  REQUIRE(files.write("/config/postfix-regexp.cf", "/b/ b\n").ok());
  CHECK_FALSE(fingerprint(files, "/config") == one);
  REQUIRE(files.unlink("/config/postfix-regexp.cf").ok());
  CHECK(fingerprint(files, "/config") == none);
}

TEST_CASE("readers keep the snapshot they took") {
  Current current(Snapshot::from_texts({.accounts = "a@x.example|{PLAIN}x\n"}, options()));
  const auto old = current.get();
  current.set(Snapshot::from_texts({}, options()));
  CHECK(old->accounts().size() == 1);
  CHECK(current.get()->accounts().empty());
}

TEST_CASE("docker-mailserver's own test configuration reads without loss") {
  const char* given = std::getenv("MAIL_SUITES");
  const std::string suites = given != nullptr ? given : MAIL_SOURCE_DIR "/../shared/suites";
  std::string folder = suites + "/docker-mailserver/test/config";
  if (!std::filesystem::exists(folder)) {
    const char* required = std::getenv("MAIL_SUITES_REQUIRED");
    if (required != nullptr && std::string_view(required) == "1") FAIL("missing: " << folder);
    WARN("skipped: docker-mailserver's test configuration is not at " << folder);
    return;
  }
  mail::MemoryFilesystem files;
  mail::Filesystem& disk = mail::real_filesystem();
  for (const char* name : {"postfix-virtual.cf", "postfix-regexp.cf"}) {
    const auto text = read_file(disk, folder + "/" + name, 1 << 20);
    REQUIRE(text.ok());
    REQUIRE(files.write(std::string("/config/") + name, *text).ok());
  }
  const auto accounts = read_file(disk, folder + "/templates/postfix-accounts.cf", 1 << 20);
  REQUIRE(accounts.ok());
  REQUIRE(files.write("/config/postfix-accounts.cf", *accounts).ok());
  const auto snapshot = Snapshot::build(files, "/config", options());
  // alias2's target lies in a domain that the accounts make ours, but is no account.
  REQUIRE(snapshot->diagnostics().size() == 2);
  CHECK(snapshot->diagnostics()[0].text.find("mbox:~/mail") != std::string::npos);
  CHECK(snapshot->diagnostics()[1].text.find("external1@otherdomain.tld") != std::string::npos);
  CHECK(snapshot->accounts().size() == 3);
  struct Row {
    std::string_view address, final_address;
  };
  const Row table[] = {
      {"user1@localhost.localdomain", "user1@localhost.localdomain"},
      {"alias1@localhost.localdomain", "user1@localhost.localdomain"},
      {"alias1+tag@localhost.localdomain", "user1+tag@localhost.localdomain"},
      {"alias2@localhost.localdomain", "external1@otherdomain.tld"},
      {"any@localdomain2.com", "user1@localhost.localdomain"},
      {"test123@localhost.localdomain", "user1@localhost.localdomain"},
      {"bounce-x@localhost.localdomain", "external1@otherdomain.tld"},
      {"postmaster@localhost.localdomain", "user1@localhost.localdomain"},
      {"test@localhost.localdomain", "user2@otherdomain.tld"},
  };
  for (const Row& row : table) {
    CAPTURE(row.address);
    const Resolution resolution = snapshot->resolve(row.address);
    const bool external = row.final_address.starts_with("external");
    CHECK((resolution.verdict == Verdict::kDeliverable) == !external);  // nobody at otherdomain.tld
    if (external) continue;
    REQUIRE(resolution.recipients.size() == 1);
    CHECK(resolution.recipients[0].final_address == row.final_address);
  }
  for (const Account& account : snapshot->accounts()) {
    CHECK(authenticate(*snapshot, account.address, "mypassword").verdict ==
          LoginVerdict::kAccepted);
  }
}
