#include "mail/directory/editor.h"

#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/directory/snapshot.h"

using mail::directory::Editor;

namespace {

struct Folder {
  mail::MemoryFilesystem files;
  Editor editor{files, "/config"};

  Folder(std::string_view accounts, std::string_view aliases) {
    REQUIRE(files.make_directory("/config", 0700).ok());
    if (!accounts.empty()) REQUIRE(files.write("/config/postfix-accounts.cf", accounts).ok());
    if (!aliases.empty()) REQUIRE(files.write("/config/postfix-virtual.cf", aliases).ok());
  }
  std::string accounts() { return text("/config/postfix-accounts.cf"); }
  std::string aliases() { return text("/config/postfix-virtual.cf"); }
  std::string text(const std::string& path) {
    return read_file(files, path, 1 << 20).value_or("(absent)");
  }
};

constexpr std::string_view kAccounts =
    "# keep me\n\nann@d.example|{PLAIN}x|extra=1\n  bob@d.example.au|{PLAIN}y\r\n# last";

}  // namespace

TEST_CASE("an account is added behind everything that is there") {
  Folder folder(kAccounts, "");
  CHECK(folder.editor.add_account("Bob@D.example", "{PLAIN}z").ok());
  CHECK(folder.accounts() == std::string(kAccounts) + "\nbob@d.example|{PLAIN}z\n");
  Folder empty("", "");
  CHECK(empty.editor.add_account("a@d.example", "{PLAIN}z").ok());
  CHECK(empty.accounts() == "a@d.example|{PLAIN}z\n");
}

TEST_CASE("conflicts are found by whole keys only") {
  Folder folder(kAccounts, "info@d.example ann@d.example\nfoo@d.example.au ann@d.example\n");
  CHECK(folder.editor.add_account("ANN@d.example", "{PLAIN}z").code() ==
        absl::StatusCode::kAlreadyExists);
  CHECK(folder.editor.add_account("info@d.example", "{PLAIN}z").code() ==
        absl::StatusCode::kAlreadyExists);
  // docker-mailserver compares prefixes here: dms.md §6.1, 5.
  CHECK(folder.editor.add_account("foo@d.example", "{PLAIN}z").ok());
  CHECK(folder.editor.add_alias("bob@d.example", "ann@d.example").ok());
  CHECK(folder.editor.add_alias("ann@d.example", "x@d.example").code() ==
        absl::StatusCode::kAlreadyExists);
}

TEST_CASE("a file that is mounted by itself is rewritten in place, and that is said") {
  class Mounted : public mail::MemoryFilesystem {
   public:
    mail::Status rename(const std::string& from, const std::string& to) override {
      if (to == "/config/postfix-accounts.cf") return mail::failed_precondition("busy");
      return mail::MemoryFilesystem::rename(from, to);
    }
  };
  Mounted files;
  REQUIRE(files.make_directory("/config", 0700).ok());
  REQUIRE(files.write("/config/postfix-accounts.cf", kAccounts).ok());
  const auto inode = files.info("/config/postfix-accounts.cf")->inode;
  std::vector<std::string> said;
  Editor editor(files, "/config", [&](std::string_view sentence) { said.emplace_back(sentence); });
  CHECK(editor.delete_account("bob@d.example.au").ok());
  CHECK(read_file(files, "/config/postfix-accounts.cf", 1 << 20).value_or("") ==
        "# keep me\n\nann@d.example|{PLAIN}x|extra=1\n# last");
  CHECK(files.info("/config/postfix-accounts.cf")->inode == inode);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("'/config/postfix-accounts.cf' is mounted by itself") == 0);
  CHECK(files.list("/config")->size() == 2);  // with the lock: no temporary file is left
  CHECK(editor.add_alias("info@d.example", "ann@d.example").ok());
  CHECK(said.size() == 1);
}

