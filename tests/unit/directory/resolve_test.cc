// Resolution, rule by rule; the slow twin in tests/oracle/directory compares whole tables.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "mail/directory/snapshot.h"

using namespace mail::directory;

namespace {

Options options_for(std::string hostname = "mail.d.example") {
  Options options;
  options.hostname = std::move(hostname);
  return options;
}

std::string accounts(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) text += address + "|{PLAIN}x\n";
  return text;
}

/// "deliverable: mailbox a@d, discard b@d" or the verdict alone.
std::string summary(const Resolution& resolution) {
  std::string text(to_string(resolution.verdict));
  const char* separator = ": ";
  for (const Recipient& recipient : resolution.recipients) {
    text += separator;
    text += to_string(recipient.kind);
    text += " " + recipient.final_address;
    separator = ", ";
  }
  return text;
}

struct Row {
  std::string address;
  std::string expected;
};

void check(const Snapshot& snapshot, const std::vector<Row>& table) {
  for (const Row& row : table) {
    CAPTURE(row.address);
    CHECK(summary(snapshot.resolve(row.address)) == row.expected);
  }
}

std::shared_ptr<const Snapshot> snapshot_of(Snapshot::Texts texts,
                                            Options options = options_for()) {
  return Snapshot::from_texts(texts, std::move(options));
}

}  // namespace

TEST_CASE("accounts get their mail, extensions reach them, strangers do not") {
  const auto snapshot = snapshot_of({.accounts = accounts({"ann@d.example", "b+c@d.example"})});
  check(*snapshot, {
                       {"ann@d.example", "deliverable: mailbox ann@d.example"},
                       {"ANN@D.Example", "deliverable: mailbox ANN@D.Example"},
                       {"\"ann\"@d.example", "deliverable: mailbox ann@d.example"},
                       {"ann+x@d.example", "deliverable: mailbox ann+x@d.example"},
                       {"ann+@d.example", "deliverable: mailbox ann+@d.example"},
                       {"ann+x+y@d.example", "deliverable: mailbox ann+x+y@d.example"},
                       {"+ann@d.example", "unknown user"},
                       {"b+c@d.example", "deliverable: mailbox b+c@d.example"},
                       {"b@d.example", "unknown user"},
                       {"bob@d.example", "unknown user"},
                       {"ann@other.example", "relay denied: remote ann@other.example"},
                       {"ann", "unknown user"},  // at the hostname
                       {"@d.example", "unknown user"},
                       {"ann@", "relay denied"},
                       {"", "unknown user"},
                   });
  CHECK(snapshot->resolve("ann+x@D.example").recipients.at(0).address == "ann@d.example");
}

TEST_CASE("a virtual alias replaces the address and passes its extension on") {
  const auto snapshot = snapshot_of(
      {.accounts = accounts({"ann@d.example", "bob@d.example"}),
       .virtual_aliases = "info@d.example ann@d.example\n"
                          "info+fixed@d.example bob@d.example\n"
                          "Team@D.example ann@d.example,bob@d.example  far@away.example\n"
                          "nested@d.example info@d.example\n"
                          "bob@d.example ann@d.example\n"
                          "\"with space\"@d.example ann@d.example\n"});
  check(*snapshot,
        {
            {"info@d.example", "deliverable: mailbox ann@d.example"},
            {"INFO@D.EXAMPLE", "deliverable: mailbox ann@d.example"},
            {"info+x@d.example", "deliverable: mailbox ann+x@d.example"},
            {"info+fixed@d.example", "deliverable: mailbox ann@d.example"},
            {"team@d.example", "deliverable: mailbox ann@d.example, remote far@away.example"},
            {"team+x@d.example", "deliverable: mailbox ann+x@d.example, remote far+x@away.example"},
            {"nested+x@d.example", "deliverable: mailbox ann+x@d.example"},
            {"bob@d.example", "deliverable: mailbox ann@d.example"},  // aliases win over accounts
            {"\"with space\"@d.example", "deliverable: mailbox ann@d.example"},
            {"\"with space+x\"@d.example", "deliverable: mailbox ann+x@d.example"},
        });
}

TEST_CASE("an alias that names itself keeps a copy") {
  const auto snapshot =
      snapshot_of({.accounts = accounts({"ann@d.example"}),
                   .virtual_aliases = "ann@d.example Ann@d.example, copy@away.example\n"});
  check(*snapshot,
        {{"ann@d.example", "deliverable: mailbox Ann@d.example, remote copy@away.example"},
         {"ann+x@d.example", "deliverable: mailbox Ann+x@d.example, remote copy+x@away.example"}});
}

