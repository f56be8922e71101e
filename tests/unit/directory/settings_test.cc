#include "mail/directory/settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/directory/hostname.h"

using namespace mail::directory;

namespace {

Settings read(std::string_view file, const Environment& environment = {}) {
  mail::MemoryFilesystem files;
  REQUIRE(files.write("/config/mailserver.env", file).ok());
  REQUIRE(files.write("/run/secret", "from.secret.example\n").ok());
  return Settings::read(files, "/config", environment);
}

std::string first_fix(const Settings& settings) {
  return settings.diagnostics().empty() ? "" : settings.diagnostics()[0].fix;
}

std::string shown(const std::vector<Listener>& listeners) {
  std::string text;
  for (const Listener& listener : listeners) {
    text += listener.name;
    for (const ListenAddress& address : listener.addresses) text += " " + to_string(address);
    text += ";";
  }
  return text;
}

}  // namespace

TEST_CASE("the registry is sorted, documented and its defaults are possible") {
  const auto registry = setting_registry();
  CHECK(std::is_sorted(registry.begin(), registry.end(),
                       [](const auto& a, const auto& b) { return a.name < b.name; }));
  const Settings defaults;
  for (const SettingInfo& info : registry) {
    CAPTURE(info.name);
    CHECK_FALSE(info.documentation.empty());
    if (info.default_value.empty()) continue;
    const Settings given = read(std::string(info.name) + "=" + std::string(info.default_value));
    CHECK(given.diagnostics().empty());
    CHECK(given.all() == defaults.all());
    CHECK(given.is_set(info.name));
  }
}

TEST_CASE("the environment wins over files, a value over its __FILE") {
  const Environment host = {{"OVERRIDE_HOSTNAME", "env.example.com"}};
  const Environment secret = {{"OVERRIDE_HOSTNAME__FILE", "/run/secret"}, {"PATH", "/bin"}};
  const std::string name = "OVERRIDE_HOSTNAME";
  CHECK(read(name + "=file.example.com", host).text(name) == "env.example.com");
  CHECK(read(name + "=file.example.com", secret).text(name) == "from.secret.example");
  CHECK(read(name + "__FILE=/run/secret\n" + name + "=file.example.com").text(name) ==
        "file.example.com");
  CHECK(read(name + "__FILE=/run/secret\n").text(name) == "from.secret.example");
  CHECK(read(name + "=a.example\n" + name + "='b.example'\n").text(name) == "b.example");
  CHECK(read(name + "=\n").text(name).empty());
  CHECK(read(name + "__FILE=/run/nothing\n").diagnostics().size() == 1);
}

TEST_CASE("a wrong value is reported with its line and counts as not given") {
  for (const char* line :
       {"ENABLE_IMAP=yes", "POSTFIX_MESSAGE_SIZE_LIMIT=10M", "TLS_LEVEL=magic", "TLS_LEVEL=old",
        "LISTEN_SMTP=25", "LISTEN_SMTP=1.2.3:25", "LISTEN_SMTP=[1.2.3.4]:25",
        "LISTEN_SMTP=127.0.0.1:65536", "LISTEN_SMTP=127.0.0.1:25,", "LISTEN_SMTP=off,off",
        "OVERRIDE_HOSTNAME=host", "no equals"}) {
    CAPTURE(line);
    const Settings settings = read(std::string("# head\n") + line + "\n");
    REQUIRE(settings.diagnostics().size() == 1);
    CHECK(settings.diagnostics()[0].line == 2);
    CHECK(settings.all() == Settings().all());
  }
}

TEST_CASE("unknown names get the nearest known one, meaningless ones a reason") {
  CHECK(first_fix(read("OVERIDE_HOSTNAME=x")) == "Did you mean OVERRIDE_HOSTNAME?");
  CHECK(first_fix(read("POSTMASTER_ADRESS=x")) == "Did you mean POSTMASTER_ADDRESS?");
  CHECK(first_fix(read("listen_smtp=x")) == "Did you mean LISTEN_SMTP?");
  CHECK(first_fix(read("ENABLE_POP=1")) == "Did you mean ENABLE_POP3?");
  CHECK(first_fix(read("COMPLETELY_DIFFERENT=1")) == "Delete the line.");
  const Settings retired = read("SUPERVISOR_LOGLEVEL=warn\nLDAP_BIND_PW=x\n");
  REQUIRE(retired.diagnostics().size() == 2);
  CHECK(retired.diagnostics()[0].text.find("no separate programs") != std::string::npos);
}

