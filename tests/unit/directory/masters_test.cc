#include <catch2/catch.hpp>

#include "mail/directory/authenticate.h"
#include "mail/directory/snapshot.h"

using namespace mail::directory;

TEST_CASE("a master opens every mailbox with its own password, and no mailbox of its own") {
  Snapshot::Texts texts;
  texts.accounts = "ann@d.example|{PLAIN}annspass\n";
  texts.masters = "# masters\nAdmin|{PLAIN}rootpass\nbroken\nlocked|{MD4}x\na*b|{PLAIN}x\n";
  const auto snapshot = Snapshot::from_texts(texts, {});
  struct Row {
    std::string_view login, password;
    LoginVerdict verdict;
    std::string_view reason;
  };
  const Row rows[] = {
      {"ann@d.example*admin", "rootpass", LoginVerdict::kAccepted, ""},
      {"ANN@d.example*ADMIN", "rootpass", LoginVerdict::kAccepted, ""},
      {"ann@d.example*admin", "annspass", LoginVerdict::kRefused, "another password"},
      {"ann@d.example", "rootpass", LoginVerdict::kRefused, "another password"},
      {"ann@d.example*nobody", "rootpass", LoginVerdict::kRefused, "no such master"},
      {"ann@d.example*", "rootpass", LoginVerdict::kRefused, "no such master"},
      {"eve@d.example*admin", "rootpass", LoginVerdict::kRefused, "no such account"},
      {"admin", "rootpass", LoginVerdict::kRefused, "no such account"},
      {"*admin", "rootpass", LoginVerdict::kRefused, "no such account"},
      {"ann@d.example*locked", "x", LoginVerdict::kRefused,
       "dovecot-masters.cf:4: unknown password scheme"},
      {"ann@d.example*admin*admin", "rootpass", LoginVerdict::kRefused, "no such master"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.login, row.password);
    const Login login = authenticate(*snapshot, row.login, row.password);
    CHECK(login.verdict == row.verdict);
    CHECK(login.reason == row.reason);
    if (login.verdict != LoginVerdict::kAccepted) continue;
    CHECK(login.address == "ann@d.example");
    CHECK(login.master == "admin");
  }
  CHECK(snapshot->masters().size() == 2);
  CHECK(snapshot->diagnostics().size() == 3);
}

TEST_CASE("an alias is a login only where ALIAS_LOGIN says so") {
  Snapshot::Texts texts;
  texts.accounts = "ann@d.example|{PLAIN}x\n";
  texts.virtual_aliases =
      "info@d.example far@elsewhere.example, Ann@d.example\n@d.example ann@d.example\n";
  Options options;
  const auto strict = Snapshot::from_texts(texts, options);
  CHECK(authenticate(*strict, "info@d.example", "x").verdict == LoginVerdict::kRefused);
  options.alias_login = true;
  const auto lax = Snapshot::from_texts(texts, options);
  const Login login = authenticate(*lax, "Info@d.example", "x");
  CHECK(login.verdict == LoginVerdict::kAccepted);
  CHECK(login.address == "ann@d.example");
  CHECK(authenticate(*lax, "info@d.example", "y").verdict == LoginVerdict::kRefused);
  CHECK(authenticate(*lax, "other@d.example", "x").verdict == LoginVerdict::kRefused);
}

TEST_CASE("a login name is a key and nothing else, whatever it holds (attack B6)") {
  Snapshot::Texts texts;
  texts.accounts = "ann@d.example|{PLAIN}annspass\nbob@d.example|{PLAIN}bobspass\n";
  texts.masters = "admin|{PLAIN}rootpass\n";
  const auto snapshot = Snapshot::from_texts(texts, {});
  using namespace std::string_view_literals;
  for (const std::string_view login : {"*"sv,
                                       "*@d.example"sv,
                                       ".*@d.example"sv,
                                       "ann@d.exampl."sv,
                                       "%@d.example"sv,
                                       "ann@d.example)(|(mail=*"sv,
                                       "ann@d.example' OR '1'='1"sv,
                                       "ann@d.example\0"sv,
                                       "ann@d.example\0bob@d.example"sv,
                                       "\"ann\"@d.example"sv,
                                       "ann@d.example "sv,
                                       " ann@d.example"sv,
                                       "ann@d.example\n"sv,
                                       "ann@d.example|x"sv,
                                       "ann@d.example#"sv,
                                       "ann@d.example/../bob@d.example"sv,
                                       "ann+x@d.example"sv,
                                       "ann"sv,
                                       "@d.example"sv,
                                       ""sv}) {
    CAPTURE(login);
    for (const std::string_view password : {"annspass", "bobspass", "rootpass", ""}) {
      CHECK(authenticate(*snapshot, login, password).verdict == LoginVerdict::kRefused);
    }
  }
}

TEST_CASE("what one login proved opens no other: nothing about passwords is kept (attack B5)") {
  Snapshot::Texts texts;
  // Joined without care, name and password of the two would be one key.
  texts.accounts = "ann@d.example|{PLAIN}1secret\nann@d.example1|{PLAIN}secret\n";
  const auto snapshot = Snapshot::from_texts(texts, {});
  for (int round = 0; round < 3; ++round) {
    CHECK(authenticate(*snapshot, "ann@d.example", "1secret").address == "ann@d.example");
    CHECK(authenticate(*snapshot, "ann@d.example1", "secret").address == "ann@d.example1");
    CHECK(authenticate(*snapshot, "ann@d.example", "secret").verdict == LoginVerdict::kRefused);
    CHECK(authenticate(*snapshot, "ann@d.example1", "1secret").verdict == LoginVerdict::kRefused);
  }
}