TEST_CASE("a catch-all spares real accounts unless told to swallow them") {
  const Snapshot::Texts texts{
      .accounts = accounts({"ann@d.example", "bob@d.example"}),
      .virtual_aliases = "@d.example ann@d.example\nbob@d.example bob@d.example\n"};
  check(*snapshot_of(texts), {{"ann@d.example", "deliverable: mailbox ann@d.example"},
                              {"ann+x@d.example", "deliverable: mailbox ann+x@d.example"},
                              {"bob@d.example", "deliverable: mailbox bob@d.example"},
                              {"any@d.example", "deliverable: mailbox ann@d.example"},
                              {"any+x@d.example", "deliverable: mailbox ann@d.example"}});
  Options swallow = options_for();
  swallow.catchall_swallows_accounts = true;
  const Snapshot::Texts to_bob{
      .accounts = accounts({"ann@d.example", "bob@d.example"}),
      .virtual_aliases = "@d.example bob@d.example\nbob@d.example bob@d.example\n"};
  check(*snapshot_of(to_bob, swallow), {{"ann@d.example", "deliverable: mailbox bob@d.example"},
                                        {"ann+x@d.example", "deliverable: mailbox bob@d.example"},
                                        {"bob@d.example", "deliverable: mailbox bob@d.example"}});
}

TEST_CASE("a target @domain keeps the localpart") {
  const auto snapshot = snapshot_of({.accounts = accounts({"ann@d.example"}),
                                     .virtual_aliases = "@old.example @d.example\n"
                                                        "ann@older.example @d.example\n"});
  check(*snapshot, {{"ann@old.example", "deliverable: mailbox ann@d.example"},
                    {"ann+x@old.example", "deliverable: mailbox ann+x@d.example"},
                    {"bob@old.example", "unknown user"},
                    {"ann@older.example", "deliverable: mailbox ann@d.example"},
                    // The extension that the key did not match is dropped.
                    {"ann+x@older.example", "deliverable: mailbox ann@d.example"}});
}

TEST_CASE("regexp aliases see whole addresses, before user@dom and the catch-all") {
  const auto snapshot = snapshot_of({.accounts = accounts({"ann@d.example", "bob@d.example"}),
                                     .virtual_aliases = "@d.example ann@d.example\n"
                                                        "test1@d.example ann@d.example\n"
                                                        "bob@d.example bob@d.example\n",
                                     .regexp_aliases = "/^test[0-9]+(\\+.*)?@/ bob@d.example\n"
                                                       "/^(.*)-list@d\\.example$/ ${1}@d.example\n"
                                                       "/^far@away/ ann@d.example\n"});
  check(*snapshot, {{"test1@d.example", "deliverable: mailbox ann@d.example"},
                    {"test2@d.example", "deliverable: mailbox bob@d.example"},
                    {"TEST2@d.example", "deliverable: mailbox bob@d.example"},
                    {"test1+x@d.example", "deliverable: mailbox bob@d.example"},
                    {"bob-list@d.example", "deliverable: mailbox bob@d.example"},
                    // No managed domain comes from a regexp.
                    {"far@away.example", "relay denied: mailbox ann@d.example"}});
}

TEST_CASE("local aliases serve the host's own domains") {
  const auto snapshot = snapshot_of({.accounts = accounts({"ann@d.example"}),
                                     .virtual_aliases = "short ann@d.example\n",
                                     .local_aliases = "devnull: /dev/null\n"
                                                      "abuse: postmaster\n"
                                                      "both: ann@d.example, devnull\n"
                                                      "run: \"|/bin/sh -c true\"\n"
                                                      "one: two\ntwo: one\n"});
  check(*snapshot,
        {{"devnull@mail.d.example", "deliverable: discard devnull@mail.d.example"},
         {"devnull@localhost", "deliverable: discard devnull@localhost"},
         {"devnull+x@localhost.d.example", "deliverable: discard devnull+x@localhost.d.example"},
         {"devnull", "deliverable: discard devnull@mail.d.example"},
         {"short@mail.d.example", "deliverable: mailbox ann@d.example"},
         {"short+x@localhost", "deliverable: mailbox ann+x@d.example"},
         {"both@localhost", "deliverable: mailbox ann@d.example, discard devnull@mail.d.example"},
         {"run@localhost", "unknown user"},
         {"nobody@localhost", "unknown user"},
         {"one@localhost", "expansion error"},
         {"abuse@localhost", "unknown user"}});  // postmaster@d.example is nobody
}

