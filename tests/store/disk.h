// A store on a disk that forgets what was not flushed and fails on demand, and what anybody ever
// saw of it.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "mail/base/forgetful.h"
#include "world.h"

namespace mail::store::test {

inline const std::string kAnn = "ann@example.com";
inline const std::string kBob = "bob@example.com";

inline std::string message(std::string_view name) {
  return cat("Subject: ", name, "\r\n\r\nthe whole of ", name, "\r\n");
}

struct Found {
  std::string folder;  // "ann/INBOX"
  std::uint32_t uid = 0;
  Flags flags;
  std::string email_id;
};

/// ann and bob, with folders and mail, on a disk that forgets and fails.
class Disk {
 public:
  explicit Disk(std::uint64_t seed) : fs(seed, [this] { return clock.wall(); }) {
    REQUIRE(fs.make_directory("/mail", 0700).ok());
    open_store();
    for (const char* folder : {"Other", "Other.Sub"}) {
      REQUIRE(account()->create_folder(folder).ok());
    }
    REQUIRE(store->account({kBob, ""}).ok());
    deliver("m1", {{kAnn, "INBOX"}}).IgnoreError();
    deliver("m2", {{kAnn, "INBOX"}}).IgnoreError();
    deliver("m3", {{kAnn, "Other"}}).IgnoreError();
    deliver("m4", {{kAnn, "Other.Sub"}}).IgnoreError();
    for (const auto& [bytes, found] : observe()) originals[bytes] = found[0].email_id;
    fs.sync_all();
  }

  /// As a list that was written before there were any.
  Status forget_mailbox_id(const std::string& directory) {
    const std::string path = directory + "/dovecot-uidlist";
    MAIL_ASSIGN_OR_RETURN(std::string text, read_file(fs, path, 1 << 20));
    const std::size_t at = text.find(" G");
    text.erase(at, text.find('\n') - at);
    MAIL_RETURN_IF_ERROR(fs.unlink(path));
    MAIL_ASSIGN_OR_RETURN(const auto file, fs.create(path, 0600));
    MAIL_RETURN_IF_ERROR(file->append(text));
    open_store();
    fs.sync_all();
    return absl::OkStatus();
  }

  void open_store() {
    held.clear();
    store.reset();
    store = make_maildir_store(fs, clock, random, nullptr, test_options(cat(boots)));
  }
  void power_cut() {
    held.clear();
    fs.power_cut();
    clock.advance(seconds(5));  // the machine starts
    ++boots;
    open_store();
  }

  std::shared_ptr<Account> account(const std::string& address = kAnn) {
    auto account = store->account({address, ""});
    return account.ok() ? *account : nullptr;
  }
  /// Kept open, as by a session.
  StatusOr<std::shared_ptr<Mailbox>> open(const std::string& folder) {
    const auto account = this->account();
    if (account == nullptr) return unavailable("no account");
    MAIL_ASSIGN_OR_RETURN(auto mailbox, account->open(folder));
    held.push_back(mailbox);
    return mailbox;
  }

  Status deliver(std::string_view name,
                 const std::vector<std::pair<std::string, std::string>>& to) {
    clock.advance(milliseconds(1));
    sent.insert(message(name));
    std::vector<Target> targets;
    for (const auto& [address, folder] : to) targets.push_back({{address, ""}, folder, ""});
    const std::string bytes = message(name);
    const std::string_view pieces[] = {bytes};
    return store->deliver(targets, pieces, clock.wall());
  }

  /// What sessions that are open show now, whatever the disk says.
  void show() {
    for (const auto& mailbox : held) {
      const std::uint32_t validity = number(mailbox->status().uid_validity);
      for (const MessageInfo& info : mailbox->snapshot().messages) {
        shown[validity] = std::max(shown[validity], number(info.uid));
      }
    }
  }

  /// Opens every folder and reads every message; checks what must hold at any time.
  std::map<std::string, std::vector<Found>> observe() {
    std::map<std::string, std::vector<Found>> by_bytes;
    for (const std::string& address : {kAnn, kBob}) {
      const auto account = this->account(address);
      REQUIRE(account != nullptr);
      const auto folders = account->folders();
      REQUIRE(folders.ok());
      for (const Folder& folder : *folders) {
        if (!folder.is_selectable) continue;
        const auto mailbox = account->open(folder.name);
        INFO(mailbox.status().ToString());
        REQUIRE(mailbox.ok());
        REQUIRE((*mailbox)->refresh().ok());
        look_into(**mailbox, address.substr(0, 3), folder.name, by_bytes);
      }
    }
    return by_bytes;
  }

  TestClock clock;
  TestRandom random;
  ForgetfulFilesystem fs;
  std::unique_ptr<Store> store;
  std::vector<std::shared_ptr<Mailbox>> held;
  int boots = 1;
  std::set<std::string> sent;
  /// By user, UIDVALIDITY and UID: what was there whenever it was there.
  std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, std::string> named;
  std::map<std::uint32_t, std::uint32_t> shown;  // ann's: the highest UID by UIDVALIDITY
  std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, std::string> email_ids;
  std::map<std::string, std::string> originals;  // EMAILID of what has been there since the start
  std::map<std::string, std::string> told;       // MAILBOXID by folder

 private:
  void look_into(Mailbox& mailbox, const std::string& user, const std::string& name,
                 std::map<std::string, std::vector<Found>>& by_bytes) {
    const std::string folder = cat(user, "/", name);
    const std::uint32_t validity = number(mailbox.status().uid_validity);
    for (const MessageInfo& info : mailbox.snapshot().messages) {
      const auto content = mailbox.read(info.uid);
      INFO(folder << " " << number(info.uid) << " " << content.status().ToString());
      REQUIRE(content.ok());
      const std::string bytes((*content)->bytes());
      CHECK(sent.contains(bytes));
      CHECK(info.size == bytes.size());
      const auto [at, is_first] = named.try_emplace({user, validity, number(info.uid)}, bytes);
      CHECK(at->second == bytes);
      const Uid one[] = {info.uid};
      const std::string id = mailbox.email_ids(one).front();
      CHECK(email_ids.try_emplace({user, validity, number(info.uid)}, id).first->second == id);
      if (const auto original = originals.find(bytes); original != originals.end()) {
        CHECK(id == original->second);
      }
      by_bytes[bytes].push_back({folder, number(info.uid), info.flags, id});
    }
    const std::string id = mailbox.mailbox_id();
    if (const auto before = told.find(folder); before != told.end()) CHECK(before->second == id);
  }
};

using State = std::map<std::string, std::vector<Found>>;

inline int count(const State& state, std::string_view name, const std::string& folder = "") {
  const auto at = state.find(message(name));
  if (at == state.end()) return 0;
  return static_cast<int>(std::count_if(
      at->second.begin(), at->second.end(),
      [&folder](const Found& found) { return folder.empty() || found.folder == folder; }));
}

/// New mail arrives, by both ways, under numbers that nobody has seen.
void check_that_it_works(Disk& disk);

}  // namespace mail::store::test
