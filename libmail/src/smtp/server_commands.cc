// What a command line and the end of a message mean. The table
// (command_table.h) decides who may speak; the handlers here read arguments and either reply or
// ask.
//
// Replies are in the words that Postfix uses, so that its users recognise them.
//
// Tested by tests/unit/smtp/command_table_test.cc and tests/transcripts/smtp.
#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/mailbox.h"
#include "smtp/command_table.h"
#include "smtp/reply_wire.h"
#include "smtp/server_engine.h"

namespace mail::smtp {

using ascii::equal_ignoring_case;

void ServerEngine::refuse_line(LineReader::Result result) {
  if (result == LineReader::Result::kTooLong) {
    violated(Violation::kLineTooLong);
    // RFC 4954 §4 names the reply to a SASL response.
    if (mode_ == Mode::kAuthResponse) {
      mode_ = Mode::kCommands;
      exchange_.reset();
      return reply(500, "5.5.6", "Authentication Exchange line is too long");
    }
    return reply(500, "5.5.2", "Error: line too long");
  }
  violated(Violation::kBareNewline);
  refuse_newline(result == LineReader::Result::kBareCr ? "<CR>" : "<LF>");
}

/// What follows a bare CR or LF is not read: it may be meant for a server that sees line ends
/// there.
void ServerEngine::refuse_newline(std::string_view octet, std::size_t times) {
  const std::string text = cat(options_.hostname, " Error: bare ", octet, " received");
  for (; times != 0; --times) append_reply(out_, 521, "5.5.2", text);
  close();
}

void ServerEngine::dispatch(std::string_view line) {
  const auto [verb, argument] = split_command(line);
  if (verb.empty()) return reply(500, "5.5.2", "Error: bad syntax");
  const auto* command = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) {
    return !c.has(is_lmtp() ? kNotLmtp : kOnlyLmtp) && equal_ignoring_case(c.verb, verb);
  });
  const bool is_known = command != kCommands.end();
  if (!has_allowed_octets(line, is_known && command->has(kTakesUtf8) && takes_utf8())) {
    return reply(501, "5.5.2", "Error: control or 8-bit characters in a command");
  }
  if (!is_known) {
    if (is_foreign(verb)) return;
    return reply(502, "5.5.2", "Error: command not recognized");
  }
  if (command->has(kIsJunk) && ++junk_ > options_.junk_commands) {
    count_error();
    if (mode_ == Mode::kClosing) return;
  }
  const auto refused = refusal_of(*command);
  // Its octets follow whatever the answer is.
  if (command->handle == &ServerEngine::bdat) return begin_chunk(argument, refused);
  if (command->has(kNoArgument) && !argument.empty()) return syntax_error(command->syntax);
  if (refused) return reply(*refused);
  (this->*command->handle)(argument);
}

/// Why this command may not be said now.
std::optional<Answer> ServerEngine::refusal_of(const Command& command) const {
  if (options_.requires_tls && !tls_ && !command.has(kBeforeTls)) {
    return Answer{530, "5.7.0", "Must issue a STARTTLS command first"};
  }
  if (const Cell cell = command.in(phase_); cell != Cell::kYes) {
    return refusal(cell, options_.dialect);
  }
  if (command.has(kNeedsAuth) && options_.requires_auth && !is_authenticated_) {
    return Answer{530, "5.7.0", "Authentication required"};
  }
  if (command.handle == &ServerEngine::bdat && !offers(Extension::kChunking)) {
    return Answer{502, "5.5.1", "Error: command not implemented"};
  }
  return std::nullopt;
}

bool ServerEngine::is_foreign(std::string_view verb) {
  const bool is_foreign =
      std::any_of(std::begin(kForeignVerbs), std::end(kForeignVerbs),
                  [&](std::string_view foreign) { return equal_ignoring_case(foreign, verb); });
  if (!is_foreign) return false;
  violated(Violation::kCrossProtocol);
  append_reply(out_, 221, "2.7.0", "Error: I can break rules, too. Goodbye.");
  close();
  return true;
}

