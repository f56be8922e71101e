#include "context.h"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "control.h"
#include "mail/directory/fingerprint.h"
#include "mail/directory/hostname.h"

extern char** environ;

namespace mailctl {
namespace {

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

}  // namespace

int refuse(std::string_view sentence) {
  std::cerr << "mailctl: " << sentence << "\n";
  return kRefused;
}

void warn(std::string_view sentence) { std::cerr << "mailctl: warning: " << sentence << "\n"; }

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

mail::directory::Editor make_editor(const Context& context) {
  return {mail::real_filesystem(), context.config, warn};
}

int run_edit(const Context& context, const std::function<mail::Status()>& edit) {
  using namespace std::chrono_literals;
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  mail::Status status = edit();
  while (status.code() == absl::StatusCode::kUnavailable &&
         std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(50ms);
    status = edit();
  }
  if (!status.ok()) return refuse(mail::message_of(status));
  share_with_server(context);
  const ControlAnswer answer = ask_server(context.control_socket(), "reload");
  if (answer.state == ControlAnswer::State::kFailed) {
    return refuse("the change is written, but the running server did not confirm it: " +
                  answer.text);
  }
  return kDone;
}

int require_file(const Context& context, std::string_view name) {
  const std::string path = context.config_file(name);
  const auto info = mail::real_filesystem().info(path);
  if (!info.ok()) return refuse("'" + path + "' does not exist");
  if (info->size == 0) return refuse("'" + path + "' is empty, nothing to list");
  return kDone;
}

}  // namespace mailctl
