#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>

#include "mail/base/memory_filesystem.h"
#include "mail/net/checkup.h"
#include "mail/net/identity.h"
#include "net/socket.h"
#include "unit/net/folder.h"
#include "unit/net/pairs.h"

namespace mail::net {
namespace {

const WallTime kNow = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21));
constexpr std::uint32_t kVmail = 5000;

/// When a certificate was made that ends so long after kNow: it begins a day earlier.
constexpr WallTime ending_in(std::chrono::days left) {
  return kNow + left - kIdentityLifetime + std::chrono::days(1);
}

/// A machine on which nothing is wrong; each test breaks one thing.
struct Machine {
  MemoryFilesystem files{[] { return kNow; }};
  CheckupOptions options;
  DiskRoom room{50'000'000'000, 100'000'000'000, 900, 1000};
  Status free;

  Machine() {
    options.config = "/config";
    options.mail = "/mail";
    options.state = "/state";
    options.machine_name = "mail.example.com";
    options.now = kNow;
    options.environment = {{"SSL_TYPE", "manual"},
                           {"SSL_CERT_PATH", "/pem/cert.pem"},
                           {"SSL_KEY_PATH", "/pem/key.pem"}};
    options.running = RunningServer{"mail.example.com", {}};
    options.room = [this](const std::string&) { return room; };
    options.is_free = [this](const directory::ListenAddress&) { return free; };
    put("/config/postfix-accounts.cf", "ann@example.com|{PLAIN}x\n");
    for (const std::string folder : {"/mail", "/mail/example.com", "/mail/example.com/ann"}) {
      REQUIRE(files.make_directory(folder, 0770).ok());
      REQUIRE(files.set_owner(folder, kVmail, kVmail).ok());
    }
    use("mail.example.com", kNow);
    listen();
  }

  void put(const std::string& path, const std::string& text, std::uint32_t mode = 0600) {
    REQUIRE(files.write(path, text, mode).ok());
    REQUIRE(files.set_mode(path, mode).ok());
  }

  void use(const std::string& name, WallTime made) {
    const std::string names[] = {name};
    const auto identity = make_identity(names, made).value();
    // As it would be with a chain: the authority behind it.
    put("/pem/cert.pem", identity.certificate + identity.authority);
    put("/pem/key.pem", identity.key);
  }

  /// The server listens as the settings say.
  void listen() {
    options.running->listeners =
        directory::Settings::read(files, options.config, options.environment).listeners();
  }

  std::vector<Finding> examine() { return net::examine(files, options); }
  std::string text() {
    std::string all;
    for (const Finding& finding : examine()) {
      append(all, to_string(finding.severity), " ", finding.area, ": ", finding.text, "\n");
    }
    return all;
  }
};

struct Case {
  std::string name;
  std::function<void(Machine&)> damage;
  std::string finding;  // the beginning of the line
};

