#include "context.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "control.h"
#include "mail/base/ascii.h"
#include "mail/directory/fingerprint.h"
#include "mail/directory/hostname.h"

extern char** environ;

namespace mailctl {

mail::directory::Environment environment() {
  mail::directory::Environment pairs;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return pairs;
}

std::string own_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

namespace {

constexpr std::chrono::milliseconds kLockPoll{20};

/// An edit by root makes files that a server without root's rights could not read: they get the
/// group of the mail folder, whose owner the server runs as.
void share_with_server(const Context& context) {
  mail::Filesystem& filesystem = mail::real_filesystem();
  const auto mail_folder = filesystem.info(context.mail);
  if (geteuid() != 0 || !mail_folder.ok()) return;
  for (const std::string_view name : mail::directory::snapshot_files()) {
    const std::string path = context.config_file(name);
    const auto info = filesystem.info(path);
    constexpr std::uint32_t kOthersRead = 04;
    const bool shared = !info.ok() || (info->mode & kOthersRead) != 0 ||
                        info->owner == mail_folder->owner || info->group == mail_folder->group;
    if (!shared && lchown(path.c_str(), static_cast<uid_t>(-1), mail_folder->group) != 0) {
      warn("the server may not be able to read '" + path + "'");
    }
  }
}

int say(const Context& context, std::string_view sentence, int code) {
  std::cerr << paint(STDERR_FILENO, Colour::kRed, context.program + ":") << " "
            << shown(sentence, kMaxSentence) << "\n";
  return code;
}

int say_json(const Context& context, std::string_view sentence, int code) {
  if (context.json) std::cout << text_of({{"error", shown(sentence, kMaxSentence)}});
  return say(context, sentence, code);
}

/// All of them, or none.
mail::StatusOr<bool> try_to_edit(const mail::directory::Editor& editor,
                                 const std::vector<Change>& changes) {
  bool has_changed = false;
  MAIL_ASSIGN_OR_RETURN(auto transaction, editor.begin());
  for (const Change& change : changes) {
    MAIL_ASSIGN_OR_RETURN(const bool changed, change(transaction));
    has_changed = has_changed || changed;
  }
  if (has_changed) MAIL_RETURN_IF_ERROR(transaction.commit());
  return has_changed;
}

/// Waits for the lock.
mail::StatusOr<bool> edit(const Context& context, const std::vector<Change>& changes) {
  if (changes.empty()) return false;
  const auto seconds = mail::ascii::parse_number(context.wait).value_or(0);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const mail::directory::Editor editor = make_editor(context);
  while (true) {
    auto changed = try_to_edit(editor, changes);
    const bool is_locked = absl::IsUnavailable(changed.status());
    if (!is_locked || std::chrono::steady_clock::now() >= give_up) return changed;
    std::this_thread::sleep_for(kLockPoll);
  }
}

/// Whether a running server has read the folder. Fails: one runs, and has not.
mail::StatusOr<bool> make_live(const Context& context) {
  share_with_server(context);
  const ControlAnswer answer = ask_server(context.control_socket(), "reload");
  if (answer.state == ControlAnswer::State::kFailed) {
    return mail::internal_error(
        "the change is written, but the running server did not confirm it: ", answer.text,
        "; see its log");
  }
  return answer.state == ControlAnswer::State::kAnswered;
}

}  // namespace

int refuse(const Context& context, std::string_view sentence) {
  return say_json(context, sentence, kRefused);
}

int refuse(const Context& context, const mail::Status& status) {
  return refuse(context, mail::message_of(status));
}

int wrong_usage(const Context& context, std::string_view sentence) {
  return say_json(context, sentence, kWrongUsage);
}

int refuse_on_stderr(const Context& context, std::string_view sentence) {
  return say(context, sentence, kRefused);
}

void warn(std::string_view sentence) {
  std::cerr << paint(STDERR_FILENO, Colour::kYellow, "mailctl: warning:") << " " << shown(sentence)
            << "\n";
}

mail::directory::Settings load_settings(const Context& context) {
  return mail::directory::Settings::read(mail::real_filesystem(), context.config, environment());
}

std::shared_ptr<const mail::directory::Snapshot> load_snapshot(const Context& context) {
  mail::Filesystem& filesystem = mail::real_filesystem();
  const auto settings = load_settings(context);
  return mail::directory::Snapshot::build(
      filesystem, context.config,
      settings.directory_options(mail::directory::full_hostname(filesystem, own_name())));
}

const mail::directory::Account* find_account(const mail::directory::Snapshot& snapshot,
                                             std::string_view address) {
  for (const auto& account : snapshot.accounts()) {
    if (mail::ascii::equal_ignoring_case(account.address, address)) return &account;
  }
  return nullptr;
}

int refuse_missing_account(const Context& context, const mail::directory::Snapshot& snapshot,
                           const std::string& address) {
  if (const auto known = account_address(address); !known.ok()) {
    return refuse(context, known.status());
  }
  if (!snapshot.accounts_available()) {
    return refuse(context, named(context.config_file("postfix-accounts.cf")) +
                               " cannot be read; see `" + context.program + " config check`");
  }
  return refuse(context,
                named(address) + " does not exist; see `" + context.program + " email list`");
}

mail::directory::Editor make_editor(const Context& context) {
  return {mail::real_filesystem(), context.config, warn};
}

Change always(std::function<mail::Status(mail::directory::Editor&)> edit) {
  return [edit = std::move(edit)](mail::directory::Editor& editor) -> mail::StatusOr<bool> {
    MAIL_RETURN_IF_ERROR(edit(editor));
    return true;
  };
}

int run_edit(const Context& context, Json fields, const std::vector<Change>& changes,
             const std::function<mail::Status()>& afterwards) {
  const auto changed = edit(context, changes);
  if (!changed.ok()) return refuse(context, changed.status());
  const auto live = *changed ? make_live(context) : mail::StatusOr<bool>(false);
  mail::Status failure = live.status();
  if (failure.ok() && *changed && afterwards) failure = afterwards();
  Json report = {{"changed", *changed}, {"live", live.ok() && *live}};
  if (failure.ok()) {
    report.update(fields);
  } else {
    report["error"] = shown(mail::message_of(failure), kMaxSentence);
  }
  if (context.json) std::cout << text_of(report);
  return failure.ok() ? kDone : refuse_on_stderr(context, mail::message_of(failure));
}

int require_folder(const Context& context) {
  const auto entries = mail::real_filesystem().resolve_links(context.config);
  const auto info = entries.ok() ? mail::real_filesystem().info(*entries) : entries.status();
  if (info.ok() && info->type == mail::FileType::kDirectory) return kDone;
  return refuse(context, "the config folder " + named(context.config) +
                             " cannot be found; make it, or name another one with --config");
}

int require_file(const Context& context, std::string_view name) {
  mail::Filesystem& filesystem = mail::real_filesystem();
  const std::string path = context.config_file(name);
  const auto target = filesystem.resolve_links(path);
  const auto info = target.ok() ? filesystem.info(*target) : target.status();
  if (absl::IsNotFound(info.status())) {
    return refuse(context, shown("'" + path + "'") + " does not exist");
  }
  if (!info.ok()) return refuse(context, info.status());
  if (info->size == 0) return refuse(context, named(path) + " is empty, nothing to list");
  return kDone;
}

mail::StatusOr<std::string> account_address(const std::string& given) {
  if (given.find('@') == std::string::npos) {
    return mail::invalid(named(given), " should include the domain (eg: user@example.com)");
  }
  return mail::ascii::to_lower(given);
}

std::string ask_line(std::string_view prompt) {
  std::cerr << prompt << std::flush;
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  if (isatty(STDIN_FILENO) != 1) std::cerr << "\n";  // nobody typed the end of the line
  return line;
}

std::vector<std::string> unique(const std::vector<std::string>& words) {
  std::vector<std::string> once;
  for (const std::string& word : words) {
    if (std::find(once.begin(), once.end(), word) == once.end()) once.push_back(word);
  }
  return once;
}

}  // namespace mailctl
