#include "mail/directory/app_password.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/base/memory_filesystem.h"
#include "mail/crypto/password.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/editor.h"
#include "mail/directory/snapshot.h"

using namespace mail;
using namespace mail::directory;

namespace {

constexpr std::string_view kAccount = "ann@d.example|{PLAIN}own\n";

std::shared_ptr<const Snapshot> directory_of(std::string_view app_passwords,
                                             std::string_view accounts = kAccount) {
  Snapshot::Texts texts;
  texts.accounts = std::string(accounts);
  texts.app_passwords = std::string(app_passwords);
  return Snapshot::from_texts(texts, {});
}

WallTime at(std::string_view expiry) {
  const auto time = parse_expiry(expiry);
  REQUIRE(time);
  return *time;
}

}  // namespace

TEST_CASE("an app password opens its account for its services, until it expires") {
  const auto snapshot = directory_of(
      "# phone and backup\n"
      "Ann@D.example|{PLAIN}phonepass|Phone|imap, SMTP\r\n"
      "ann@d.example|{PLAIN}backup|backup||2027-01-31\n"
      "ann@d.example|{PLAIN}minute|minute|pop3|2027-01-31T12:00:00Z\n");
  CHECK(snapshot->diagnostics().size() == 1);  // CRLF
  struct Row {
    std::string_view password;
    LoginService service;
    std::string_view now;  // an expiry
    std::string_view label, reason;
  };
  const Row rows[] = {
      {"own", LoginService::kPop3, "2030-01-01", "", ""},
      {"phonepass", LoginService::kImap, "2030-01-01", "Phone", ""},
      {"phonepass", LoginService::kSmtp, "2030-01-01", "Phone", ""},
      {"phonepass", LoginService::kPop3, "2030-01-01", "",
       "the app password 'Phone' is not for pop3"},
      {"backup", LoginService::kPop3, "2027-01-31T23:59:59Z", "backup", ""},
      {"backup", LoginService::kPop3, "2027-01-31", "", "the app password 'backup' has expired"},
      {"minute", LoginService::kPop3, "2027-01-31T11:59:59Z", "minute", ""},
      {"minute", LoginService::kPop3, "2027-01-31T12:00:00Z", "",
       "the app password 'minute' has expired"},
      {"Phonepass", LoginService::kImap, "2026-01-01", "", "another password"},
      {"", LoginService::kImap, "2026-01-01", "", "another password"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.password, row.now, row.reason);
    const Login login = authenticate(*snapshot, "ANN@d.example", row.password,
                                     LoginAttempt{row.service, at(row.now)});
    CHECK((login.verdict == LoginVerdict::kAccepted) == row.reason.empty());
    CHECK(login.reason == row.reason);
    CHECK(login.app_password == row.label);
    if (!row.reason.empty()) continue;
    CHECK(login.address == "ann@d.example");
    CHECK(credential_mark(*snapshot, login.address, login.master, login.app_password) ==
          login.mark);
  }
  CHECK(authenticate(*snapshot, "ann@d.example", "phonepass").verdict == LoginVerdict::kRefused);
  CHECK(authenticate(*snapshot, "bob@d.example", "phonepass", LoginAttempt{}).reason ==
        "no such account");
}

TEST_CASE("an app password opens neither a suspended account nor another's as a master") {
  const std::string_view line = "ann@d.example|{PLAIN}phonepass|phone\n";
  const auto suspended = directory_of(line, "ann@d.example|{SUSPENDED}{PLAIN}own\n");
  CHECK(authenticate(*suspended, "ann@d.example", "phonepass", LoginAttempt{}).reason ==
        "the account is suspended");
  CHECK(credential_mark(*suspended, "ann@d.example", "", "phone") == std::nullopt);
  Snapshot::Texts texts;
  texts.accounts = std::string(kAccount);
  texts.masters = "admin|{PLAIN}root\n";
  texts.app_passwords = std::string(line);
  const auto snapshot = Snapshot::from_texts(texts, {});
  CHECK(authenticate(*snapshot, "ann@d.example*admin", "phonepass", LoginAttempt{}).verdict ==
        LoginVerdict::kRefused);
}

