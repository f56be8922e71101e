// spam bootstrap: a classifier for an account from what its folders hold today, so that nobody has
// to sort 200 messages first.
//
// Spam is what lies in Junk. Ham is what the user kept or answered: the archive, what was read in
// INBOX, and answers to mail that the user sent, in any other folder. What is marked as deleted
// says nothing.
//
// Tested by tests/cases/mailctl/sa_learn.py.
#include <algorithm>
#include <iostream>
#include <set>

#include "commands.h"
#include "mail/base/ascii.h"
#include "mail/message/header.h"
#include "spam_tables.h"
#include "teach.h"

namespace mailctl {
namespace {

using namespace mail;
using bayes::Class;

constexpr std::uint64_t kMessageOctets = 256 << 20;
constexpr std::size_t kSentIds = 1'000'000;

enum class Role { kInbox, kJunk, kArchive, kSent, kNeither, kOther };

/// By its Maildir++ name: ".Junk", ".INBOX.Archive.2024"; "" is INBOX.
Role role_of(std::string_view folder) {
  if (folder.empty()) return Role::kInbox;
  std::string_view name = folder.substr(1);
  if (ascii::starts_with_ignoring_case(name, "INBOX.")) name.remove_prefix(6);
  const std::string_view top = name.substr(0, name.find('.'));
  struct Known {
    std::string_view name;
    Role role;
  };
  constexpr Known kKnown[] = {{"Junk", Role::kJunk},        {"Spam", Role::kJunk},
                              {"Junk E-mail", Role::kJunk}, {"Archive", Role::kArchive},
                              {"Archives", Role::kArchive}, {"Sent", Role::kSent},
                              {"Sent Items", Role::kSent},  {"Sent Messages", Role::kSent},
                              {"Trash", Role::kNeither},    {"Deleted Items", Role::kNeither},
                              {"Drafts", Role::kNeither}};
  for (const Known& known : kKnown) {
    if (ascii::equal_ignoring_case(top, known.name)) return known.role;
  }
  return Role::kOther;
}

/// Of "…:2,FS": is the letter among the flags?
bool has_flag(std::string_view file, char flag) {
  const std::size_t info = file.rfind(":2,");
  return info != file.npos && file.substr(info + 3).find(flag) != file.npos;
}

/// Calls `use` with each "<…>" of the field.
template <typename Use>
void for_each_id(std::string_view header, std::string_view name, const Use& use) {
  for (const auto& field : message::all_fields(header, name)) {
    std::string_view rest = field.value;
    for (std::size_t open = rest.find('<'); open != rest.npos; open = rest.find('<')) {
      const std::size_t close = rest.find('>', open);
      if (close == rest.npos) break;
      use(rest.substr(open, close - open + 1));
      rest.remove_prefix(close + 1);
    }
  }
}

using Ids = std::set<std::string, std::less<>>;

bool answers(std::string_view header, const Ids& sent) {
  bool is_answer = false;
  for (const std::string_view name : {"In-Reply-To", "References"}) {
    for_each_id(header, name, [&](std::string_view id) { is_answer |= sent.contains(id); });
  }
  return is_answer;
}

class Mailbox {
 public:
  explicit Mailbox(std::string folder) : folder_(std::move(folder)) {}

  /// Fails: when the mail folder cannot be read.
  Status look() {
    MAIL_ASSIGN_OR_RETURN(const auto entries, real_filesystem().list(folder_));
    std::vector<std::string> folders = {""};
    for (const DirectoryEntry& entry : entries) {
      if (entry.type == FileType::kDirectory && entry.name.starts_with('.')) {
        folders.push_back(entry.name);
      }
    }
    std::sort(folders.begin(), folders.end());
    for (const std::string& name : folders) {
      if (role_of(name) == Role::kSent) remember_sent(name);
    }
    for (const std::string& name : folders) sort_out(name);
    return absl::OkStatus();
  }

  /// Both classes in turn, evenly: a classifier that first saw one of them alone would lean to it.
  std::vector<Lesson> lessons(const std::string& account) const {
    std::vector<Lesson> found;
    std::size_t h = 0;
    std::size_t s = 0;
    while (h < ham_.size() || s < spam_.size()) {
      const bool is_spam =
          h == ham_.size() || (s < spam_.size() && s * ham_.size() < h * spam_.size());
      found.push_back(
          {is_spam ? spam_[s] : ham_[h], account, is_spam ? Class::kSpam : Class::kHam});
      ++(is_spam ? s : h);
    }
    return found;
  }

  std::size_t ham() const { return ham_.size(); }
  std::size_t spam() const { return spam_.size(); }

 private:
  std::vector<std::string> files(const std::string& name) const {
    std::vector<std::string> found;
    for (const std::string_view part : {"/cur", "/new"}) {
      const std::string below = cat(folder_, name.empty() ? "" : "/", name, part);
      const auto entries = real_filesystem().list(below);
      if (!entries.ok()) continue;
      for (const DirectoryEntry& entry : *entries) {
        if (entry.type == FileType::kRegular && !entry.name.starts_with('.')) {
          found.push_back(below + "/" + entry.name);
        }
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  void remember_sent(const std::string& name) {
    for (const std::string& file : files(name)) {
      const auto bytes = read_file(real_filesystem(), file, kMessageOctets);
      if (!bytes.ok() || sent_.size() >= kSentIds) continue;
      for_each_id(*bytes, "Message-ID", [&](std::string_view id) { sent_.emplace(id); });
    }
  }

  bool is_answer(const std::string& file) const {
    if (sent_.empty()) return false;
    const auto bytes = read_file(real_filesystem(), file, kMessageOctets);
    return bytes.ok() && answers(*bytes, sent_);
  }

  void sort_out(const std::string& name) {
    const Role role = role_of(name);
    if (role == Role::kSent || role == Role::kNeither) return;
    for (std::string& file : files(name)) {
      if (has_flag(file, 'T')) continue;
      if (role == Role::kJunk) {
        spam_.push_back(std::move(file));
      } else if (role == Role::kArchive || (role == Role::kInbox && has_flag(file, 'S')) ||
                 is_answer(file)) {
        ham_.push_back(std::move(file));
      }
    }
  }

  std::string folder_;
  Ids sent_;
  std::vector<std::string> ham_;
  std::vector<std::string> spam_;
};

}  // namespace

int spam_bootstrap(const Context& context) {
  const std::string& account = context.arguments[0];
  const std::string fault(fault_of_account(account));
  if (!fault.empty()) return refuse(context, named(account) + " is " + fault);
  SpamTables tables(context);
  const auto folder = tables.mail_folder(account);
  if (!folder.ok()) return refuse(context, folder.status());
  Mailbox mailbox(*folder);
  const Status looked = mailbox.look();
  if (!looked.ok()) return refuse(context, looked);
  const auto taught = teach(tables, mailbox.lessons(account));
  if (!taught.ok()) return refuse(context, taught.status());
  if (context.json) {
    std::cout << text_of({{"changed", taught->changed > 0},
                          {"spam", mailbox.spam()},
                          {"ham", mailbox.ham()},
                          {"messages", taught->changed},
                          {"examined", taught->examined}});
    return taught->unread == 0 ? kDone : kRefused;
  }
  std::cout << "Found " << mailbox.spam() << " spam and " << mailbox.ham() << " ham message(s)\n"
            << "Learned tokens from " << taught->changed << " message(s) (" << taught->examined
            << " message(s) examined)\n";
  return taught->unread == 0 ? kDone : kRefused;
}

}  // namespace mailctl
