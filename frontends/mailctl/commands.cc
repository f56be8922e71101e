// Tested by tests/cases/mailctl.
#include "commands.h"

#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/app_password.h"

namespace mailctl {
namespace {

constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);
constexpr std::size_t kAll = kAnyNumber;

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"email add",
       "<EMAIL ADDRESS> [<PASSWORD>]",
       "add an account",
       1,
       2,
       {"No account specified"},
       email_add,
       1,
       {"--password-stdin", "--scheme"}},
      {"email update",
       "<EMAIL ADDRESS> [<PASSWORD>]",
       "set an account's password",
       1,
       2,
       {"No account specified"},
       email_update,
       1,
       {"--password-stdin", "--scheme"}},
      {"email del",
       "[-y|-n] <EMAIL ADDRESS>...",
       "delete accounts, their aliases and quotas; -y: and their mail",
       1,
       kAnyNumber,
       {"No account specified"},
       email_delete,
       kAll,
       {"-y", "-n"}},
      {"email restrict",
       "add|del|list send|receive [<EMAIL ADDRESS>]",
       "forbid an address to send or receive",
       2,
       3,
       {"Unknown or missing command '' - specify 'add', 'del' or 'list'",
        "Unknown or missing second parameter '' - specify 'send' or 'receive'"},
       email_restrict},
      {"email list", "", "list accounts and their aliases", 0, 0, {}, email_list},
      {"email forward",
       "<EMAIL ADDRESS> --to <RECIPIENT> [--keep]",
       "forward an account's mail; --keep: and keep a copy",
       1,
       1,
       {"No account specified"},
       email_forward,
       kAll,
       {"--to", "--keep"}},
      {"email suspend",
       "<EMAIL ADDRESS>...",
       "let nobody log in to accounts; their mail is still delivered",
       1,
       kAnyNumber,
       {"No account specified"},
       email_suspend},
      {"email resume",
       "<EMAIL ADDRESS>...",
       "let suspended accounts log in again",
       1,
       kAnyNumber,
       {"No account specified"},
       email_resume},
      {"email password",
       "--check <EMAIL ADDRESS> [<PASSWORD>]",
       "say whether this is the account's password",
       1,
       2,
       {"No account specified"},
       email_password,
       1,
       {"--check", "--password-stdin"}},
      {"app-password add",
       "<EMAIL ADDRESS> --label <LABEL> [--scope <SERVICES>] [--expires <DATE>]",
       "make a password for one program of an account, and show it",
       1,
       1,
       {"No account specified"},
       app_password_add,
       kAll,
       {"--label", "--scope", "--expires"}},
      {"app-password del",
       "<EMAIL ADDRESS> --label <LABEL>",
       "delete an app password; its sessions end",
       1,
       1,
       {"No account specified"},
       app_password_delete,
       kAll,
       {"--label"}},
      {"app-password list",
       "[<EMAIL ADDRESS>]",
       "list app passwords, without the passwords",
       0,
       1,
       {},
       app_password_list},
      {"alias add",
       "<ALIAS> <RECIPIENT>",
       "add a recipient to an alias",
       2,
       2,
       {"No alias specified", "No recipient specified"},
       alias_add},
      {"alias del",
       "<ALIAS> <RECIPIENT>",
       "take a recipient from an alias",
       2,
       2,
       {"No alias specified", "No recipient specified"},
       alias_delete},
      {"alias list", "", "list aliases", 0, 0, {}, alias_list},
      {"alias resolve",
       "<EMAIL ADDRESS>",
       "show who gets mail for an address, and why",
       1,
       1,
       {"No address specified"},
       alias_resolve},
      {"spam learn",
       "<PATH>...",
       "teach the classifier: --spam or --ham, --account",
       1,
       kAnyNumber,
       {"No path specified"},
       spam_learn,
       0,
       {"--spam", "--ham", "--account"}},
      {"spam forget",
       "<PATH>...",
       "take back what was learned from messages",
       1,
       kAnyNumber,
       {"No path specified"},
       spam_forget,
       0,
       {"--account"}},
      {"spam classify",
       "<PATH>...",
       "say which messages are spam",
       1,
       kAnyNumber,
       {"No path specified"},
       spam_classify,
       0,
       {"--account"}},
      {"spam explain",
       "<MESSAGE>",
       "say why a message is spam or not",
       1,
       1,
       {"No message specified"},
       spam_explain,
       0,
       {"--account"}},
      {"spam stats",
       "[<ACCOUNT>]",
       "show what was learned",
       0,
       1,
       {},
       spam_stats,
       kAll,
       {"--account"}},
      {"spam bootstrap",
       "<ACCOUNT>",
       "teach an account's classifier from its folders",
       1,
       1,
       {"No account specified"},
       spam_bootstrap},
      {"spam import",
       "<FILE>",
       "add what bogofilter learned (bogoutil -d)",
       1,
       1,
       {"No file specified"},
       spam_import,
       0,
       {"--account"}},
      {"spam replay", "", "score 'OP label path' lines on standard input", 0, 0, {}, spam_replay},
      {"quota set",
       "<EMAIL ADDRESS> [<QUOTA>]",
       "set an account's quota (302M, 5G, 0: unlimited)",
       1,
       2,
       {"No account specified"},
       quota_set},
      {"quota del",
       "<EMAIL ADDRESS>",
       "remove an account's quota",
       1,
       1,
       {"No account specified"},
       quota_delete},
      {"dovecot-master add",
       "<NAME> [<PASSWORD>]",
       "add a master, who logs in as user@example.com*NAME",
       1,
       2,
       {"No account specified"},
       master_add,
       1,
       {"--password-stdin", "--scheme"}},
      {"dovecot-master update",
       "<NAME> [<PASSWORD>]",
       "set a master's password",
       1,
       2,
       {"No account specified"},
       master_update,
       1,
       {"--password-stdin", "--scheme"}},
      {"dovecot-master del",
       "<NAME>...",
       "delete masters",
       1,
       kAnyNumber,
       {"No account specified"},
       master_delete},
      {"dovecot-master list", "", "list masters", 0, 0, {}, master_list},
      {"relay add-domain",
       "<DOMAIN> <HOST> [<PORT>]",
       "send a domain's mail through a relay host",
       2,
       3,
       {"No domain specified", "No relay host specified"},
       relay_add_domain},
      {"relay add-auth",
       "<DOMAIN> <USER> [<PASSWORD>]",
       "set who a domain is at its relay host",
       2,
       3,
       {"No domain specified", "No relay account specified"},
       relay_add_auth,
       2,
       {"--password-stdin"}},
      {"relay exclude-domain",
       "<DOMAIN>",
       "send a domain's mail without RELAY_HOST",
       1,
       1,
       {"No domain specified"},
       relay_exclude_domain},
      {"config show",
       "[<SETTING>]",
       "show settings, and where each comes from",
       0,
       1,
       {},
       config_show},
      {"config check", "", "say what is wrong in the config folder", 0, 0, {}, config_check},
      {"completion",
       "bash|zsh",
       "print the completion for a shell",
       1,
       1,
       {"No shell specified"},
       completion},
      {"doctor",
       "",
       "look for what is wrong: names, ports, permissions, certificates, disk",
       0,
       0,
       {},
       doctor},
      {"status", "", "show whether the server runs and where it listens", 0, 0, {}, status},
  };
  return table;
}