TEST_CASE("a suspended account keeps its line, and a new password does not let it in") {
  Folder folder(kAccounts, "");
  CHECK(folder.editor.suspend_account("Ann@d.example").ok());
  CHECK(folder.editor.suspend_account("ann@d.example").ok());
  CHECK(folder.accounts().find("\nann@d.example|{SUSPENDED}{PLAIN}x|extra=1\n") !=
        std::string::npos);
  CHECK(folder.editor.update_account("ann@d.example", "{PLAIN}new").ok());
  CHECK(folder.accounts().find("|{SUSPENDED}{PLAIN}new|extra=1\n") != std::string::npos);
  CHECK(folder.editor.resume_account("ann@d.example").ok());
  CHECK(folder.editor.resume_account("ann@d.example").ok());
  CHECK(folder.accounts().find("\nann@d.example|{PLAIN}new|extra=1\n") != std::string::npos);
  CHECK(folder.editor.suspend_account("eve@d.example").code() == absl::StatusCode::kNotFound);
}

TEST_CASE("a forward joins all lines of its account's key") {
  Folder folder(kAccounts,
                "# hand\nann@d.example x@d.example,ann@d.example\ninfo@d.example y@d.example\n"
                "Ann@d.example\n  z@d.example\n");
  CHECK(folder.editor.add_forward("Ann@d.example", "new@d.example, x@d.example", true).ok());
  CHECK(folder.aliases() ==
        "# hand\nann@d.example ann@d.example,x@d.example,z@d.example,new@d.example\n"
        "info@d.example y@d.example\n");
  CHECK(folder.editor.add_forward("ann@d.example", "new@d.example", false).ok());
  CHECK(folder.aliases() ==
        "# hand\nann@d.example x@d.example,z@d.example,new@d.example\n"
        "info@d.example y@d.example\n");
  CHECK(folder.editor.add_forward("info@d.example", "new@d.example", true).code() ==
        absl::StatusCode::kNotFound);
  CHECK(folder.editor.add_forward("ann@d.example", " , ", true).code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("an update keeps the extra attributes and the line end") {
  Folder folder(kAccounts, "");
  CHECK(folder.editor.update_account("Ann@d.example", "{PLAIN}new").ok());
  CHECK(folder.editor.update_account("bob@d.example.au", "{PLAIN}new").ok());
  CHECK(folder.accounts() ==
        "# keep me\n\nann@d.example|{PLAIN}new|extra=1\n  bob@d.example.au|{PLAIN}new\r\n# last");
  CHECK(folder.editor.update_account("an@d.example", "{PLAIN}new").code() ==
        absl::StatusCode::kNotFound);
}

TEST_CASE("deleting an account leaves the other lines byte for byte") {
  Folder folder(kAccounts, "");
  CHECK(folder.editor.delete_account("ann@d.example").ok());
  CHECK(folder.accounts() == "# keep me\n\n  bob@d.example.au|{PLAIN}y\r\n# last");
  CHECK(folder.editor.delete_account("ann@d.example").code() == absl::StatusCode::kNotFound);
}

TEST_CASE("an alias gets a line, then more recipients on it") {
  Folder folder("", "# head\nTeam@d.example a@d.example\n# tail\n");
  CHECK(folder.editor.add_alias("team@d.example", "b@d.example").ok());
  CHECK(folder.aliases() == "# head\nTeam@d.example a@d.example,b@d.example\n# tail\n");
  CHECK(folder.editor.add_alias("team@d.example", "A@d.example").code() ==
        absl::StatusCode::kAlreadyExists);
  CHECK(folder.editor.add_alias("@d.example", "a@d.example,b@d.example").ok());
  CHECK(folder.editor.add_alias("gone@d.example", "devnull").ok());
  CHECK(folder.aliases() ==
        "# head\nTeam@d.example a@d.example,b@d.example\n# tail\n"
        "@d.example a@d.example,b@d.example\ngone@d.example devnull\n");
}

TEST_CASE("deleting a recipient keeps the others, deleting the last one the line") {
  Folder folder("",
                "x@d.example a@d.example, b@d.example\n# between\n  c@d.example\ny@d.example "
                "a@d.example\nx@d.example b@d.example\n");
  CHECK(folder.editor.delete_alias("X@d.example", "b@d.example").value());
  CHECK(folder.aliases() ==
        "x@d.example a@d.example,c@d.example\n# between\ny@d.example a@d.example\n");
  CHECK(folder.editor.delete_alias("y@d.example", "a@d.example").value());
  CHECK_FALSE(folder.editor.delete_alias("y@d.example", "a@d.example").value());
  CHECK_FALSE(folder.editor.delete_alias("x@d.example", "a@d.example.au").value());
  CHECK(folder.aliases() == "x@d.example a@d.example,c@d.example\n# between\n");
}

TEST_CASE("what the files cannot hold is refused") {
  Folder folder("", "");
  for (const char* bad :
       {"ann", "@d.example", "ann@", "a b@d.example", "a|b@d.example", "a/b@d.example",
        "../a@d.example", "a@d.example\nb@d.example|x", "#a@d.example", "a@.d.example"}) {
    CAPTURE(bad);
    CHECK(folder.editor.add_account(bad, "{PLAIN}x").code() == absl::StatusCode::kInvalidArgument);
  }
  for (const char* bad : {"", "a@", "a@d.example\nb", "# x", "a@d.example #c"}) {
    CAPTURE(bad);
    CHECK(folder.editor.add_alias("x@d.example", bad).code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("what a reader would lose for its length is not written") {
  Folder folder("", "");
  Editor& editor = folder.editor;
  // RFC 5321 §4.5.3.1: 64 octets before the "@", 254 in all.
  const std::string local(64, 'a');
  const std::string domain = "@" + std::string(184, 'd') + ".test";
  CHECK(editor.add_account(local + domain, "{PLAIN}x").ok());
  CHECK(editor.add_account(local + "@d" + domain.substr(1), "{PLAIN}x").code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(editor.add_account(local + "a@d.example", "{PLAIN}x").code() ==
        absl::StatusCode::kInvalidArgument);
  // 65,536 octets in a line: the key, a blank, targets of 64 octets with commas between them.
  const std::size_t limit = mail::directory::Options().max_line_octets;
  std::string targets;
  for (int i = 0; targets.size() + 65 + 20 < limit; ++i) {
    const std::string number = std::to_string(i);
    targets += (i == 0 ? "" : ",") + number + std::string(52 - number.size(), 'x') + "@d.example";
  }
  const std::string key = "list@d.example";
  const std::size_t rest = limit - key.size() - 1 - targets.size() - 1;
  const std::string last = std::string(rest - 10, 'z') + "@d.example";
  CHECK(editor.add_alias(key, targets).ok());
  CHECK(editor.add_alias(key, "z" + last).code() == absl::StatusCode::kResourceExhausted);
  CHECK(editor.add_alias(key, last).ok());
  CHECK(folder.aliases().size() == limit + 1);
  CHECK(editor.add_alias("more@d.example", targets + "," + std::string(85, 'z') + "@d.example")
            .code() == absl::StatusCode::kResourceExhausted);
}

TEST_CASE("a byte order mark hides no line from an edit") {
  Folder folder(
      "\xEF\xBB\xBF"
      "ann@d.example|{PLAIN}x\n",
      "\xEF\xBB\xBF");
  CHECK(folder.editor.add_account("ann@d.example", "{PLAIN}z").code() ==
        absl::StatusCode::kAlreadyExists);
  CHECK(folder.editor.add_alias("info@d.example", "ann@d.example").ok());
  CHECK(folder.aliases() == "\xEF\xBB\xBFinfo@d.example ann@d.example\n");
  CHECK(folder.editor.delete_account("ann@d.example").ok());
  CHECK(folder.accounts() == "\xEF\xBB\xBF");
  // Elsewhere it is a character like others: here, of a continuation line.
  CHECK(folder.files.write("/config/postfix-relaymap.cf", "@d.example a\n \xEF\xBB\xBF\n").ok());
  CHECK(folder.editor.set_relay("d.example", "relay.test", 25).ok());
  CHECK(folder.text("/config/postfix-relaymap.cf") == "@d.example [relay.test]:25\n");
}

TEST_CASE("a line that cannot be read is not added to") {
  Folder folder(kAccounts, "ann@d.example x@y, z@q\"\ninfo@d.example \"a\n");
  CHECK(folder.editor.add_forward("ann@d.example", "eve@e.example", true).code() ==
        absl::StatusCode::kFailedPrecondition);
  CHECK(folder.editor.add_alias("info@d.example", "ann@d.example").code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("an edit waits its turn: a held lock is a temporary refusal") {
  Folder folder("", "");
  auto lock = folder.files.open_append("/config/.libmail.lock", 0600);
  REQUIRE(lock.ok());
  REQUIRE((*lock)->try_lock().value());
  CHECK(folder.editor.add_account("a@d.example", "{PLAIN}x").code() ==
        absl::StatusCode::kUnavailable);
  lock->reset();
  CHECK(folder.editor.add_account("a@d.example", "{PLAIN}x").ok());
}

TEST_CASE("the smaller files are edited key by key, everything else stays byte for byte") {
  Folder folder("# people\nann@d.example|{PLAIN}x\nbob@d.example|{PLAIN}y|extra\n",
                "# aliases\ninfo@d.example Ann@d.example,\n  # between\n  bob@d.example\n"
                "only@d.example ann@d.example\n");
  REQUIRE(folder.files
              .write("/config/dovecot-quotas.cf", "# sizes\nann@d.example:1G\r\njann@d.example:2G")
              .ok());
  REQUIRE(folder.files
              .write("/config/postfix-send-access.cf",
                     "# access\n@bad.example 550\n  go away\n# tail\n\n")
              .ok());
  Editor& editor = folder.editor;
  CHECK(editor.set_quota("ANN@d.example", "5G").ok());
  CHECK(editor.set_quota("bob@d.example", "0").ok());
  CHECK(editor.set_quota("eve@d.example", "5G").code() == absl::StatusCode::kNotFound);
  CHECK(editor.set_quota("ann@d.example", "5").code() == absl::StatusCode::kInvalidArgument);
  CHECK(folder.text("/config/dovecot-quotas.cf") ==
        "# sizes\nann@d.example:5G\r\njann@d.example:2G\nbob@d.example:0\n");
  CHECK(*editor.delete_quota("bob@d.example"));
  CHECK_FALSE(*editor.delete_quota("bob@d.example"));

  using Direction = Editor::Direction;
  CHECK(editor.restrict(Direction::kSend, "ann@d.example").ok());
  CHECK(editor.restrict(Direction::kSend, "ANN@d.example").code() ==
        absl::StatusCode::kAlreadyExists);
  CHECK(editor.restrict(Direction::kSend, "a b").code() == absl::StatusCode::kInvalidArgument);
  CHECK(editor.unrestrict(Direction::kSend, "@bad.example").ok());
  CHECK(editor.unrestrict(Direction::kReceive, "x").code() == absl::StatusCode::kNotFound);
  CHECK(folder.text("/config/postfix-send-access.cf") ==
        "# access\n# tail\n\nann@d.example \t\t REJECT\n");

  CHECK(editor.add_master("Root", "{PLAIN}x").ok());
  CHECK(editor.add_master("root", "{PLAIN}x").code() == absl::StatusCode::kAlreadyExists);
  CHECK(editor.update_master("root", "{PLAIN}z").ok());
  CHECK(editor.update_master("admin", "{PLAIN}z").code() == absl::StatusCode::kNotFound);
  CHECK(folder.text("/config/dovecot-masters.cf") == "root|{PLAIN}z\n");

  CHECK(editor.set_relay("D.example", "relay.test", 587).ok());
  CHECK(editor.set_relay("d.example", "other.test", 25).ok());
  CHECK(editor.exclude_from_relay("e.example").ok());
  CHECK(folder.text("/config/postfix-relaymap.cf") == "@d.example [other.test]:25\n@e.example \n");
  CHECK(editor.set_relay_credentials("d.example", "user", "p:w d").ok());
  CHECK(editor.set_relay_credentials("d.example", "us:er", "x").code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(editor.set_relay_credentials("d.example", "user", "two\nlines").code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(folder.text("/config/postfix-sasl-password.cf") == "@d.example user:p:w d\n");

  CHECK(editor.delete_account("ann@d.example").ok());
  CHECK(folder.accounts() == "# people\nbob@d.example|{PLAIN}y|extra\n");
  CHECK(folder.aliases() == "# aliases\ninfo@d.example bob@d.example\n  # between\n");
  CHECK(folder.text("/config/dovecot-quotas.cf") == "# sizes\njann@d.example:2G\n");
}