TEST_CASE("mail for root and postmaster goes to POSTMASTER_ADDRESS") {
  Options options = options_for();
  options.postmaster_address = "ann@d.example";
  const auto snapshot = snapshot_of({.accounts = accounts({"ann@d.example"})}, options);
  check(*snapshot, {{"postmaster", "deliverable: mailbox ann@d.example"},
                    {"Postmaster@mail.d.example", "deliverable: mailbox ann@d.example"},
                    {"root@localhost", "deliverable: mailbox ann@d.example"}});
}

TEST_CASE("the discard recipes of the docker-mailserver FAQ work") {
  const std::string ann = accounts({"ann@d.example"});
  SECTION("baduser to devnull") {
    check(*snapshot_of({.accounts = ann,
                        .virtual_aliases = "bad@d.example devnull\n",
                        .local_aliases = "devnull: /dev/null\n"}),
          {{"bad@d.example", "deliverable: discard devnull@mail.d.example"}});
  }
  SECTION("beside a catch-all of the mail domain") {
    check(*snapshot_of({.accounts = ann,
                        .virtual_aliases = "bad@d.example devnull\n@d.example ann@d.example\n",
                        .local_aliases = "devnull: /dev/null\n"}),
          {{"bad@d.example", "deliverable: discard devnull@mail.d.example"},
           {"any@d.example", "deliverable: mailbox ann@d.example"}});
  }
  SECTION("beside a catch-all of the mail host, which needs an entry of its own") {
    const std::string catch_all = "bad@d.example devnull\n@mail.d.example ann@d.example\n";
    check(*snapshot_of({.accounts = ann,
                        .virtual_aliases = catch_all,
                        .local_aliases = "devnull: /dev/null\n"}),
          {{"bad@d.example", "deliverable: mailbox ann@d.example"}});
    check(*snapshot_of({.accounts = ann,
                        .virtual_aliases = catch_all + "devnull@mail.d.example devnull\n",
                        .local_aliases = "devnull: /dev/null\n"}),
          {{"bad@d.example", "deliverable: discard devnull@mail.d.example"}});
  }
}

TEST_CASE("a host name that is the mail domain serves accounts and local aliases") {
  check(*snapshot_of({.accounts = accounts({"ann@d.example"}), .local_aliases = "x: /dev/null\n"},
                     options_for("d.example")),
        {{"ann@d.example", "deliverable: mailbox ann@d.example"},
         {"x@d.example", "deliverable: discard x@d.example"},
         {"y@d.example", "unknown user"}});
}

TEST_CASE("an address at this machine's number is local") {
  Options options = options_for();
  options.own_addresses = {"192.0.2.1", "2001:db8::1"};
  options.postmaster_address = "ann@d.example";
  check(*snapshot_of({.accounts = accounts({"ann@d.example"})}, options),
        {{"postmaster@[192.0.2.1]", "deliverable: mailbox ann@d.example"},
         {"postmaster@[IPv6:2001:DB8::1]", "deliverable: mailbox ann@d.example"},
         {"postmaster@[192.0.2.2]", "relay denied: remote postmaster@[192.0.2.2]"}});
}

TEST_CASE("loops and limits end in an expansion error, one below a limit does not") {
  std::string chain;
  for (int i = 0; i < 1000; ++i) {
    chain += "c" + std::to_string(i) + "@d.example c" + std::to_string(i + 1) + "@d.example\n";
  }
  std::string wide = "w999@d.example w0@d.example";
  for (int i = 1; i < 999; ++i) wide += ",w" + std::to_string(i) + "@away.example";
  const auto snapshot = snapshot_of(
      {.accounts = accounts({"c1000@d.example", "ann@d.example", "w0@d.example"}),
       .virtual_aliases = chain + wide + "\nw1000@d.example w999@d.example,x@y.example\n" +
                          "w1001@d.example w1000@d.example,z@y.example\n" +
                          "a@d.example b@d.example\nb@d.example a@d.example\n"
                          "grow@d.example grow+x@d.example\n"
                          "bad@d.example ann@d.example,broken@\n"});
  CHECK(snapshot->resolve("c1@d.example").verdict == Verdict::kDeliverable);  // 999 lookups
  CHECK(snapshot->resolve("c0@d.example").verdict == Verdict::kExpansionError);
  CHECK(snapshot->resolve("w999@d.example").recipients.size() == 999);
  CHECK(snapshot->resolve("w1000@d.example").recipients.size() == 1000);
  CHECK(snapshot->resolve("w1001@d.example").verdict == Verdict::kExpansionError);
  check(*snapshot, {{"a@d.example", "expansion error"},
                    {"grow@d.example", "expansion error"},
                    {"bad@d.example", "expansion error"}});
}