TEST_CASE("listeners follow LISTEN_*, the address families and the certificate") {
  CHECK(shown(Settings().listeners()) ==
        "smtp 0.0.0.0:25 [::]:25;submission 0.0.0.0:587 [::]:587;imap 0.0.0.0:143 [::]:143;");
  CHECK(shown(read("SSL_TYPE=manual\nPOSTFIX_INET_PROTOCOLS=ipv4\nDOVECOT_INET_PROTOCOLS=ipv6\n")
                  .listeners()) ==
        "smtp 0.0.0.0:25;submission 0.0.0.0:587;submissions "
        "0.0.0.0:465;imap [::]:143;imaps [::]:993;");
  CHECK(shown(read("LISTEN_SMTP=127.0.0.1:2525, [::1]:2525\nLISTEN_SUBMISSION= off\nENABLE_IMAP=0\n"
                   "LISTEN_IMAPS=*:0,unix:/run/imaps\n")
                  .listeners()) ==
        "smtp 127.0.0.1:2525 [::1]:2525;imaps 0.0.0.0:0 [::]:0 unix:/run/imaps;");
}

TEST_CASE("POP3 listens when it is asked to") {
  const auto only_pop3 = [](std::string_view text) {
    return shown(
        read(mail::cat("LISTEN_SMTP=\nLISTEN_SUBMISSION=\nLISTEN_SUBMISSIONS=\nENABLE_IMAP=0\n",
                       text))
            .listeners());
  };
  CHECK(only_pop3("").empty());
  CHECK(only_pop3("ENABLE_POP3=1\nDOVECOT_INET_PROTOCOLS=ipv4\n") == "pop3 0.0.0.0:110;");
  CHECK(only_pop3("ENABLE_POP3=1\nDOVECOT_INET_PROTOCOLS=ipv4\nSSL_TYPE=manual\n") ==
        "pop3 0.0.0.0:110;pop3s 0.0.0.0:995;");
  CHECK(only_pop3("LISTEN_POP3S=127.0.0.1:0\n") == "pop3s 127.0.0.1:0;");
}

TEST_CASE("directory options come from the settings") {
  const Options options = read(
                              "CATCHALL_SWALLOWS_ACCOUNTS=1\nALIAS_DUPLICATES=fail\n"
                              "POSTMASTER_ADDRESS=a@b.example\n")
                              .directory_options("host.example.com");
  CHECK(options.hostname == "host.example.com");
  CHECK(options.catchall_swallows_accounts);
  CHECK(options.alias_duplicates == Options::Duplicates::kFail);
  CHECK(options.postmaster_address == "a@b.example");
  CHECK(read("OVERRIDE_HOSTNAME=m.example.com").directory_options("x").hostname == "m.example.com");
}

TEST_CASE("a short host name is completed from /etc/hosts") {
  mail::MemoryFilesystem files;
  CHECK(full_hostname(files, "mail") == "mail");
  REQUIRE(files
              .write("/etc/hosts",
                     "127.0.0.1 localhost\n10.0.0.1\tx.example mail.example.com "
                     "mail # mail.comment\n")
              .ok());
  CHECK(full_hostname(files, "mail") == "mail.example.com");
  CHECK(full_hostname(files, "mai") == "mai");
  CHECK(full_hostname(files, "a.b") == "a.b");
}

TEST_CASE("docs/settings.md is what the registry says") {
  const std::string path = MAIL_SOURCE_DIR "/docs/settings.md";
  if (const char* update = std::getenv("MAIL_UPDATE_CASES"); update != nullptr && *update == '1') {
    std::ofstream(path) << settings_markdown();
  }
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  CHECK(written.str() == settings_markdown());
}