TEST_CASE("the mark of an app password changes with its line, and goes with it") {
  const std::string_view before = "ann@d.example|{PLAIN}x|phone|imap|2027-01-31\n";
  const auto mark = [](std::string_view file, std::string_view accounts = kAccount) {
    return credential_mark(*directory_of(file, accounts), "ann@d.example", "", "phone");
  };
  REQUIRE(mark(before));
  CHECK(mark(before) == mark("\n# moved\nann@d.example|{PLAIN}x|PHONE|IMAP|2027-01-31\n"));
  CHECK(mark(before) == mark(before, "ann@d.example|{PLAIN}new\n"));
  for (const std::string_view after :
       {"ann@d.example|{PLAIN}y|phone|imap|2027-01-31\n",
        "ann@d.example|{PLAIN}x|phone|smtp|2027-01-31\n",
        "ann@d.example|{PLAIN}x|phone|imap|2027-02-01\n", "ann@d.example|{PLAIN}x|phone|imap\n"}) {
    CAPTURE(after);
    CHECK(mark(after));
    CHECK(mark(after) != mark(before));
  }
  CHECK(mark("") == std::nullopt);
  CHECK(mark(before, "bob@d.example|{PLAIN}own\n") == std::nullopt);
}

TEST_CASE("a line of app-passwords.cf that cannot be understood lets nobody in, and is reported") {
  const std::string long_label(kMaxLabelOctets, 'x');
  for (const std::string& line :
       {std::string("ann@d.example|{PLAIN}p"), std::string("ann@d.example|{PLAIN}p|"),
        std::string("ann|{PLAIN}p|phone"), std::string("ann@d.example|{MD4}p|phone"),
        std::string("ann@d.example||phone"), std::string("ann@d.example|{PLAIN}p|phone|imap,web"),
        std::string("ann@d.example|{PLAIN}p|phone|,"),
        std::string("ann@d.example|{PLAIN}p|phone||tomorrow"),
        std::string("ann@d.example|{PLAIN}p|phone||2027-02-29"),
        std::string("ann@d.example|{PLAIN}p|phone||2027-1-1"),
        std::string("ann@d.example|{PLAIN}p|phone||2027-01-31T12:00Z"),
        std::string("ann@d.example|{PLAIN}p|phone||2027-01-31|more"),
        cat("ann@d.example|{PLAIN}p|", long_label, "x")}) {
    CAPTURE(line);
    const auto snapshot = directory_of(line);
    CHECK(snapshot->app_passwords().empty());
    REQUIRE(snapshot->diagnostics().size() == 1);
    CHECK(snapshot->diagnostics()[0].line == 1);
    CHECK(authenticate(*snapshot, "ann@d.example", "p", LoginAttempt{}).verdict ==
          LoginVerdict::kRefused);
  }
  CHECK(directory_of(cat("ann@d.example|{PLAIN}p|", long_label))->app_passwords().size() == 1);
}

TEST_CASE("an account has at most 32 app passwords, each label once") {
  std::string file;
  for (std::size_t i = 0; i < kMaxAppPasswords; ++i)
    append(file, "ann@d.example|{PLAIN}p", i, "|l", i, "\n");
  CHECK(directory_of(file)->app_passwords_of("ann@d.example").size() == kMaxAppPasswords);
  CHECK(directory_of(file)->diagnostics().empty());
  const auto full =
      directory_of(file + "ann@d.example|{PLAIN}q|one more\nbob@d.example|{PLAIN}q|x\n",
                   "ann@d.example|{PLAIN}own\nbob@d.example|{PLAIN}own\n");
  CHECK(full->app_passwords().size() == kMaxAppPasswords + 1);
  REQUIRE(full->diagnostics().size() == 1);
  CHECK(full->diagnostics()[0].line == kMaxAppPasswords + 1);
  const auto twice = directory_of("ann@d.example|{PLAIN}a|Phone\nann@d.example|{PLAIN}b|phone\n");
  CHECK(twice->app_passwords().size() == 1);
  CHECK(authenticate(*twice, "ann@d.example", "b", LoginAttempt{}).verdict ==
        LoginVerdict::kRefused);
}

TEST_CASE(
    "app passwords that cannot be read are a failure for now; the account's own still works") {
  Snapshot::Texts texts;
  MemoryFilesystem files;
  REQUIRE(files.make_directory("/config", 0700).ok());
  REQUIRE(files.write("/config/postfix-accounts.cf", kAccount).ok());
  REQUIRE(files.write("/config/app-passwords.cf", std::string_view("\0", 1)).ok());
  const auto snapshot = Snapshot::build(files, "/config", {});
  CHECK(authenticate(*snapshot, "ann@d.example", "own", LoginAttempt{}).verdict ==
        LoginVerdict::kAccepted);
  CHECK(authenticate(*snapshot, "ann@d.example", "x", LoginAttempt{}).verdict ==
        LoginVerdict::kUnavailable);
}

