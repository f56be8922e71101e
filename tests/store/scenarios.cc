// Used by crash_test.cc, where the power goes or one operation fails, and full_disk_test.cc.
#include "scenarios.h"

#include <algorithm>
#include <utility>

namespace mail::store::test {
namespace {

Status nothing(Disk&) { return absl::OkStatus(); }

/// `expected` when acknowledged, at most that otherwise.
void there(const State& state, std::string_view name, const std::string& folder, bool ok,
           int expected = 1) {
  INFO(name << " in " << folder);
  CHECK(count(state, name, folder) <= expected);
  if (ok) CHECK(count(state, name, folder) == expected);
}

}  // namespace

void check_what_follows(const Scenario& scenario, Disk& disk, const Status& status) {
  if (!status.ok() && !scenario.may_have_happened) {
    const Status again = scenario.act(disk);
    INFO(again.ToString());
    CHECK(again.ok());
    scenario.verify(disk.observe(), true);
  }
  check_that_it_works(disk);
  disk.power_cut();
  scenario.verify(disk.observe(), status.ok() || !scenario.may_have_happened);
}

void old_ones_are_there(const State& state) {
  for (const char* name : {"m1", "m2", "m3", "m4"}) {
    INFO(name);
    CHECK(count(state, name) == 1);
  }
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  all.push_back({"deliver", nothing,
                 [](Disk& disk) { return disk.deliver("new", {{kAnn, "INBOX"}}); },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "new", "ann/INBOX", ok);
                 }});
  all.push_back({"deliver to several", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   return disk.deliver("new", {{kAnn, "INBOX"}, {kAnn, "Other"}, {kBob, "INBOX"}});
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "new", "ann/INBOX", ok);
                   there(state, "new", "ann/Other", ok);
                   there(state, "new", "bob/INBOX", ok);
                 }});
  all.push_back({"deliver different octets to several", nothing,
                 [](Disk& disk) {
                   // Trace fields of their own: a file for each.
                   disk.sent.insert(cat("X: ann\r\n", message("new")));
                   disk.sent.insert(cat("X: bob\r\n", message("new")));
                   const Target targets[] = {{{kAnn, ""}, "INBOX", "X: ann\r\n"},
                                             {{kBob, ""}, "INBOX", "X: bob\r\n"}};
                   const std::string bytes = message("new");
                   const std::string_view pieces[] = {bytes};
                   return disk.store->deliver(targets, pieces, disk.clock.wall());
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   for (const std::string user : {"ann", "bob"}) {
                     const auto at = state.find(cat("X: ", user, "\r\n", message("new")));
                     if (ok) REQUIRE(at != state.end());
                     if (at != state.end()) CHECK(at->second.size() == 1);
                   }
                 }});
  all.push_back({"first delivery to an account", nothing,
                 [](Disk& disk) {
                   const Target targets[] = {{{"eve@example.net", ""}, "INBOX", ""}};
                   const std::string bytes = message("new");
                   const std::string_view pieces[] = {bytes};
                   disk.sent.insert(bytes);
                   MAIL_RETURN_IF_ERROR(disk.store->deliver(targets, pieces, disk.clock.wall()));
                   disk.power_cut();
                   MAIL_ASSIGN_OR_RETURN(const auto eve,
                                         disk.store->account({"eve@example.net", ""}));
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, eve->open("INBOX"));
                   return inbox->status().messages == 1 ? absl::OkStatus()
                                                        : internal_error("acknowledged and lost");
                 },
                 [](const State& state, bool) { old_ones_are_there(state); }, true});
  all.push_back({"append", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   disk.sent.insert(message("a1"));
                   disk.sent.insert(message("a2"));
                   const std::vector messages = {NewMessage{message("a1"), {kSeen, {"key"}}, {}},
                                                 NewMessage{message("a2"), {}, {}}};
                   MAIL_ASSIGN_OR_RETURN(const auto uids, inbox->append(messages));
                   const std::uint32_t validity = number(inbox->status().uid_validity);
                   disk.named[{"ann", validity, number(uids[0])}] = message("a1");
                   disk.named[{"ann", validity, number(uids[1])}] = message("a2");
                   return absl::OkStatus();
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "a1", "ann/INBOX", ok);
                   there(state, "a2", "ann/INBOX", ok);
                   if (ok) CHECK(state.at(message("a1"))[0].flags == Flags{kSeen, 1});
                 }});
  all.push_back({"copy", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   MAIL_ASSIGN_OR_RETURN(const auto other, disk.open("Other"));
                   return inbox->copy(list_of({1, 2}), *other).status();
                 },
                 [](const State& state, bool ok) {
                   for (const char* name : {"m1", "m2"}) {
                     CHECK(count(state, name, "ann/INBOX") == 1);
                     there(state, name, "ann/Other", ok);
                   }
                 }});
  all.push_back({"move", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   MAIL_ASSIGN_OR_RETURN(const auto other, disk.open("Other"));
                   return inbox->move(list_of({1, 2}), *other).status();
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "m1", "ann/Other", ok);
                   there(state, "m2", "ann/Other", ok);
                 },
                 true});
  all.push_back({"expunge",
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   return inbox->change_flags(list_of({1}), add(kDeleted)).status();
                 },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   return inbox->expunge(list_of({1, 2})).status();
                 },
                 [](const State& state, bool ok) {
                   CHECK(count(state, "m1") <= (ok ? 0 : 1));
                   CHECK(count(state, "m2") == 1);
                 },
                 true});
  all.push_back({"change_flags", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   return inbox->change_flags(list_of({1, 2}), add(kFlagged, {"key"})).status();
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   if (!ok) return;
                   CHECK(state.at(message("m1"))[0].flags == Flags{kFlagged, 1});
                   CHECK(state.at(message("m2"))[0].flags == Flags{kFlagged, 1});
                 },
                 true});
  all.push_back({"rename_folder", [](Disk& disk) { return disk.open("Other").status(); },
                 [](Disk& disk) {
                   const auto account = disk.account();
                   if (account == nullptr) return unavailable("no account");
                   return account->rename_folder("Other", "Moved");
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "m3", "ann/Moved", ok);
                   there(state, "m4", "ann/Moved.Sub", ok);
                 },
                 true});
  all.push_back({"the first look at new messages",
                 [](Disk& disk) {
                   MAIL_RETURN_IF_ERROR(disk.deliver("n1", {{kBob, "INBOX"}}));
                   return disk.deliver("n2", {{kAnn, "INBOX"}});
                 },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   MAIL_RETURN_IF_ERROR(inbox->refresh());
                   disk.show();
                   return inbox->claim_recent().status();
                 },
                 [](const State& state, bool) {
                   old_ones_are_there(state);
                   CHECK(count(state, "n1", "bob/INBOX") == 1);
                   CHECK(count(state, "n2", "ann/INBOX") == 1);
                 }});
  all.push_back({"create", nothing,
                 [](Disk& disk) {
                   const auto account = disk.account();
                   if (account == nullptr) return unavailable("no account");
                   MAIL_ASSIGN_OR_RETURN(const std::string id, account->create_folder("Fresh"));
                   disk.told["ann/Fresh"] = id;
                   return absl::OkStatus();
                 },
                 [](const State& state, bool) { old_ones_are_there(state); }, true});
  all.push_back({"the first MAILBOXID of a list without one",
                 [](Disk& disk) { return disk.forget_mailbox_id("/mail/example.com/ann"); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   disk.told["ann/INBOX"] = inbox->mailbox_id();
                   MAIL_RETURN_IF_ERROR(inbox->refresh());
                   CHECK(inbox->mailbox_id() == disk.told["ann/INBOX"]);
                   return absl::OkStatus();
                 },
                 [](const State& state, bool) { old_ones_are_there(state); }, true});
  all.push_back({"create, subscribe, delete", nothing,
                 [](Disk& disk) {
                   const auto account = disk.account();
                   if (account == nullptr) return unavailable("no account");
                   MAIL_RETURN_IF_ERROR(account->create_folder("Fresh").status());
                   MAIL_RETURN_IF_ERROR(account->subscribe("Fresh"));
                   MAIL_RETURN_IF_ERROR(disk.deliver("f", {{kAnn, "Fresh"}}));
                   return account->delete_folder("Fresh");
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   CHECK(count(state, "f") <= (ok ? 0 : 1));
                 },
                 true});
  return all;
}

void check_that_it_works(Disk& disk) {
  const auto shown = disk.shown;
  const auto named = disk.named;
  REQUIRE(disk.deliver("after1", {{kAnn, "INBOX"}}).ok());
  const auto inbox = disk.open("INBOX");
  REQUIRE(inbox.ok());
  disk.sent.insert(message("after2"));
  const std::vector messages = {NewMessage{message("after2"), {}, {}}};
  REQUIRE((*inbox)->append(messages).ok());
  const State state = disk.observe();
  const std::uint32_t validity = number((*inbox)->status().uid_validity);
  for (const char* name : {"after1", "after2"}) {
    REQUIRE(count(state, name, "ann/INBOX") == 1);
    const std::uint32_t uid = state.at(message(name))[0].uid;
    if (const auto highest = shown.find(validity); highest != shown.end()) {
      CHECK(uid > highest->second);
    }
    CHECK_FALSE(named.contains({"ann", validity, uid}));
  }
}

}  // namespace mail::store::test
