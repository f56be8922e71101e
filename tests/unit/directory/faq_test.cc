// The recipes of docker-mailserver's FAQ and pages, word for word: who copied one from there gets
// what it promised.
#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/directory/settings.h"
#include "mail/directory/snapshot.h"

using namespace mail::directory;

namespace {

struct Files {
  std::string_view accounts, virtuals = "", aliases = "", main = "";
};

std::shared_ptr<const Snapshot> folder_of(const Files& given, std::string_view hostname) {
  mail::MemoryFilesystem files;
  const std::pair<std::string_view, std::string_view> all[] = {
      {"postfix-accounts.cf", given.accounts},
      {"postfix-virtual.cf", given.virtuals},
      {"postfix-aliases.cf", given.aliases},
      {"postfix-main.cf", given.main}};
  for (const auto& [name, text] : all) {
    if (!text.empty()) REQUIRE(files.write("/c/" + std::string(name), text).ok());
  }
  const Settings settings = Settings::read(files, "/c", {});
  CHECK(settings.diagnostics().empty());
  return Snapshot::build(files, "/c", settings.directory_options(hostname));
}

/// "mailbox:a@d discard:x@h", or the verdict.
std::string answer(const std::shared_ptr<const Snapshot>& snapshot, std::string_view address) {
  const Resolution resolution = snapshot->resolve(address);
  std::string text;
  for (const Recipient& recipient : resolution.recipients) {
    text += (text.empty() ? "" : " ") + std::string(to_string(recipient.kind)) + ":" +
            recipient.address;
  }
  const bool good = resolution.verdict == Verdict::kDeliverable && resolution.undeliverable.empty();
  return good ? text : std::string(to_string(resolution.verdict));
}

}  // namespace

TEST_CASE("FAQ: a catch-all takes what nobody else gets, and no real account's mail") {
  const auto snapshot = folder_of({"user1@example.com|{PLAIN}x\nuser2@example.com|{PLAIN}x\n",
                                   "@example.com user1@example.com\n"},
                                  "mail.example.com");
  CHECK(answer(snapshot, "whoever@example.com") == "mailbox:user1@example.com");
  CHECK(answer(snapshot, "user1@example.com") == "mailbox:user1@example.com");
  CHECK(answer(snapshot, "user2@example.com") == "mailbox:user2@example.com");
  CHECK(answer(snapshot, "user2+news@example.com") == "mailbox:user2@example.com");
  CHECK(snapshot->diagnostics().empty());
}

TEST_CASE("FAQ: the mail of one user is discarded") {
  const auto snapshot = folder_of(
      {"user1@example.com|{PLAIN}x\n", "baduser@example.com devnull\n", "devnull: /dev/null\n"},
      "mail.example.com");
  CHECK(answer(snapshot, "baduser@example.com") == "discard:devnull@mail.example.com");
  CHECK(answer(snapshot, "user1@example.com") == "mailbox:user1@example.com");
  CHECK(answer(snapshot, "other@example.com") == "unknown user");
}

TEST_CASE("FAQ: discarding works beside a catch-all for the mail host") {
  const auto snapshot =
      folder_of({"hello@example.com|{PLAIN}x\n",
                 "@mail.example.com hello@example.com\ndevnull@mail.example.com devnull\n"
                 "baduser@example.com devnull\n",
                 "devnull: /dev/null\n"},
                "mail.example.com");
  CHECK(answer(snapshot, "baduser@example.com") == "discard:devnull@mail.example.com");
  CHECK(answer(snapshot, "whoever@mail.example.com") == "mailbox:hello@example.com");
  CHECK(answer(snapshot, "devnull@mail.example.com") == "discard:devnull@mail.example.com");
}

