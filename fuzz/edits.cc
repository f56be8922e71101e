// An edit of any text that a person may have written: the lines that it does not speak of stay as
// they are, in their order, and whoever reads the file finds the edit. The first octet chooses the
// edit.
#include <algorithm>
#include <array>
#include <vector>

#include "directory/app_password_table.h"
#include "directory/edit_lines.h"
#include "directory/more_tables.h"
#include "directory/tables.h"
#include "fuzz.h"
#include "mail/base/ascii.h"
#include "mail/base/memory_filesystem.h"
#include "mail/directory/editor.h"
#include "mail/directory/snapshot.h"

using namespace mail;
using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

namespace {

constexpr std::string_view kAddress = "ann@d.example";
constexpr std::string_view kPeople = "ann@d.example|{PLAIN}x\n";

/// The lines that neither have one of the keys nor continue such a line, without their ends.
std::vector<std::string> other_lines(std::string_view text, KeyOf key_of,
                                     const std::vector<std::string_view>& keys) {
  std::vector<std::string> others;
  bool skipping = false;
  for (const std::string& line : split_lines(text)) {
    if (!is_comment_or_blank(line)) {
      const bool continues = key_of == alias_key && ascii::is_blank(line.front());
      const std::string key = key_of(line);
      if (!continues) skipping = std::find(keys.begin(), keys.end(), key) != keys.end();
      if (skipping) continue;
    }
    std::string_view content = line;
    while (content.ends_with('\n') || content.ends_with('\r')) content.remove_suffix(1);
    others.emplace_back(content);
  }
  return others;
}

struct World {
  MemoryFilesystem files;
  Editor editor{files, "/config"};