TEST_CASE("a target may have 1000 octets and not one more") {
  for (const std::size_t size : {999u, 1000u, 1001u}) {
    const std::string far = std::string(size - 2, 'x') + "@y";
    const auto snapshot = snapshot_of({.virtual_aliases = "a@d.example " + far + "\n"});
    CAPTURE(size);
    CHECK((snapshot->resolve("a@d.example").verdict == Verdict::kDeliverable) == (size <= 1000));
  }
}

TEST_CASE("a duplicate key merges, or fails every lookup when that is asked for") {
  const Snapshot::Texts texts{.accounts = accounts({"ann@d.example", "bob@d.example"}),
                              .virtual_aliases =
                                  "i@d.example ann@d.example\n"
                                  "I@d.example bob@d.example, ANN@d.example\n"};
  const auto merged = snapshot_of(texts);
  check(*merged, {{"i@d.example", "deliverable: mailbox ann@d.example, mailbox bob@d.example"}});
  CHECK(merged->diagnostics().size() == 1);
  Options fail = options_for();
  fail.alias_duplicates = Options::Duplicates::kFail;
  check(*snapshot_of(texts, fail), {{"i@d.example", "lookup failure"},
                                    {"ann@d.example", "lookup failure"},
                                    {"x@away.example", "relay denied"}});
}

TEST_CASE("targets that nobody answers to are told apart from the rest") {
  const auto snapshot =
      snapshot_of({.accounts = accounts({"ann@d.example"}),
                   .virtual_aliases = "team@d.example ann@d.example,gone@d.example\n"
                                      "dead@d.example gone@d.example\n"});
  const Resolution team = snapshot->resolve("team@d.example");
  CHECK(summary(team) == "deliverable: mailbox ann@d.example");
  CHECK(team.undeliverable == std::vector<std::string>{"gone@d.example"});
  CHECK(summary(snapshot->resolve("dead@d.example")) == "unknown user");
  REQUIRE(snapshot->diagnostics().size() == 2);
  CHECK(snapshot->diagnostics()[0].line == 1);
  CHECK(snapshot->diagnostics()[1].line == 2);
}

TEST_CASE("the path names every rule with file and line") {
  const auto snapshot = snapshot_of({.accounts = accounts({"ann@d.example"}),
                                     .virtual_aliases = "# comment\n@old.example info@d.example\n"
                                                        "info@d.example ann@d.example,devnull\n",
                                     .local_aliases = "devnull: /dev/null\n"});
  const std::vector<Step> expected = {
      {Rule::kCatchAll, "x@old.example", "info@d.example", "postfix-virtual.cf", 2},
      {Rule::kVirtualAlias, "info@d.example", "ann@d.example, devnull@mail.d.example",
       "postfix-virtual.cf", 3},
      {Rule::kMailbox, "ann@d.example", "ann@d.example", "postfix-accounts.cf", 1},
      {Rule::kLocalAlias, "devnull@mail.d.example", "/dev/null", "postfix-aliases.cf", 1},
      {Rule::kDiscard, "devnull@mail.d.example", "/dev/null", "postfix-aliases.cf", 1},
  };
  const Path path = snapshot->resolve("x@old.example").path;
  CHECK(std::vector<Step>(path.begin(), path.end()) == expected);
}

TEST_CASE("other delimiters split, and an empty one never does") {
  Options tilde = options_for();
  tilde.recipient_delimiter = "~-";
  check(*snapshot_of({.accounts = accounts({"ann@d.example"})}, tilde),
        {{"ann~x@d.example", "deliverable: mailbox ann~x@d.example"},
         {"ann-x@d.example", "deliverable: mailbox ann-x@d.example"},
         {"ann+x@d.example", "unknown user"}});
  Options none = options_for();
  none.recipient_delimiter = "";
  check(*snapshot_of({.accounts = accounts({"ann@d.example"})}, none),
        {{"ann+x@d.example", "unknown user"}});
}