TEST_CASE("clients that prefer SCRAM are not offered it while an app password exists") {
  const std::string stored =
      crypto::hash_password("own", crypto::PasswordScheme::kScramSha256).value();
  const std::string accounts = cat("ann@d.example|", stored, "\n");
  CHECK(directory_of("", accounts)->every_account_has_scram());
  CHECK_FALSE(directory_of("ann@d.example|{PLAIN}p|phone\n", accounts)->every_account_has_scram());
}

TEST_CASE("dates of expiry are read as they are written") {
  for (const std::string_view text :
       {"2027-01-31", "2027-12-31", "2028-02-29", "1999-12-31T23:59:59Z", "2027-06-01T00:00:01Z"}) {
    CHECK(expiry_text(at(text)) == text);
  }
  CHECK(expiry_text(at("2027-06-01T00:00:00Z")) == "2027-05-31");
}

TEST_CASE("app passwords are added and deleted, and go with their account") {
  MemoryFilesystem files;
  REQUIRE(files.make_directory("/config", 0700).ok());
  REQUIRE(
      files.write("/config/postfix-accounts.cf", cat(kAccount, "bob@d.example|{PLAIN}x\n")).ok());
  const std::string path = "/config/app-passwords.cf";
  Editor editor(files, "/config");
  const auto text = [&] { return read_file(files, path, 1 << 20).value_or("(absent)"); };
  const auto entry = [](std::string_view address, std::string_view label) {
    AppPassword made;
    made.address = std::string(address);
    made.label = std::string(label);
    made.password = "{PLAIN}p";
    return made;
  };
  AppPassword phone = entry("Ann@d.example", "My phone");
  phone.scope = *LoginScope::parse("smtp,imap");
  phone.expires = at("2027-01-31");
  REQUIRE(editor.add_app_password(phone).ok());
  REQUIRE(editor.add_app_password(entry("bob@d.example", "x")).ok());
  CHECK(text() ==
        "ann@d.example|{PLAIN}p|My phone|imap,smtp|2027-01-31\nbob@d.example|{PLAIN}p|x\n");
  CHECK(directory_of(text())->app_passwords_of("ann@d.example").size() == 1);

  CHECK(editor.add_app_password(entry("ann@d.example", "my PHONE")).code() ==
        absl::StatusCode::kAlreadyExists);
  CHECK(editor.add_app_password(entry("eve@d.example", "x")).code() == absl::StatusCode::kNotFound);
  for (const std::string_view label : {"", "a|b", " a", "a\nb"}) {
    CHECK(editor.add_app_password(entry("ann@d.example", label)).code() ==
          absl::StatusCode::kInvalidArgument);
  }
  for (std::size_t i = 1; i < kMaxAppPasswords; ++i) {
    REQUIRE(editor.add_app_password(entry("ann@d.example", cat("l", i))).ok());
  }
  CHECK(editor.add_app_password(entry("ann@d.example", "one more")).code() ==
        absl::StatusCode::kResourceExhausted);
  REQUIRE(editor.delete_app_password("ann@D.example", "MY phone").ok());
  CHECK(editor.delete_app_password("ann@d.example", "My phone").code() ==
        absl::StatusCode::kNotFound);
  CHECK(text().starts_with("bob@d.example|{PLAIN}p|x\nann@d.example|{PLAIN}p|l1\n"));
  REQUIRE(editor.rename("bob@d.example", "rob@d.example").ok());
  CHECK(text().starts_with("rob@d.example|{PLAIN}p|x\n"));
  REQUIRE(editor.rename("rob@d.example", "bob@d.example").ok());
  REQUIRE(editor.delete_account("ann@d.example").ok());
  CHECK(text() == "bob@d.example|{PLAIN}p|x\n");
}

TEST_CASE("generated passwords are six groups of letters that cannot be confused") {
  const std::string password = crypto::generate_password();
  CHECK(password.size() == 29);
  for (std::size_t i = 0; i < password.size(); ++i) {
    CHECK((password[i] == '-') == (i % 5 == 4));
    CHECK(std::string_view("lo01").find(password[i]) == std::string_view::npos);
  }
  CHECK(password != crypto::generate_password());
}