  World() { require(files.make_directory("/config", 0700).ok()); }
  void put(std::string_view file, std::string_view text) {
    require(files.write(cat("/config/", file), text).ok());
  }
  std::string text(std::string_view file) {
    return read_file(files, cat("/config/", file), 1 << 26).value_or("");
  }
  std::shared_ptr<const Snapshot> snapshot() {
    return Snapshot::build(files, "/config", Options{});
  }
};

struct Edit {
  std::string_view file;
  KeyOf key_of;
  std::vector<std::string_view> keys;  // of the lines that it may change
  Status (*make)(Editor& editor);
  /// Asked when the edit succeeded.
  void (*check)(const Snapshot& snapshot);
};

/// Somebody's line may lead on from there.
void require_rule(const Snapshot& snapshot, std::string_view alias, std::string_view target) {
  const auto path = snapshot.resolve(alias).path;
  require(std::any_of(path.begin(), path.end(), [&](const Step& step) {
    return step.from == alias && step.to.find(target) != std::string::npos;
  }));
}

Status ignore(const StatusOr<bool>& result) { return result.status(); }

const Edit kEdits[] = {
    {kAccountsFile,
     account_key,
     {"ann@d.example"},
     [](Editor& editor) { return editor.add_account(kAddress, "{PLAIN}new"); },
     [](const Snapshot& snapshot) {
       const Account* const account = snapshot.find_login(kAddress);
       require(account != nullptr && account->password == "{PLAIN}new");
     }},
    {kAccountsFile,
     account_key,
     {"ann@d.example"},
     [](Editor& editor) {
       MAIL_RETURN_IF_ERROR(editor.resume_account(kAddress));
       return editor.update_account(kAddress, "{PLAIN}new");
     },
     [](const Snapshot& snapshot) {
       const Account* const account = snapshot.find_login(kAddress);
       require(account != nullptr && account->password == "{PLAIN}new");
     }},
    {kAccountsFile,
     account_key,
     {"ann@d.example"},
     [](Editor& editor) { return editor.suspend_account(kAddress); },
     [](const Snapshot& snapshot) {
       const Account* const account = snapshot.find_login(kAddress);
       require(account == nullptr || is_suspended(account->password));
     }},
    {kAccountsFile,
     account_key,
     {"ann@d.example"},
     [](Editor& editor) { return editor.delete_account(kAddress); },
     [](const Snapshot& snapshot) { require(snapshot.find_login(kAddress) == nullptr); }},
    {kAccountsFile,
     account_key,
     {"ann@d.example", "eve@d.example"},
     [](Editor& editor) { return editor.rename(kAddress, "eve@d.example"); },
     [](const Snapshot& snapshot) { require(snapshot.find_login(kAddress) == nullptr); }},
    {kVirtualFile,
     alias_key,
     {"new@d.example"},
     [](Editor& editor) { return editor.add_alias("new@d.example", "ann@d.example"); },
     [](const Snapshot& snapshot) { require_rule(snapshot, "new@d.example", kAddress); }},
    {kVirtualFile,
     alias_key,
     {"new@d.example"},
     [](Editor& editor) { return ignore(editor.delete_alias("new@d.example", kAddress)); },
     [](const Snapshot&) {}},
    {kVirtualFile,
     alias_key,
     {"ann@d.example"},
     [](Editor& editor) { return editor.add_forward(kAddress, "eve@e.example", true); },
     [](const Snapshot& snapshot) { require_rule(snapshot, kAddress, "eve@e.example"); }},
    {kQuotasFile,
     quota_key,
     {"ann@d.example"},
     [](Editor& editor) { return editor.set_quota(kAddress, "5G"); },
     [](const Snapshot& snapshot) {
       require(snapshot.quota_of(*snapshot.find_login(kAddress)).octets == std::uint64_t{5} << 30);
     }},
    {kQuotasFile,
     quota_key,
     {"ann@d.example"},
     [](Editor& editor) { return ignore(editor.delete_quota(kAddress)); },
     [](const Snapshot& snapshot) {
       require(snapshot.quota_of(*snapshot.find_login(kAddress)).octets == 0);
     }},
    {kMastersFile,
     account_key,
     {"root"},
     [](Editor& editor) {
       return absl::IsAlreadyExists(editor.add_master("root", "{PLAIN}new"))
                  ? editor.update_master("root", "{PLAIN}new")
                  : Status();
     },
     [](const Snapshot& snapshot) {
       const Account* const master = snapshot.find_master("root");
       require(master != nullptr && master->password == "{PLAIN}new");
     }},
    {kMastersFile,
     account_key,
     {"root"},
     [](Editor& editor) { return editor.delete_master("root"); },
     [](const Snapshot& snapshot) { require(snapshot.find_master("root") == nullptr); }},
    {kSendAccessFile,
     alias_key,
     {"ann@d.example"},
     [](Editor& editor) {
       MAIL_RETURN_IF_ERROR(editor.unrestrict(Editor::Direction::kSend, kAddress));
       return editor.restrict(Editor::Direction::kSend, kAddress);
     },
     [](const Snapshot& snapshot) {
       const AccessRule* const rule = snapshot.send_access(kAddress);
       require(rule != nullptr && rule->action == AccessAction::kReject);
     }},
    {kRelayMapFile,
     alias_key,
     {"@d.example"},
     [](Editor& editor) { return editor.set_relay("d.example", "relay.example", 587); },
     [](const Snapshot& snapshot) {
       const RelayRoute* const route = snapshot.relay_route("nobody-else@d.example");
       require(route != nullptr);
     }},
    {kRelayCredentialsFile,
     alias_key,
     {"@d.example"},
     [](Editor& editor) { return editor.set_relay_credentials("d.example", "me", "secret"); },
     [](const Snapshot& snapshot) {
       const auto all = snapshot.relay_credentials();
       require(std::any_of(all.begin(), all.end(), [](const RelayCredentials& one) {
         return one.key == "@d.example" && one.user == "me";
       }));
     }},
    {kRelayMapFile,
     alias_key,
     {"@d.example"},
     [](Editor& editor) { return ignore(editor.delete_relay("d.example")); },
     [](const Snapshot&) {}},
    {kAppPasswordsFile,
     account_key,
     {"ann@d.example"},
     [](Editor& editor) {
       return editor.add_app_password({.address = std::string(kAddress),
                                       .label = "phone",
                                       .password = "{PLAIN}x",
                                       .scope = {},
                                       .expires = {}});
     },
     [](const Snapshot& snapshot) {
       require(snapshot.find_app_password(kAddress, "phone") != nullptr);
     }},
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Edit& edit = kEdits[data[0] % std::size(kEdits)];
  const std::string before(text_of(data + 1, size - 1));
  // A file with NUL octets is not read at all.
  if (before.find('\0') != std::string::npos) return 0;
  World world;
  if (edit.file != kAccountsFile) world.put(kAccountsFile, kPeople);
  world.put(edit.file, before);
  const Status status = edit.make(world.editor);
  const std::string after = world.text(edit.file);
  require(other_lines(before, edit.key_of, edit.keys) ==
          other_lines(after, edit.key_of, edit.keys));
  if (status.ok()) edit.check(*world.snapshot());
  // A transaction does the same.
  World other;
  if (edit.file != kAccountsFile) other.put(kAccountsFile, kPeople);
  other.put(edit.file, before);
  auto transaction = other.editor.begin();
  require(transaction.ok());
  const Status again = edit.make(*transaction);
  require(again.code() == status.code() && other.text(edit.file) == before);
  require(transaction->commit().ok());
  require(other.text(edit.file) == after);
  return 0;
}