// ---- HELO, EHLO

// ehlo = "EHLO" SP ( Domain / address-literal ) CRLF                     RFC 5321 §4.1.1.1
// The name is not judged: nothing relies on it, and half the world's printers cannot spell theirs.
// Whoever wants to refuse it answers the question.
void ServerEngine::say_helo(std::string_view argument, bool is_extended, std::string_view syntax) {
  const auto name = argument.substr(0, argument.find_first_of(" \t"));
  if (name.empty() || name.size() > message::kDomainLimit || name.size() != argument.size()) {
    return syntax_error(syntax);
  }
  argument_ = name;
  next_is_extended_ = is_extended;
  emit(Helo{.domain = argument_, .is_extended = is_extended});
}

void ServerEngine::ehlo(std::string_view argument) { say_helo(argument, true, "EHLO hostname"); }
void ServerEngine::helo(std::string_view argument) { say_helo(argument, false, "HELO hostname"); }
void ServerEngine::lhlo(std::string_view argument) { say_helo(argument, true, "LHLO hostname"); }

// ---- TLS

bool ServerEngine::offers(Extension extension) const {
  if (options_.withheld.has(extension)) return false;
  switch (extension) {
    case Extension::kStartTls:
      return options_.offers_starttls && options_.dialect != Dialect::kSubmissions && !tls_;
    case Extension::kAuth: return offers_auth() && may_auth_now();
    case Extension::kBinaryMime: return !options_.withheld.has(Extension::kChunking);
    case Extension::kSmtpUtf8: return !options_.withheld.has(Extension::kEightBitMime);
    case Extension::kDsn:
      return options_.dialect == Dialect::kSubmission || options_.dialect == Dialect::kSubmissions;
    case Extension::kXclient: return options_.trusts_peer;
    case Extension::kPipelining:
    case Extension::kSize:
    case Extension::kEnhancedStatusCodes:
    case Extension::kEightBitMime:
    case Extension::kChunking:
    case Extension::kLimits: break;
  }
  return true;
}

void ServerEngine::starttls(std::string_view) {
  if (tls_) return reply(554, "5.5.1", "Error: TLS already active");
  if (!offers(Extension::kStartTls)) return reply(502, "5.5.1", "Error: command not implemented");
  append_reply(out_, 220, "2.0.0", "Ready to start TLS");
  mode_ = Mode::kTls;
  if (pending_input().empty()) return;
  violated(Violation::kPipelinedStartTls);
  close();
}

// ---- the rest

void ServerEngine::rset(std::string_view) {
  drop_transaction();
  reply(250, "2.0.0", "Ok");
}

void ServerEngine::noop(std::string_view) { reply(250, "2.0.0", "Ok"); }

void ServerEngine::quit(std::string_view) {
  append_reply(out_, 221, "2.0.0", "Bye");
  close();
  emit(Quit{});
}

// RFC 5321 §3.5.3, §7.3: neither yes nor no, so that nobody harvests addresses.
void ServerEngine::vrfy(std::string_view argument) {
  if (argument.empty()) return syntax_error("VRFY address");
  reply(252, "2.0.0", "Cannot VRFY user, but will accept message and attempt delivery");
}

void ServerEngine::help(std::string_view) {
  std::string verbs = "Commands:";
  for (const auto& command : kCommands) {
    if (command.handle == &ServerEngine::not_implemented) continue;
    if (command.has(is_lmtp() ? kNotLmtp : kOnlyLmtp)) continue;
    if (command.extension && !offers(*command.extension)) continue;
    append(verbs, " ", command.verb);
  }
  reply(214, "2.0.0", verbs);
}

void ServerEngine::not_implemented(std::string_view) {
  reply(502, "5.5.1", "Error: command not implemented");
}

}  // namespace mail::smtp