namespace {

std::string_view fault_of_folder(std::string_view value) {
  return value.empty() ? "no folder; name one, as in /etc/maild" : "";
}

std::string_view fault_of_scheme(std::string_view value) {
  return mail::crypto::parse_password_scheme(value)
             ? ""
             : "no scheme for new passwords; write SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, "
               "ARGON2ID, "
               "SSHA512, PBKDF2 or SCRAM-SHA-256";
}

std::string_view fault_of_wait(std::string_view value) {
  return mail::ascii::parse_number(value, kMaxWaitSeconds)
             ? ""
             : "no time to wait; write seconds, from 0 to 3600";
}

std::string_view fault_of_label(std::string_view value) {
  const bool possible = mail::directory::is_possible_label(value) && is_plain_text(value);
  return possible ? "" : "no label; write 1 to 64 octets of text without |, as in phone";
}

std::string_view fault_of_scope(std::string_view value) {
  const bool possible = !value.empty() && mail::directory::LoginScope::parse(value);
  return possible ? "" : "no list of services; write some of imap,pop3,smtp with commas between";
}

std::string_view fault_of_expiry(std::string_view value) {
  return mail::directory::parse_expiry(value)
             ? ""
             : "no date; write 2027-01-31 (its end, UTC) or 2027-01-31T12:00:00Z";
}

std::string_view fault_of_recipient(std::string_view value) {
  const bool possible = !value.empty() && value.find('#') == value.npos && is_plain_text(value);
  return possible ? "" : "no recipient; write user@example.com, with commas between several";
}

}  // namespace

std::string_view fault_of_account(std::string_view value) {
  const std::size_t at = value.find('@');
  const bool possible = at != 0 && at < value.size() - 1 && value.find('@', at + 1) == value.npos &&
                        value.find('/') == value.npos && !value.starts_with('.') &&
                        is_plain_text(value);
  return possible ? "" : "no account; write user@example.com";
}

const std::vector<Option>& options() {
  static const std::vector<Option> table = {
      {"--config", "DIR", "config folder (/tmp/docker-mailserver where it exists, else /etc/maild)",
       &Context::config, true, fault_of_folder},
      {"--mail", "DIR", "mail folder (/var/mail)", &Context::mail, true, fault_of_folder},
      {"--state", "DIR", "state folder (/var/mail-state)", &Context::state, true, fault_of_folder},
      {"--json", "", "one JSON value on standard output, whatever happens", &Context::json, true},
      {"--wait", "SECONDS", "for another program that changes the folder (10)", &Context::wait,
       true, fault_of_wait},
      {"--password-stdin", "", "read the password from the first line of standard input",
       &Context::password_stdin},
      {"--scheme", "SCHEME", "how a new password is stored (SHA512-CRYPT), such as SCRAM-SHA-256",
       &Context::scheme, false, fault_of_scheme},
      {"--to", "RECIPIENT", "who gets the mail of email forward", &Context::to, false,
       fault_of_recipient},
      {"--keep", "", "email forward: and the account keeps a copy", &Context::keep},
      {"--check", "", "email password: change nothing", &Context::check},
      {"--label", "LABEL", "app-password: which program it is for, as in phone", &Context::label,
       false, fault_of_label},
      {"--scope", "SERVICES", "app-password add: some of imap,pop3,smtp (all)", &Context::scope,
       false, fault_of_scope},
      {"--expires", "DATE", "app-password add: its last day, UTC (never)", &Context::expires, false,
       fault_of_expiry},
      {"-y", "", "email del: delete the mail, too", &Context::yes},
      {"-n", "", "email del: keep the mail, and do not ask", &Context::no},
      {"--spam", "", "spam learn: these messages are spam", &Context::spam},
      {"--ham", "", "spam learn: these messages are not spam", &Context::ham},
      {"--account", "ACCOUNT", "whose classifier (the server's)", &Context::account, false,
       fault_of_account},
      {"-h,--help", "", "print the usage", &Context::help, true},
      {"--version", "", "print the version", &Context::version, true},
  };
  return table;
}

}  // namespace mailctl
