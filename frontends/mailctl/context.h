// What every command of mailctl gets, and the few things that several need.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"
#include "mail/directory/editor.h"
#include "mail/directory/settings.h"
#include "mail/directory/snapshot.h"

namespace mailctl {

/// Exit codes, as docker-mailserver's `setup` has them.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;
inline constexpr int kUnknownCommand = 2;

struct Context {
  std::string config;
  std::string mail = "/var/mail";
  std::string state = "/var/mail-state";
  bool json = false;
  bool password_stdin = false;
  bool spam = false;
  bool ham = false;
  std::string account;                  // whose classifier; empty: the server's
  std::string scheme = "SHA512-CRYPT";  // of new passwords
  std::string to;                       // of email forward
  bool keep = false;                    // email forward: and keep a copy
  bool check = false;                   // email password
  bool yes = false;                     // -y: delete the mail too
  bool no = false;                      // -n: keep it
  std::vector<std::string> arguments;   // behind the command's two words

  std::string config_file(std::string_view name) const { return config + "/" + std::string(name); }
  std::string control_socket() const { return state + "/run/control.sock"; }
};

/// One sentence on stderr; answers kRefused: `return refuse("…");`
int refuse(std::string_view sentence);
void warn(std::string_view sentence);

/// Settings from the config folder and the environment.
mail::directory::Settings load_settings(const Context& context);

/// The directory as the server sees it, from the config folder and the environment.
std::shared_ptr<const mail::directory::Snapshot> load_snapshot(const Context& context);

/// Of the config folder.
mail::directory::Editor make_editor(const Context& context);

/// Runs `edit`, again while another program holds the lock (for 10 s at most), then makes a running
/// server read the change. Answers the exit code.
int run_edit(const Context& context, const std::function<mail::Status()>& edit);

/// kDone when the file is there and not empty; otherwise the refusal is said.
int require_file(const Context& context, std::string_view name);

// The commands.
int email_add(const Context& context);
int email_update(const Context& context);
int email_delete(const Context& context);
int email_restrict(const Context& context);
int email_list(const Context& context);
int email_forward(const Context& context);
int email_suspend(const Context& context);
int email_resume(const Context& context);
int email_password(const Context& context);
int alias_add(const Context& context);
int alias_delete(const Context& context);
int alias_list(const Context& context);
int alias_resolve(const Context& context);
int spam_learn(const Context& context);
int spam_forget(const Context& context);
int spam_classify(const Context& context);
int spam_explain(const Context& context);
int spam_stats(const Context& context);
int spam_bootstrap(const Context& context);
int spam_import(const Context& context);
int spam_replay(const Context& context);
int quota_set(const Context& context);
int quota_delete(const Context& context);
int master_add(const Context& context);
int master_update(const Context& context);
int master_delete(const Context& context);
int master_list(const Context& context);
int relay_add_domain(const Context& context);
int relay_add_auth(const Context& context);
int relay_exclude_domain(const Context& context);
int config_show(const Context& context);
int config_check(const Context& context);
int completion(const Context& context);
int status(const Context& context);

/// SpamAssassin's sa-learn, when the program is called by that name.
int sa_learn(int argc, char** argv);

}  // namespace mailctl
