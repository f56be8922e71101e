#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/directory/editor.h"

using mail::FileInfo;
using mail::Status;
using mail::directory::Editor;
using mail::directory::Transaction;

namespace {

constexpr std::string_view kAccounts = "# people\nann@d.example|{PLAIN}x|userdb_home=/h\n# last\n";
constexpr std::string_view kAliases = "info@d.example ann@d.example\n@d.example ann@d.example\n";

/// Fails when it is told to, and remembers in which order files came into their place.
class Disk : public mail::MemoryFilesystem {
 public:
  std::string fails_at;  // rename to this path
  std::string is_full;   // files whose temporary name contains it cannot be made
  std::vector<std::string> renamed;

  Status rename(const std::string& from, const std::string& to) override {
    if (to == fails_at) return mail::unavailable("cannot rename to ", to, ": I/O error");
    renamed.push_back(to);
    return mail::MemoryFilesystem::rename(from, to);
  }
  mail::StatusOr<std::unique_ptr<mail::File>> create(const std::string& path,
                                                     std::uint32_t mode) override {
    if (!is_full.empty() && path.find(is_full) != std::string::npos) {
      return mail::exhausted("no space left on device");
    }
    return mail::MemoryFilesystem::create(path, mode);
  }
};

struct Folder {
  Disk files;
  Editor editor{files, "/config"};

  Folder() {
    REQUIRE(files.make_directory("/config", 0700).ok());
    REQUIRE(files.write("/config/postfix-accounts.cf", kAccounts).ok());
    REQUIRE(files.write("/config/postfix-virtual.cf", kAliases).ok());
  }
  std::string text(const std::string& name) {
    return read_file(files, "/config/" + name, 1 << 20).value_or("(absent)");
  }
  std::string accounts() { return text("postfix-accounts.cf"); }
  std::string aliases() { return text("postfix-virtual.cf"); }
  bool is_untouched() {
    return accounts() == kAccounts && aliases() == kAliases &&
           text("dovecot-quotas.cf") == "(absent)" && files.list("/config")->size() == 3;
  }
};

/// Touches four files.
void edit(Transaction& transaction) {
  CHECK(transaction.add_account("bob@d.example", "{PLAIN}y").ok());
  CHECK(transaction.add_alias("team@d.example", "ann@d.example,bob@d.example").ok());
  CHECK(transaction.set_quota("bob@d.example", "1G").ok());
  CHECK(transaction.restrict(Editor::Direction::kSend, "bob@d.example").ok());
}

}  // namespace

