// Lines of the config files: good, odd and bad ones.
#include "directory/tables.h"

#include <catch2/catch.hpp>

#include "mail/directory/address.h"

using namespace mail::directory;

namespace {

std::shared_ptr<const Snapshot> build(Snapshot::Texts texts) {
  Options options;
  options.hostname = "h.example";
  options.postmaster_address = "p@away.example";
  return Snapshot::from_texts(texts, options);
}

}  // namespace

TEST_CASE("a bad line loses only itself and is reported with file, line and fix") {
  struct Row {
    std::string_view file, line;
  };
  const Row table[] = {
      {"postfix-accounts.cf", "nobody"},
      {"postfix-accounts.cf", "nobody|{PLAIN}x"},
      {"postfix-accounts.cf", "bad@d.example"},
      {"postfix-accounts.cf", "../x@d.example|{PLAIN}x"},
      {"postfix-accounts.cf", "x@..|{PLAIN}x"},
      {"postfix-accounts.cf", "good@d.example|{PLAIN}again"},
      {"postfix-accounts.cf", "odd@d.example|{MD4}x"},
      {"postfix-virtual.cf", "key-only@d.example"},
      {"postfix-virtual.cf", "\"open@d.example good@d.example"},
      {"postfix-virtual.cf", "x@d.example ,,"},
      {"postfix-virtual.cf", "x@d.example broken@"},
      {"postfix-virtual.cf", "x: good@d.example"},
      {"postfix-regexp.cf", "/(?<=a)/ good@d.example"},
      {"postfix-aliases.cf", "no colon"},
      {"postfix-aliases.cf", "empty:"},
      {"postfix-aliases.cf", "run: |/bin/true some words"},
      {"postfix-aliases.cf", "file: /var/tmp/x"},
      {"postfix-aliases.cf", "list: :include:/etc/list"},
  };
  for (const Row& row : table) {
    CAPTURE(row.file, row.line);
    Snapshot::Texts texts{"good@d.example|{PLAIN}x\n", "alias@d.example good@d.example\n",
                          "/^re@/ good@d.example\n", "local: good@d.example\n"};
    std::optional<std::string>* target = row.file == "postfix-accounts.cf"  ? &texts.accounts
                                         : row.file == "postfix-virtual.cf" ? &texts.virtual_aliases
                                         : row.file == "postfix-regexp.cf"  ? &texts.regexp_aliases
                                                                            : &texts.local_aliases;
    **target += std::string(row.line) + "\n# end\n";
    const auto snapshot = build(texts);
    REQUIRE(snapshot->diagnostics().size() == 1);
    const Diagnostic& diagnostic = snapshot->diagnostics()[0];
    CHECK(diagnostic.file == row.file);
    CHECK(diagnostic.line == 2);
    CHECK_FALSE(diagnostic.text.empty());
    CHECK_FALSE(diagnostic.fix.empty());
    for (const char* address : {"good@d.example", "alias@d.example", "re@d.example", "local"}) {
      CHECK(snapshot->resolve(address).verdict == Verdict::kDeliverable);
    }
  }
}

TEST_CASE("comments, blank lines, continuation lines and CRLF are understood") {
  const auto snapshot =
      build({.accounts = "\xef\xbb\xbf# accounts\r\n\r\n  a@d.example|{PLAIN}x\r\n   # more\r\n"
                         "b@d.example|{PLAIN}x",
             .virtual_aliases = "team@d.example a@d.example,\n# between\n\n\tb@d.example\n"
                                "one@d.example\n  a@d.example\n"});
  CHECK(snapshot->accounts().size() == 2);
  CHECK(snapshot->resolve("team@d.example").recipients.size() == 2);
  CHECK(snapshot->resolve("one@d.example").recipients.size() == 1);
  CHECK(snapshot->diagnostics().size() == 2);  // the byte order mark, and CR LF once
}

TEST_CASE("a line that begins with a blank and continues nothing is reported") {
  const auto snapshot = build({.virtual_aliases = "  a@d.example b@away.example\n"});
  CHECK(snapshot->aliases().empty());
  CHECK(snapshot->diagnostics().size() == 1);
}

TEST_CASE("a logical line may reach its limit and not pass it") {
  for (const std::size_t extra : {0u, 1u, 2u}) {
    std::vector<Diagnostic> diagnostics;
    const std::string text =
        "12345678\n" + std::string(extra + 1, ' ').append("x") + "\n more\nb\n";
    const auto lines =
        logical_lines(text, 16, Continuation::kLeadingBlank, Report("file", diagnostics));
    CAPTURE(extra);
    // "12345678" + " x" + " more" is 15 octets.
    CHECK(diagnostics.size() == (extra <= 1 ? 0 : 1));
    CHECK(lines.size() == (extra <= 1 ? 2 : 1));
    CHECK(lines.back().text == "b");
  }
}

TEST_CASE("addresses split at the last @ and the first delimiter") {
  struct Row {
    std::string_view address, localpart, domain, user, extension;
  };
  const Row table[] = {
      {"a@b", "a", "b", "a", ""},
      {"a+x@b", "a+x", "b", "a", "+x"},
      {"a+x+y@b", "a+x+y", "b", "a", "+x+y"},
      {"+a@b", "+a", "b", "+a", ""},
      {"++a@b", "++a", "b", "++a", ""},
      {"\"a@b\"@c", "\"a@b\"", "c", "\"a@b\"", ""},
      {"\"a@b\"", "\"a@b\"", "", "\"a@b\"", ""},
      {"a", "a", "", "a", ""},
      {"postmaster+x@b", "postmaster+x", "b", "postmaster", "+x"},
      {"MAILER-DAEMON@b", "MAILER-DAEMON", "b", "MAILER-DAEMON", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.address);
    const SplitAddress split = split_address(row.address);
    CHECK(split.localpart == row.localpart);
    CHECK(split.domain == row.domain);
    CHECK(split_localpart(split.localpart, "+") == SplitLocalpart{row.user, row.extension});
  }
  CHECK(split_localpart("double-bounce", "-").extension.empty());
  CHECK(split_localpart("a-b+c", "+-") == SplitLocalpart{"a", "-b+c"});
}