TEST_CASE("FAQ: a bare domain is a mail domain, with and without mydestination") {
  for (const std::string_view main : {"", "mydestination = localhost.$mydomain, localhost\n"}) {
    CAPTURE(main);
    const auto snapshot =
        folder_of({"user1@example.com|{PLAIN}x\n",
                   "info@example.com user1@example.com\nbaduser@example.com devnull\n",
                   "devnull: /dev/null\n", main},
                  "example.com");
    CHECK(answer(snapshot, "user1@example.com") == "mailbox:user1@example.com");
    CHECK(answer(snapshot, "user1+x@example.com") == "mailbox:user1@example.com");
    CHECK(answer(snapshot, "info@example.com") == "mailbox:user1@example.com");
    CHECK(answer(snapshot, "baduser@example.com") == "discard:devnull@example.com");
    CHECK(answer(snapshot, "nobody@example.com") == "unknown user");
    CHECK(snapshot->diagnostics().size() == (main.empty() ? 1 : 0));
  }
}

TEST_CASE("FAQ: an account or alias at the host's own name gets its mail, with one warning") {
  const auto accounts =
      folder_of({"a@mail.example.com|{PLAIN}x\nb@mail.example.com|{PLAIN}x\n"}, "mail.example.com");
  CHECK(answer(accounts, "a@mail.example.com") == "mailbox:a@mail.example.com");
  CHECK(answer(accounts, "b@mail.example.com") == "mailbox:b@mail.example.com");
  REQUIRE(accounts->diagnostics().size() == 1);
  CHECK(accounts->diagnostics()[0].text.find("is a mail domain and this host's own name") !=
        std::string::npos);
  const auto aliases = folder_of(
      {"a@example.com|{PLAIN}x\n", "info@mail.example.com a@example.com\n"}, "mail.example.com");
  CHECK(answer(aliases, "info@mail.example.com") == "mailbox:a@example.com");
  CHECK(aliases->diagnostics().size() == 1);
}

TEST_CASE("FAQ: three domains live in one folder") {
  const auto snapshot =
      folder_of({"a@one.example|{PLAIN}x\nb@two.example|{PLAIN}x\nc@three.example|{PLAIN}x\n",
                 "info@one.example a@one.example\ninfo@two.example b@two.example\n@three.example "
                 "c@three.example\n"},
                "mail.one.example");
  CHECK(snapshot->managed_domains() ==
        std::vector<std::string>{"one.example", "three.example", "two.example"});
  CHECK(answer(snapshot, "info@one.example") == "mailbox:a@one.example");
  CHECK(answer(snapshot, "info@two.example") == "mailbox:b@two.example");
  CHECK(answer(snapshot, "info@three.example") == "mailbox:c@three.example");
  CHECK(answer(snapshot, "a@two.example") == "unknown user");
  CHECK(answer(snapshot, "a@four.example") == "relay denied");
}

TEST_CASE("files with CR LF line ends say the same, and are named once each") {
  const auto snapshot = folder_of({"user1@example.com|{PLAIN}x\r\nuser2@example.com|{PLAIN}y",
                                   "info@example.com user1@example.com,\r\n  user2@example.com\r\n"
                                   "bad@example.com devnull\r\n",
                                   "devnull: /dev/null\r\n"},
                                  "mail.example.com");
  CHECK(answer(snapshot, "info@example.com") ==
        "mailbox:user1@example.com mailbox:user2@example.com");
  CHECK(answer(snapshot, "bad@example.com") == "discard:devnull@mail.example.com");
  CHECK(snapshot->diagnostics().size() == 3);
}

TEST_CASE(
    "POSTMASTER_ADDRESS gets the mail for root and postmaster at the host and without domain") {
  Snapshot::Texts texts;
  texts.accounts = "ann@example.com|{PLAIN}x\n";
  Options options;
  options.hostname = "mail.example.com";
  options.postmaster_address = "ann@example.com";
  const auto snapshot = Snapshot::from_texts(texts, options);
  for (const char* address : {"root@mail.example.com", "postmaster@mail.example.com", "postmaster",
                              "Postmaster@localhost", "root"}) {
    CAPTURE(address);
    CHECK(answer(snapshot, address) == "mailbox:ann@example.com");
  }
}