TEST_CASE("the edits of a transaction see each other and reach the files together") {
  Folder folder;
  auto transaction = folder.editor.begin();
  REQUIRE(transaction.ok());
  edit(*transaction);
  CHECK(folder.is_untouched());
  REQUIRE(transaction->commit().ok());
  CHECK(folder.accounts() == std::string(kAccounts) + "bob@d.example|{PLAIN}y\n");
  CHECK(folder.aliases() == std::string(kAliases) + "team@d.example ann@d.example,bob@d.example\n");
  CHECK(folder.text("dovecot-quotas.cf") == "bob@d.example:1G\n");
  CHECK(folder.files.renamed ==
        std::vector<std::string>{"/config/postfix-virtual.cf", "/config/dovecot-quotas.cf",
                                 "/config/postfix-send-access.cf", "/config/postfix-accounts.cf"});
  CHECK(transaction->commit().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(transaction->delete_account("bob@d.example").code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("a transaction that is given up has changed nothing") {
  Folder folder;
  {
    auto transaction = folder.editor.begin();
    REQUIRE(transaction.ok());
    edit(*transaction);
    CHECK(transaction->begin().status().code() == absl::StatusCode::kFailedPrecondition);
    CHECK(folder.editor.delete_account("ann@d.example").code() == absl::StatusCode::kUnavailable);
    CHECK(folder.editor.begin().status().code() == absl::StatusCode::kUnavailable);
  }
  CHECK(folder.is_untouched());
  CHECK(folder.editor.suspend_account("ann@d.example").ok());
}

TEST_CASE("an edit that fails leaves out itself, and no other edit of its transaction") {
  Folder folder;
  auto transaction = folder.editor.begin();
  REQUIRE(transaction.ok());
  CHECK(transaction->add_alias("new@d.example", "ann@d.example").ok());
  CHECK(transaction->add_account("ann@d.example", "x").code() == absl::StatusCode::kAlreadyExists);
  // The quotas cannot be read: by then the edit had changed the aliases.
  REQUIRE(folder.files.make_directory("/config/dovecot-quotas.cf", 0700).ok());
  CHECK_FALSE(transaction->delete_account("ann@d.example").ok());
  REQUIRE(transaction->commit().ok());
  CHECK(folder.accounts() == kAccounts);
  CHECK(folder.aliases() == std::string(kAliases) + "new@d.example ann@d.example\n");
}

TEST_CASE("a disk that fails at any file leaves all of them as they were") {
  for (const std::string file : {"postfix-virtual.cf", "dovecot-quotas.cf",
                                 "postfix-send-access.cf", "postfix-accounts.cf"}) {
    for (const bool is_full : {false, true}) {
      CAPTURE(file, is_full);
      Folder folder;
      (is_full ? folder.files.is_full : folder.files.fails_at) = is_full ? file : "/config/" + file;
      auto transaction = folder.editor.begin();
      REQUIRE(transaction.ok());
      edit(*transaction);
      const Status status = transaction->commit();
      CHECK_FALSE(status.ok());
      CHECK(mail::message_of(status).find("taken back") == std::string_view::npos);
      CHECK(folder.is_untouched());
    }
  }
}

TEST_CASE("what another program wrote without the lock is not overwritten") {
  Folder folder;
  auto transaction = folder.editor.begin();
  REQUIRE(transaction.ok());
  edit(*transaction);
  REQUIRE(folder.files.write("/config/postfix-virtual.cf", "by hand\n").ok());
  CHECK(transaction->commit().code() == absl::StatusCode::kUnavailable);
  CHECK(folder.aliases() == "by hand\n");
  CHECK(folder.accounts() == kAccounts);
}

TEST_CASE("a transaction that changes nothing writes nothing") {
  Folder folder;
  auto transaction = folder.editor.begin();
  REQUIRE(transaction.ok());
  CHECK(transaction->add_alias("new@d.example", "ann@d.example").ok());
  CHECK(*transaction->delete_alias("new@d.example", "ann@d.example"));
  CHECK(transaction->commit().ok());
  CHECK(folder.files.renamed.empty());
}

TEST_CASE("no edit lets others read a file that they could not, nor shuts out who could") {
  Folder folder;
  const std::string accounts = "/config/postfix-accounts.cf";
  for (const std::uint32_t mode : {0600U, 0640U, 0644U, 0660U}) {
    REQUIRE(folder.files.set_mode(accounts, mode).ok());
    REQUIRE(folder.editor.update_account("ann@d.example", "{PLAIN}new").ok());
    CHECK(folder.files.info(accounts)->mode == mode);
  }
  REQUIRE(folder.editor.add_master("root", "{PLAIN}x").ok());
  REQUIRE(folder.editor.set_relay_credentials("d.example", "user", "secret").ok());
  for (const std::string name : {"dovecot-masters.cf", "postfix-sasl-password.cf"}) {
    CHECK((folder.files.info("/config/" + name)->mode & 07) == 0);
  }
}

TEST_CASE("an address is renamed wherever it stands, and nothing else is") {
  Folder folder;
  const auto put = [&](const std::string& name, std::string_view text) {
    REQUIRE(folder.files.write("/config/" + name, text).ok());
  };
  put("postfix-accounts.cf", "# ann@d.example\n  Ann@d.example|{PLAIN}x|a=b\r\njann@d.example|y\n");
  put("postfix-virtual.cf",
      "info@d.example jann@d.example,ANN@d.example\n# ann@d.example\n@d.example ann@d.example\n"
      "old@d.example x@d.example\n");
  put("dovecot-quotas.cf", "ann@d.example:1G\njann@d.example:2G\n");
  put("postfix-send-access.cf", "ann@d.example \t\t REJECT\nd.example 550\n");
  put("postfix-relaymap.cf", "@d.example [relay.test]:25\n");
  CHECK(folder.editor.rename("ANN@d.example", "Eve@e.example").ok());
  CHECK(folder.accounts() == "# ann@d.example\n  eve@e.example|{PLAIN}x|a=b\r\njann@d.example|y\n");
  CHECK(folder.aliases() ==
        "info@d.example jann@d.example,eve@e.example\n# ann@d.example\n@d.example eve@e.example\n"
        "old@d.example x@d.example\n");
  CHECK(folder.text("dovecot-quotas.cf") == "eve@e.example:1G\njann@d.example:2G\n");
  CHECK(folder.editor.rename("@d.example", "@e.example").ok());
  CHECK(folder.editor.rename("old@d.example", "new@d.example").ok());
  CHECK(folder.aliases() ==
        "info@d.example jann@d.example,eve@e.example\n# ann@d.example\n@e.example eve@e.example\n"
        "new@d.example x@d.example\n");
  CHECK(folder.text("postfix-send-access.cf") == "eve@e.example \t\t REJECT\ne.example 550\n");
  CHECK(folder.text("postfix-relaymap.cf") == "@e.example [relay.test]:25\n");

  using absl::StatusCode;
  struct Case {
    const char *from, *to;
    StatusCode code;
  };
  for (const Case& row : {Case{"gone@d.example", "z@d.example", StatusCode::kNotFound},
                          Case{"jann@d.example", "eve@e.example", StatusCode::kAlreadyExists},
                          Case{"jann@d.example", "info@d.example", StatusCode::kAlreadyExists},
                          Case{"jann@d.example", "a|b@d.example", StatusCode::kInvalidArgument},
                          Case{"jann@d.example", "@d.example", StatusCode::kInvalidArgument},
                          Case{"jann", "z@d.example", StatusCode::kInvalidArgument}}) {
    CAPTURE(row.from, row.to);
    CHECK(folder.editor.rename(row.from, row.to).code() == row.code);
  }
}

TEST_CASE("a relay goes with its password") {
  Folder folder;
  CHECK(folder.editor.set_relay("d.example", "relay.test", 587).ok());
  CHECK(folder.editor.set_relay_credentials("d.example", "user", "secret").ok());
  CHECK(*folder.editor.delete_relay("D.example"));
  CHECK_FALSE(*folder.editor.delete_relay("d.example"));
  CHECK(folder.text("postfix-relaymap.cf").empty());
  CHECK(folder.text("postfix-sasl-password.cf").empty());
}
