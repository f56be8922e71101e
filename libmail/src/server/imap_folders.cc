// LIST, LSUB, STATUS, CREATE, DELETE, RENAME, SUBSCRIBE: the commands on folders.
//
// Tested by tests/unit/server/imap_service_test.cc and tests/live.
#include <algorithm>
#include <utility>

#include "mail/base/ascii.h"
#include "mail/imap/list_pattern.h"
#include "server/imap_commands.h"
#include "server/quota_watch.h"

namespace mail::server {
namespace {

constexpr char kSeparator = '.';

bool pattern_matches(std::string_view pattern, std::string_view name) {
  if (imap::matches(pattern, name, kSeparator)) return true;
  // RFC 3501 §5.1: INBOX in any case.
  return name == "INBOX" && imap::matches(ascii::to_upper(pattern), name, kSeparator);
}

using Rules = std::vector<directory::FolderRule>;

const directory::FolderRule* find_rule(const Rules& rules, std::string_view name) {
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [name](const auto& candidate) { return candidate.name == name; });
  return rule == rules.end() ? nullptr : &*rule;
}

/// RFC 6154 §2.
std::string_view special_use_of(const Rules& rules, std::string_view name) {
  const directory::FolderRule* const rule = find_rule(rules, name);
  return rule == nullptr ? std::string_view() : std::string_view(rule->special_use);
}

struct Listed {
  std::string name;
  std::vector<std::string_view> attributes;
};

/// With the automatic folders that are not on disk yet. Blocks.
StatusOr<std::vector<Listed>> list_folders(store::Account& account, const Rules& rules,
                                           std::string_view pattern, bool only_special_use) {
  MAIL_ASSIGN_OR_RETURN(auto folders, account.folders());
  for (const directory::FolderRule& rule : rules) {
    if (!rule.is_made) continue;
    const auto same = std::find_if(folders.begin(), folders.end(),
                                   [&](const store::Folder& f) { return f.name == rule.name; });
    if (same == folders.end()) {
      folders.push_back({rule.name, true, false});
    } else {
      same->is_selectable = true;  // a child is there already
    }
  }
  std::vector<Listed> listed;
  for (store::Folder& folder : folders) {
    if (!pattern_matches(pattern, folder.name)) continue;
    const std::string_view use = special_use_of(rules, folder.name);
    if (only_special_use && (use.empty() || !folder.is_selectable)) continue;
    Listed line{std::move(folder.name), {}};
    if (!folder.is_selectable) line.attributes.push_back("\\Noselect");
    line.attributes.push_back(folder.has_children ? "\\HasChildren" : "\\HasNoChildren");
    if (!use.empty() && folder.is_selectable) line.attributes.push_back(use);
    listed.push_back(std::move(line));
  }
  return listed;
}

/// RFC 3501 §6.3.9: when a subscribed "foo.bar" is hidden by a "%", its parent "foo" is told with
/// \Noselect. Blocks.
StatusOr<std::vector<Listed>> list_subscriptions(store::Account& account, const Rules& rules,
                                                 std::string_view pattern) {
  MAIL_ASSIGN_OR_RETURN(auto names, account.subscriptions());
  for (const directory::FolderRule& rule : rules) {
    if (!rule.is_subscribed) continue;
    const auto status = account.status(rule.name);
    if (!status.ok()) names.push_back(rule.name);  // subscribed when it is made
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<Listed> listed;
  const auto tell_once = [&](std::string_view name, bool is_parent) {
    const auto is_same = [&](const Listed& line) { return line.name == name; };
    if (std::any_of(listed.begin(), listed.end(), is_same)) return;
    Listed line{std::string(name), {}};
    if (is_parent) line.attributes.push_back("\\Noselect");
    listed.push_back(std::move(line));
  };
  for (const std::string& name : names) {
    if (pattern_matches(pattern, name)) tell_once(name, false);
  }
  if (!pattern.ends_with('%')) return listed;
  for (const std::string& name : names) {
    if (pattern_matches(pattern, name)) continue;
    for (std::size_t dot = name.find(kSeparator); dot != std::string::npos;
         dot = name.find(kSeparator, dot + 1)) {
      const std::string_view parent = std::string_view(name).substr(0, dot);
      if (pattern_matches(pattern, parent)) tell_once(parent, true);
    }
  }
  return listed;
}

/// RFC 3501 §6.3.3: a trailing separator only says that names will be made below this one.
std::string without_trailing_separator(std::string name) {
  if (name.ends_with(kSeparator)) name.pop_back();
  return name;
}

}  // namespace

StatusOr<std::shared_ptr<store::Mailbox>> open_folder(store::Account& account, const Rules& rules,
                                                      const std::string& name) {
  auto mailbox = account.open(name);
  const directory::FolderRule* const rule = find_rule(rules, name);
  if (mailbox.ok() || mailbox.status().code() != absl::StatusCode::kNotFound || rule == nullptr ||
      !rule->is_made) {
    return mailbox;
  }
  const Status created = account.create_folder(name).status();
  if (!created.ok() && created.code() != absl::StatusCode::kAlreadyExists) return created;
  if (rule->is_subscribed) MAIL_RETURN_IF_ERROR(account.subscribe(name));
  return account.open(name);
}

void ImapService::finish(Session& session, const Status& status, std::string_view done) {
  if (status.ok()) {
    session.ok("", done);
    return;
  }
  const ImapRefusal refusal = refusal_of(status);
  session.no(refusal.code, refusal.text);
}

Task<void> ImapService::list(Session& session, imap::List& command) {
  const std::string_view done = command.is_lsub ? "LSUB completed" : "LIST completed";
  if (command.is_delimiter_query) {
    session.list_delimiter();
    session.ok("", done);
    co_return;
  }
  const Rules& rules = connection_.options().folders;
  auto job = [&] {
    return command.is_lsub
               ? list_subscriptions(*account_, rules, command.pattern)
               : list_folders(*account_, rules, command.pattern, command.selects_special_use);
  };
  auto listed = co_await run_on(connection_.world.worker, std::move(job));
  if (!listed.ok()) {
    finish(session, listed.status(), done);
    co_return;
  }
  for (const Listed& line : *listed) {
    const Session::ListedMailbox mailbox{line.name, line.attributes, command.is_lsub};
    session.list(mailbox);
  }
  co_await tell_updates(session, true, false);
  session.ok("", done);
}

Task<void> ImapService::status(Session& session, imap::Status& command) {
  const Rules& rules = connection_.options().folders;
  std::string mailbox_id;
  auto job = [&]() -> StatusOr<store::FolderStatus> {
    MAIL_ASSIGN_OR_RETURN(auto mailbox, open_folder(*account_, rules, command.mailbox));
    MAIL_RETURN_IF_ERROR(mailbox->refresh());
    if (command.items & imap::Status::kMailboxId) mailbox_id = mailbox->mailbox_id();
    return mailbox->status();
  };
  auto status = co_await run_on(connection_.world.worker, std::move(job));
  if (!status.ok()) {
    finish(session, status.status(), "");
    co_return;
  }
  const std::pair<imap::Status::Item, Session::StatusItem> all[] = {
      {imap::Status::kMessages, {"MESSAGES", status->messages}},
      {imap::Status::kRecent, {"RECENT", status->recent}},
      {imap::Status::kUidNext, {"UIDNEXT", store::number(status->uid_next)}},
      {imap::Status::kUidValidity, {"UIDVALIDITY", store::number(status->uid_validity)}},
      {imap::Status::kUnseen, {"UNSEEN", status->unseen}},
      {imap::Status::kDeleted, {"DELETED", status->deleted}},
      {imap::Status::kDeletedStorage, {"DELETED-STORAGE", status->deleted_size}},
      {imap::Status::kMailboxId, {"MAILBOXID", 0, mailbox_id}},
  };
  std::vector<Session::StatusItem> items;
  for (const auto& [bit, item] : all) {
    if ((command.items & bit) != 0) items.push_back(item);
  }
  session.status(command.mailbox, items);
  co_await tell_updates(session, true, false);
  session.ok("", "STATUS completed");
}

Task<void> ImapService::create(Session& session, imap::Create& command) {
  const std::string name = without_trailing_separator(command.mailbox);
  auto job = [&] { return account_->create_folder(name); };
  auto id = co_await run_on(connection_.world.worker, std::move(job));
  if (!id.ok()) {
    finish(session, id.status(), "");
    co_return;
  }
  session.ok(cat("MAILBOXID (", *id, ")"), "CREATE completed");
}

Task<void> ImapService::remove(Session& session, imap::Delete& command) {
  QuotaObserver observer(connection_, login_);
  const auto delete_folder = [&] { return account_->delete_folder(command.mailbox); };
  auto job = [&] { return observer.around(delete_folder); };
  auto status = co_await run_on(connection_.world.worker, std::move(job));
  finish(session, status, "DELETE completed");
}

Task<void> ImapService::rename(Session& session, imap::Rename& command) {
  const std::string to = without_trailing_separator(command.to);
  auto job = [&] { return account_->rename_folder(command.from, to); };
  auto status = co_await run_on(connection_.world.worker, std::move(job));
  finish(session, status, "RENAME completed");
}

Task<void> ImapService::subscribe(Session& session, imap::Subscribe& command) {
  auto job = [&] {
    return command.is_subscribed ? account_->subscribe(command.mailbox)
                                 : account_->unsubscribe(command.mailbox);
  };
  auto status = co_await run_on(connection_.world.worker, std::move(job));
  finish(session, status, command.is_subscribed ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed");
}

}  // namespace mail::server
