// Passwords: given, piped, or typed where nobody sees them.
//
// While a password is typed, the signals that would end or stop the program arrive as readable
// octets (signalfd) beside the terminal's: the echo is switched on again before they do their work,
// without a handler and the global variables that it would need.
//
// Tested by tests/cases/mailctl/terminal.py.
#include "password.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>

#include "mail/base/absl.h"
#include "mail/crypto/password.h"

namespace mailctl {
namespace {

using mail::crypto::Secret;

/// A line of a terminal or a pipe ends there at the latest; longer than any password may be.
constexpr std::size_t kMaxLine = 4096;

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) sigaddset(&set, signal);
  return set;
}

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

/// Keeps the ending signals back while it lives, readable at `descriptor()`.
class HeldSignals {
 public:
  HeldSignals() {
    const sigset_t set = ending_signals();
    sigprocmask(SIG_BLOCK, &set, &before_);
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~HeldSignals() {
    if (descriptor_ >= 0) close(descriptor_);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  int descriptor() const { return descriptor_; }
  /// 0: none came.
  int take() const {
    signalfd_siginfo info{};
    const bool came = read(descriptor_, &info, sizeof info) == sizeof info;
    return came ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

struct Line {
  Secret text;
  int signal = 0;  // came before the line was whole
};

/// From standard input, octet by octet: what stands behind the line stays there.
Line read_line(const HeldSignals* signals) {
  std::array<char, kMaxLine> octets{};
  std::size_t size = 0;
  Line line;
  while (size < octets.size()) {
    std::array<pollfd, 2> ready = {
        pollfd{STDIN_FILENO, POLLIN, 0},
        pollfd{signals == nullptr ? -1 : signals->descriptor(), POLLIN, 0}};
    if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) break;
    line.signal = ready[1].revents != 0 ? signals->take() : 0;
    if (line.signal != 0) break;
    if (ready[0].revents == 0) continue;
    char octet = 0;
    const ssize_t got = read(STDIN_FILENO, &octet, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || octet == '\n') break;
    octets[size++] = octet;
  }
  if (size > 0 && octets[size - 1] == '\r') --size;
  line.text = Secret(std::string_view(octets.data(), size));
  mail::crypto::wipe(octets.data(), octets.size());
  return line;
}

Secret prompt(std::string_view text) {
  while (true) {
    Line line;
    {
      const HeldSignals signals;
      // Before the prompt: what is typed as soon as it shows must neither appear nor get lost.
      const HiddenInput hidden;
      std::cerr << text << std::flush;
      line = read_line(&signals);
    }
    std::cerr << "\n";
    if (line.signal == 0) return std::move(line.text);
    // Now as if nobody had kept it back: it ends the program, or stops it for a while.
    std::raise(line.signal);
  }
}

mail::StatusOr<Secret> ask_password(const Context& context, std::size_t position, bool is_new) {
  Secret password;
  if (context.arguments.size() > position) {
    password = Secret(context.arguments[position]);
  } else if (context.password_stdin) {
    password = read_line(nullptr).text;
  } else if (isatty(STDIN_FILENO) == 1) {
    password = prompt("Enter Password: ");
    if (is_new && !password.empty() && !(prompt("Confirm Password: ") == password)) {
      return mail::invalid("Passwords do not match! Type the same one twice");
    }
  } else {
    return mail::invalid("No password specified for ", named(context.arguments[0]),
                         " and standard input is no terminal; use --password-stdin");
  }
  if (password.empty()) {
    return mail::invalid("Password must not be empty for ", named(context.arguments[0]));
  }
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
  MAIL_ASSIGN_OR_RETURN(const Secret password, new_password(context, position));
  const auto scheme = mail::crypto::parse_password_scheme(context.scheme);
  return mail::crypto::hash_password(password.reveal(),
                                     scheme.value_or(mail::crypto::PasswordScheme::kSha512Crypt));
}

}  // namespace mailctl
