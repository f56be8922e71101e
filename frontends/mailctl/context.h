// What every command of mailctl gets, and the few things that several need.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"
#include "mail/directory/editor.h"
#include "mail/directory/settings.h"
#include "mail/directory/snapshot.h"
#include "output.h"

namespace mailctl {

/// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;     // understood, and not possible: nothing was changed
inline constexpr int kWrongUsage = 2;  // not understood

/// At most this long another program may hold the lock of the config folder (--wait).
inline constexpr std::uint64_t kMaxWaitSeconds = 3600;

struct Context {
  std::string program = "mailctl";  // or "setup", when it is called so
  std::string config;
  std::string mail = "/var/mail";
  std::string state = "/var/mail-state";
  std::string wait = "10";  // seconds
  bool json = false;
  bool help = false;
  bool version = false;
  bool password_stdin = false;
  bool spam = false;
  bool ham = false;
  std::string account;                  // whose classifier; empty: the server's
  std::string scheme = "SHA512-CRYPT";  // of new passwords
  std::string to;                       // of email forward
  bool keep = false;                    // email forward: and keep a copy
  bool check = false;                   // email password
  std::string label;                    // of app-password
  std::string scope;                    // of a new one; empty: all services
  std::string expires;                  // of a new one; empty: never
  bool yes = false;                     // -y: delete the mail too
  bool no = false;                      // -n: keep it
  std::vector<std::string> arguments;   // behind the command's two words

  std::string config_file(std::string_view name) const { return config + "/" + std::string(name); }
  std::string control_socket() const { return state + "/run/control.sock"; }
};

/// One sentence on stderr, with --json also `{"error": "…"}` on stdout; answers kRefused:
/// `return refuse(context, "…");`
int refuse(const Context& context, std::string_view sentence);
int refuse(const Context& context, const mail::Status& status);
/// Likewise, for a command line that is not understood.
int wrong_usage(const Context& context, std::string_view sentence);
/// Likewise, behind a report that is on stdout already.
int refuse_on_stderr(const Context& context, std::string_view sentence);
/// On stderr.
void warn(std::string_view sentence);

/// As the server sees them, and how.
mail::directory::Environment environment();
std::string own_name();

/// Settings from the config folder and the environment.
mail::directory::Settings load_settings(const Context& context);

/// The directory as the server sees it, from the config folder and the environment.
std::shared_ptr<const mail::directory::Snapshot> load_snapshot(const Context& context);

/// The line of postfix-accounts.cf for exactly this address; aliases play no part.
const mail::directory::Account* find_account(const mail::directory::Snapshot& snapshot,
                                             std::string_view address);

/// Says why `find_account` knows none of this address.
int refuse_missing_account(const Context& context, const mail::directory::Snapshot& snapshot,
                           const std::string& address);

/// Of the config folder.
mail::directory::Editor make_editor(const Context& context);

/// One step of an edit; true: it changed something.
using Change = std::function<mail::StatusOr<bool>(mail::directory::Editor&)>;
/// `[&](Editor& editor) { return editor.…; }` as a change.
Change always(std::function<mail::Status(mail::directory::Editor&)> edit);

/// Runs all of the changes or none, again while another program holds the lock (for --wait), makes
/// a running server read them, and does what comes `afterwards`. With --json it says
/// `{"changed": …, "live": …, fields…}`: live tells whether a running server has them. Answers the
/// exit code.
int run_edit(const Context& context, Json fields, const std::vector<Change>& changes,
             const std::function<mail::Status()>& afterwards = {});

/// kDone when the config folder is there; otherwise the refusal is said.
int require_folder(const Context& context);
/// kDone when the file of the config folder is there and is not empty; otherwise the
/// refusal is said.
int require_file(const Context& context, std::string_view name);
/// "user@example.com" in lower case. Fails: without a domain, in docker-mailserver's words.
mail::StatusOr<std::string> account_address(const std::string& given);
/// A line from standard input after a prompt on stderr.
std::string ask_line(std::string_view prompt);
/// Each once, in their order.
std::vector<std::string> unique(const std::vector<std::string>& words);

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
int app_password_add(const Context& context);
int app_password_delete(const Context& context);
int app_password_list(const Context& context);
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
int doctor(const Context& context);

/// SpamAssassin's sa-learn, when the program is called by that name.
int sa_learn(int argc, char** argv);

}  // namespace mailctl
