#include "password.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>

#include "mail/base/absl.h"
#include "mail/crypto/password.h"

namespace mailctl {
namespace {

using mail::crypto::Secret;

/// Switches the terminal's echo off while it lives.
class HiddenInput {
 public:
  HiddenInput() : known_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!known_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~HiddenInput() {
    if (known_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  termios before_{};
  bool known_;
};

Secret read_line() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  Secret secret(line);
  mail::crypto::wipe(line.data(), line.size());
  return secret;
}

Secret prompt(std::string_view text) {
  Secret secret;
  {
    // Before the prompt: what is typed as soon as it shows must neither appear nor get lost.
    const HiddenInput hidden;
    std::cerr << text << std::flush;
    secret = read_line();
  }
  std::cerr << "\n";
  return secret;
}

mail::StatusOr<Secret> ask_password(const Context& context, std::size_t position, bool is_new) {
  Secret password;
  if (context.arguments.size() > position) {
    password = Secret(context.arguments[position]);
  } else if (context.password_stdin) {
    password = read_line();
  } else if (isatty(STDIN_FILENO) == 1) {
    password = prompt("Enter Password: ");
    if (is_new && !password.empty() && !(prompt("Confirm Password: ") == password)) {
      return mail::invalid("Passwords do not match!");
    }
  } else {
    return mail::invalid(
        "No password specified and standard input is no terminal; use --password-stdin");
  }
  if (password.empty()) return mail::invalid("Password must not be empty");
  return password;
}

}  // namespace

mail::StatusOr<Secret> new_password(const Context& context, std::size_t position) {
  return ask_password(context, position, true);
}

mail::StatusOr<Secret> known_password(const Context& context, std::size_t position) {
  return ask_password(context, position, false);
}

mail::StatusOr<std::string> new_stored_password(const Context& context, std::size_t position) {
  // Before anything is typed.
  const auto scheme = mail::crypto::parse_password_scheme(context.scheme);
  if (!scheme) {
    return mail::invalid("'", context.scheme,
                         "' is no scheme for new passwords; write SHA512-CRYPT, SHA256-CRYPT, "
                         "BLF-CRYPT, ARGON2ID, SSHA512, PBKDF2 or SCRAM-SHA-256");
  }
  MAIL_ASSIGN_OR_RETURN(const Secret password, new_password(context, position));
  return mail::crypto::hash_password(password.reveal(), *scheme);
}

}  // namespace mailctl