const std::vector<Case> kCases = {
    {"a name without a domain",
     [](Machine& m) {
       m.options.machine_name = "box";
       m.use("box", kNow);
       m.options.running->hostname = "box";
     },
     "warning hostname: the host name 'box' has no domain"},
    {"an address for a name",
     [](Machine& m) { m.options.environment.emplace_back("OVERRIDE_HOSTNAME", "192.0.2.1"); },
     "warning hostname: the host name '192.0.2.1' is an address"},
    {"a name with an underscore",
     [](Machine& m) {
       m.options.environment.emplace_back("OVERRIDE_HOSTNAME", "mail_1.example.com");
     },
     "warning hostname: the host name 'mail_1.example.com' is no host name"},
    {"a name of the local network",
     [](Machine& m) { m.options.environment.emplace_back("OVERRIDE_HOSTNAME", "mail.local"); },
     "warning hostname: the host name 'mail.local' is a name that nobody else knows"},
    {"a server of another name",
     [](Machine& m) { m.options.running->hostname = "old.example.com"; },
     "warning hostname: the running server calls itself 'old.example.com', the settings say "
     "'mail.example.com'"},
    {"an account at the host name",
     [](Machine& m) { m.put("/config/postfix-accounts.cf", "ann@mail.example.com|{PLAIN}x\n"); },
     "note hostname: the account 'ann@mail.example.com' is at the host name"},
    {"an alias at the host name",
     [](Machine& m) {
       m.put("/config/postfix-virtual.cf", "hello@mail.example.com ann@example.com\n");
     },
     "note hostname: the alias 'hello@mail.example.com' is at the host name"},
    {"no account", [](Machine& m) { m.put("/config/postfix-accounts.cf", "# none yet\n"); },
     "warning config: there is no account yet"},
    {"a bad line",
     [](Machine& m) {
       m.put("/config/postfix-accounts.cf", "ann@example.com|{PLAIN}x\nnonsense\n");
     },
     "error config: postfix-accounts.cf:2: 'nonsense'"},
    {"an unknown setting",
     [](Machine& m) { m.put("/config/mailserver.env", "POSTMASTER_ADRESS=x@example.com\n"); },
     "warning config: mailserver.env:1: 'POSTMASTER_ADRESS' is no known setting"},
    {"a circle",
     [](Machine& m) {
       m.put("/config/postfix-virtual.cf",
             "a@example.com b@example.com\nb@example.com a@example.com\n");
     },
     "warning config: postfix-virtual.cf:1: the target 'b@example.com' of 'a@example.com' leads "
     "round in a circle"},
    {"an alias to nobody",
     [](Machine& m) { m.put("/config/postfix-virtual.cf", "a@example.com gone@example.com\n"); },
     "warning config: postfix-virtual.cf:1: the target 'gone@example.com' of 'a@example.com' is "
     "neither account nor alias"},
    {"a catch-all",
     [](Machine& m) { m.put("/config/postfix-virtual.cf", "@example.com ann@example.com\n"); },
     "note config: postfix-virtual.cf:1: '@example.com' takes all mail for the domain that no "
     "account"},
    {"a catch-all that swallows",
     [](Machine& m) {
       m.put("/config/postfix-virtual.cf", "@example.com ann@example.com\n");
       m.options.environment.emplace_back("CATCHALL_SWALLOWS_ACCOUNTS", "1");
     },
     "note config: postfix-virtual.cf:1: '@example.com' takes all mail for the domain but that of "
     "other aliases, that of accounts too"},
    {"an account that is a master",
     [](Machine& m) { m.put("/config/dovecot-masters.cf", "ann@example.com|{PLAIN}x\n"); },
     "warning config: dovecot-masters.cf:1: 'ann@example.com' is an account, too"},
    {"no TLS",
     [](Machine& m) {
       m.options.environment.clear();
       m.listen();
     },
     "warning certificates: TLS is off"},
    {"a wrong SSL_TYPE", [](Machine& m) { m.options.environment[0].second = "letsencript"; },
     "error c"},
    {"no file", [](Machine& m) { REQUIRE(m.files.unlink("/pem/key.pem").ok()); },
     "error certificates: there is no file /pem/key.pem"},
    {"no certificate", [](Machine& m) { m.put("/pem/cert.pem", "nonsense"); },
     "error certificates: /pem/cert.pem: no usable certificate"},
    {"another key",
     [](Machine& m) { m.put("/pem/key.pem", test::ecdsa_pair({"mail.example.com"}).key); },
     "error certificates: /pem/key.pem: this key does not belong to the certificate"},
    {"expired", [](Machine& m) { m.use("mail.example.com", ending_in(std::chrono::days(-3))); },
     "error certificates: /pem/cert.pem expired 3 days ago"},
    {"13 days left",
     [](Machine& m) { m.use("mail.example.com", ending_in(std::chrono::days(13))); },
     "warning certificates: /pem/cert.pem expires in 13 days"},
    {"not begun", [](Machine& m) { m.use("mail.example.com", kNow + std::chrono::days(5)); },
     "error certificates: /pem/cert.pem is not valid before 4 days from now"},
    {"another name", [](Machine& m) { m.use("www.example.com", kNow); },
     "warning certificates: /pem/cert.pem is not for the host name 'mail.example.com'"},
    {"no chain",
     [](Machine& m) {
       const std::string names[] = {std::string("mail.example.com")};
       const auto identity = make_identity(names, kNow).value();
       m.put("/pem/cert.pem", identity.certificate);
       m.put("/pem/key.pem", identity.key);
     },
     "warning certificates: /pem/cert.pem has no chain behind the certificate"},
    {"signed by itself", [](Machine& m) { m.options.environment = {{"SSL_TYPE", "self-signed"}}; },
     "note certificates: /config/ssl/mail.example.com-cert.pem is made at the next start"},
    {"no server", [](Machine& m) { m.options.running.reset(); },
     "note ports: maild is not running"},
    {"a port that is taken",
     [](Machine& m) {
       m.options.running.reset();
       m.free = already_exists("taken");
     },
     "error ports: smtp on 0.0.0.0:25: another program has that address"},
    {"a port that is not served", [](Machine& m) { m.options.running->listeners.pop_back(); },
     "warning ports: "},
    {"nothing to serve",
     [](Machine& m) {
       for (const char* name : {"LISTEN_SMTP", "LISTEN_SUBMISSION", "LISTEN_SUBMISSIONS",
                                "LISTEN_IMAP", "LISTEN_IMAPS", "LISTEN_LMTP"}) {
         m.options.environment.emplace_back(name, "");
       }
     },
     "error ports: no service is switched on"},
    {"no config folder", [](Machine& m) { m.options.config = "/nowhere"; },
     "error permissions: the config folder '/nowhere' cannot be found"},
    {"a config folder for all", [](Machine& m) { REQUIRE(m.files.set_mode("/config", 0777).ok()); },
     "error permissions: everyone may write into '/config' (0777)"},
    {"readable hashes",
     [](Machine& m) { REQUIRE(m.files.set_mode("/config/postfix-accounts.cf", 0644).ok()); },
     "warning permissions: '/config/postfix-accounts.cf' (0644) may be read by everyone: it holds "
     "the hashes"},
    {"writable hashes",
     [](Machine& m) { REQUIRE(m.files.set_mode("/config/postfix-accounts.cf", 0602).ok()); },
     "error permissions: '/config/postfix-accounts.cf' (0602) may be written by everyone"},
    {"a readable key", [](Machine& m) { REQUIRE(m.files.set_mode("/pem/key.pem", 0644).ok()); },
     "warning permissions: '/pem/key.pem' (0644) may be read by everyone: it holds a private key"},
    {"no mail folder", [](Machine& m) { m.options.mail = "/elsewhere"; },
     "note permissions: the mail folder '/elsewhere' is made"},
    {"a file for a mail folder",
     [](Machine& m) {
       m.put("/mailfile", "");
       m.options.mail = "/mailfile";
     },
     "error permissions: '/mailfile' is no folder for mail"},
    {"a mail folder for all", [](Machine& m) { REQUIRE(m.files.set_mode("/mail", 0755).ok()); },
     "warning permissions: everyone may look into '/mail' (0755)"},
    {"a mail folder of root's", [](Machine& m) { REQUIRE(m.files.set_owner("/mail", 0, 0).ok()); },
     "note permissions: '/mail' is root's; the next start gives it to user 5000"},
    {"a mail folder of somebody else",
     [](Machine& m) { m.options.environment.emplace_back("DMS_VMAIL_UID", "1000"); },
     "warning permissions: '/mail' belongs to user 5000, whom the server becomes, DMS_VMAIL_UID "
     "says 1000"},
    {"a mailbox of somebody else",
     [](Machine& m) { REQUIRE(m.files.set_owner("/mail/example.com/ann", 0, 0).ok()); },
     "error permissions: '/mail/example.com/ann' belongs to user 0, the mail folder to 5000"},
    {"an open control socket", [](Machine& m) { m.put("/state/run/control.sock", "", 0666); },
     "error permissions: '/state/run/control.sock' (0666) lets others steer the server"},
    {"9 % of room", [](Machine& m) { m.room.free_octets = 9'500'000'000; },
     "warning disk: '/mail' has 9059 MiB free, 9 %"},
    {"1 % of room", [](Machine& m) { m.room.free_octets = 1'900'000'000; },
     "error disk: '/mail' has 1811 MiB free, 1 %"},
    {"less than 100 MiB", [](Machine& m) { m.room = {kNoRoomOctets - 1, 500'000'000, 900, 1000}; },
     "error disk: '/mail' has 99 MiB free, 20 %"},
    {"no inodes", [](Machine& m) { m.room.free_files = 3; },
     "error disk: '/mail' has room for 3 more files only"},
    {"a clock that stands at its beginning", [](Machine& m) { m.options.now = WallTime{}; },
     "error clock: the clock of this machine is years behind"},
    {"a file from the future",
     [](Machine& m) {
       REQUIRE(
           m.files.set_modified("/config/postfix-accounts.cf", kNow + std::chrono::days(2)).ok());
     },
     "warning clock: '/config/postfix-accounts.cf' was changed in the future"},
};

TEST_CASE("Nothing is found on a machine where nothing is wrong") {
  Machine machine;
  CHECK(machine.text() == "");
}

TEST_CASE("A checkup finds what is wrong, and says what to do about it") {
  for (const Case& row : kCases) {
    INFO(row.name);
    Machine machine;
    row.damage(machine);
    const std::string text = machine.text();
    CAPTURE(text);
    CHECK(("\n" + text).find("\n" + row.finding) != std::string::npos);
    for (const Finding& finding : machine.examine()) {
      if (finding.severity != Finding::Severity::kNote) CHECK_FALSE(finding.fix.empty());
    }
  }
}

TEST_CASE("A certificate worries from two weeks before its end on") {
  Machine machine;
  machine.use("mail.example.com", ending_in(kSoonExpired));
  CHECK(machine.text() == "");
  machine.options.now += seconds(1);
  CHECK(machine.text() == "warning certificates: /pem/cert.pem expires in 13 days\n");
}

TEST_CASE("Of many findings of a kind ten are told, and the number of the others") {
  for (const std::size_t count : {kFindingsOfAKind, kFindingsOfAKind + 1, 50 * kFindingsOfAKind}) {
    Machine machine;
    std::string aliases;
    for (std::size_t i = 0; i < count; ++i) append(aliases, "@d", i, ".example ann@example.com\n");
    machine.put("/config/postfix-virtual.cf", aliases);
    const auto findings = machine.examine();
    const bool has_more = count > kFindingsOfAKind;
    REQUIRE(findings.size() == kFindingsOfAKind + (has_more ? 1 : 0));
    if (has_more) {
      CHECK(findings.back().text ==
            cat("there are ", count - kFindingsOfAKind, " more catch-alls"));
    }
  }
}

TEST_CASE("A port that another program listens on is not free") {
  const auto taken = listen_on({"127.0.0.1", 0, ""}).value();
  CHECK(absl::IsAlreadyExists(check_is_free(taken.address)));
  const test::TestFolder folder;
  CHECK(check_is_free({"", 0, folder / "socket"}).ok());
  const auto socket = listen_on({"", 0, folder / "socket"}).value();
  CHECK(absl::IsAlreadyExists(check_is_free({"", 0, folder / "socket"})));
}

}  // namespace
}  // namespace mail::net
