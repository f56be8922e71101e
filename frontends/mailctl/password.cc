#include "password.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>

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

}  // namespace

mail::StatusOr<Secret> new_password(const Context& context, std::size_t position) {
  Secret password;
  if (context.arguments.size() > position) {
    password = Secret(context.arguments[position]);
  } else if (context.password_stdin) {
    password = read_line();
  } else if (isatty(STDIN_FILENO) == 1) {
    password = prompt("Enter Password: ");
    if (!password.empty() && !(prompt("Confirm Password: ") == password)) {
      return mail::invalid("Passwords do not match!");
    }
  } else {
    return mail::invalid(
        "No password specified and standard input is no terminal; use --password-stdin");
  }
  if (password.empty()) return mail::invalid("Password must not be empty");
  return password;
}

}  // namespace mailctl
