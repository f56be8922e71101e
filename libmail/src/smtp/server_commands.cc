// What a command line, a SASL response and the end of a message mean. The table
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
#include "mail/sasl/plain.h"
#include "mail/text/base64.h"
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
      return reply(500, "5.5.6", "Authentication Exchange line is too long");
    }
    return reply(500, "5.5.2", "Error: line too long");
  }
  violated(Violation::kBareNewline);
  refuse_newline(result == LineReader::Result::kBareCr ? "<CR>" : "<LF>");
}

/// What follows a bare CR or LF is not read: it may be meant for a server that sees line ends
/// there.
void ServerEngine::refuse_newline(std::string_view octet) {
  append_reply(out_, 521, "5.5.2", cat(options_.hostname, " Error: bare ", octet, " received"));
  close();
}

void ServerEngine::dispatch(std::string_view line) {
  const auto [verb, argument] = split_command(line);
  if (verb.empty()) return reply(500, "5.5.2", "Error: bad syntax");
  if (has_forbidden_octet(line)) {
    return reply(501, "5.5.2", "Error: control or 8-bit characters in a command");
  }
  const auto* command = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) {
    return equal_ignoring_case(c.verb, verb);
  });
  if (command == kCommands.end()) {
    if (is_foreign(verb)) return;
    return reply(502, "5.5.2", "Error: command not recognized");
  }
  if (command->has(kIsJunk) && ++junk_ > options_.junk_commands) {
    count_error();
    if (mode_ == Mode::kClosing) return;
  }
  if (options_.requires_tls && !tls_ && !command->has(kBeforeTls)) {
    return reply(530, "5.7.0", "Must issue a STARTTLS command first");
  }
  if (command->has(kNoArgument) && !argument.empty()) return syntax_error(command->syntax);
  if (const Cell cell = command->in(phase_); cell != Cell::kYes) return reply(refusal(cell));
  if (command->has(kNeedsAuth) && options_.requires_auth && !is_authenticated_) {
    return reply(530, "5.7.0", "Authentication required");
  }
  (this->*command->handle)(argument);
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

// ---- TLS and AUTH

bool ServerEngine::offers_starttls() const {
  return options_.offers_starttls && options_.dialect != Dialect::kSubmissions && !tls_;
}

bool ServerEngine::offers_auth() const {
  return options_.offers_auth && options_.dialect != Dialect::kSmtp;
}

void ServerEngine::starttls(std::string_view) {
  if (tls_) return reply(554, "5.5.1", "Error: TLS already active");
  if (!offers_starttls()) return reply(502, "5.5.1", "Error: command not implemented");
  append_reply(out_, 220, "2.0.0", "Ready to start TLS");
  mode_ = Mode::kTls;
  if (pending_input().empty()) return;
  violated(Violation::kPipelinedStartTls);
  close();
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) CRLF
// initial-response = base64 / "="                                        RFC 4954 §4, §8
void ServerEngine::auth(std::string_view argument) {
  if (!offers_auth()) return reply(503, "5.5.1", "Error: authentication not enabled");
  if (is_authenticated_) return reply(503, "5.5.1", "Error: already authenticated");
  if (!may_auth_now()) {
    return reply(538, "5.7.11", "Encryption required for requested authentication mechanism");
  }
  const auto [mechanism, response] = split_command(argument);
  if (mechanism.empty() || response.find(' ') != response.npos) {
    return syntax_error("AUTH mechanism [initial-response]");
  }
  if (!equal_ignoring_case(mechanism, "PLAIN")) {
    return reply(504, "5.5.4", "Error: unrecognized authentication mechanism");
  }
  if (!response.empty()) return auth_response(response == "=" ? std::string_view{} : response);
  append_reply(out_, 334, {}, {});
  mode_ = Mode::kAuthResponse;
}

void ServerEngine::auth_response(std::string_view line) {
  mode_ = Mode::kCommands;
  if (line == "*") return reply(501, "5.7.0", "Authentication aborted");
  if (line.size() > options_.auth_line) {
    return reply(500, "5.5.6", "Authentication Exchange line is too long");
  }
  auto decoded = text::base64_decode(line);
  if (!decoded) return reply(501, "5.5.2", "Error: cannot decode the base64 response");
  argument_ = std::move(*decoded);
  const auto message = sasl::parse_plain(argument_);
  if (!message.ok()) return reply(535, "5.7.8", "Error: authentication failed: malformed response");
  emit(Authenticate{.mechanism = "PLAIN",
                    .authorization = message->authorization,
                    .authentication = message->authentication,
                    .password = message->password});
}

// ---- MAIL, RCPT

namespace {

/// What stands behind "FROM:" or "TO:", or nullopt. Blanks before the path are not allowed (RFC
/// 5321 §3.3) but are sent by so many programs that every server takes them.
std::optional<std::string_view> behind(std::string_view prefix, std::string_view argument) {
  if (!ascii::starts_with_ignoring_case(argument, prefix)) return std::nullopt;
  argument.remove_prefix(prefix.size());
  while (argument.starts_with(' ')) argument.remove_prefix(1);
  return argument;
}

struct ParsedPath {
  message::Path path;
  std::vector<Parameter> parameters;
};

/// Fails: nullopt, with the reply to give.
std::optional<ParsedPath> parse_arguments(std::string_view text,
                                          const message::MailboxOptions& options,
                                          const Answer& bad_address, Answer& error) {
  auto path = message::parse_path(text, options);
  error = bad_address;
  if (!path.ok()) return std::nullopt;
  text.remove_prefix(path->length);
  if (!text.empty() && !text.starts_with(' ')) return std::nullopt;
  auto parameters = parse_parameters(text);
  error = {501, "5.5.4", "Error: bad parameter syntax"};
  if (!parameters) return std::nullopt;
  return ParsedPath{std::move(*path), std::move(*parameters)};
}

/// Applies one parameter of MAIL; the reply that refuses it, or none.
std::optional<Answer> apply(const Parameter& parameter, const ServerEngine& engine,
                            MailFrom& mail) {
  const auto& [keyword, value, has_value] = parameter;
  if (equal_ignoring_case(keyword, "SIZE")) {
    // size-value = 1*20DIGIT                                             RFC 1870 §3
    const auto size = ascii::parse_number(value);
    if (!size || value.size() > 20) return Answer{501, "5.5.4", "Bad message size syntax"};
    const auto limit = engine.options().message_size;
    if (limit != 0 && *size > limit) {
      return Answer{552, "5.3.4", "Message size exceeds fixed limit"};
    }
    mail.size = *size;
    return std::nullopt;
  }
  if (equal_ignoring_case(keyword, "BODY")) {
    // RFC 6152 §3
    if (equal_ignoring_case(value, "8BITMIME")) {
      mail.body = BodyType::kEightBitMime;
    } else if (!equal_ignoring_case(value, "7BIT")) {
      return Answer{501, "5.5.4", "Error: unsupported BODY type"};
    }
    return std::nullopt;
  }
  // RFC 4954 §5: a server that offers AUTH takes the parameter. Nobody is trusted to use it, so it
  // means "<>": the submitter is unknown.
  if (equal_ignoring_case(keyword, "AUTH") && engine.offers_auth() && has_value) {
    return std::nullopt;
  }
  return Answer{555, "5.5.4", "Unsupported option"};
}

}  // namespace

// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF             RFC 5321 §4.1.1.2
void ServerEngine::mail(std::string_view argument) {
  const auto text = behind("FROM:", argument);
  if (!text) return syntax_error("MAIL FROM:<address>");
  Answer error;
  const auto parsed =
      parse_arguments(*text, {}, {501, "5.1.7", "Bad sender address syntax"}, error);
  if (!parsed) return reply(error);
  MailFrom mail;
  for (const auto& parameter : parsed->parameters) {
    const auto refused = apply(parameter, *this, mail);
    if (!refused) continue;
    if (refused->code != 555) return reply(*refused);
    return reply(555, refused->enhanced, cat(refused->text, ": ", parameter.keyword));
  }
  argument_ = parsed->path.is_null() ? std::string{} : to_string(*parsed->path.mailbox);
  mail.reverse_path = argument_;
  emit(mail);
}

// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
//        [SP Rcpt-parameters] CRLF                                       RFC 5321 §4.1.1.3
void ServerEngine::rcpt(std::string_view argument) {
  const auto text = behind("TO:", argument);
  if (!text) return syntax_error("RCPT TO:<address>");
  const Answer bad_address{501, "5.1.3", "Bad recipient address syntax"};
  Answer error;
  const auto parsed = parse_arguments(*text, {.allow_bare_postmaster = true}, bad_address, error);
  if (!parsed) return reply(error);
  if (parsed->path.is_null()) return reply(bad_address);
  if (!parsed->parameters.empty()) {
    return reply(555, "5.5.4", cat("Unsupported option: ", parsed->parameters.front().keyword));
  }
  // RFC 5321 §4.5.3.1.10: 452, and the rest of the transaction goes on.
  if (recipients_ >= options_.recipients) {
    return reply(452, "4.5.3", "Error: too many recipients");
  }
  const message::Mailbox& mailbox = *parsed->path.mailbox;
  argument_ = mailbox.domain.empty() ? mailbox.local_part : to_string(mailbox);
  emit(RcptTo{.forward_path = argument_});
}

// ---- DATA

void ServerEngine::data(std::string_view) { emit(Data{}); }

void ServerEngine::refuse_data() {
  switch (data_.fault()) {
    case DataReader::Fault::kNone:
    case DataReader::Fault::kTooBig: break;
    case DataReader::Fault::kLineTooLong: violated(Violation::kLineTooLong); break;
    case DataReader::Fault::kBareCr:
    case DataReader::Fault::kBareLf: violated(Violation::kBareNewline); break;
  }
  drop_transaction();
}

void ServerEngine::end_data() {
  mode_ = Mode::kCommands;
  arm_deadline();
  switch (data_.fault()) {
    case DataReader::Fault::kNone: return emit(DataEnd{.octets = data_.octets()});
    case DataReader::Fault::kTooBig: return reply(552, "5.3.4", "Error: message file too big");
    case DataReader::Fault::kLineTooLong:
      return reply(554, "5.6.0", "Error: message line too long");
    case DataReader::Fault::kBareCr: return refuse_newline("<CR>");
    case DataReader::Fault::kBareLf: return refuse_newline("<LF>");
  }
}

// chunk = "BDAT" SP chunk-size [SP "LAST"] CRLF, followed by chunk-size octets    RFC 3030 §2
// Not offered. The octets are swallowed all the same: a client that does not look at the EHLO reply
// must not have its message read as commands.
void ServerEngine::bdat(std::string_view argument) {
  const auto size = ascii::parse_number(split_command(argument).verb);
  if (!size) return syntax_error("BDAT count [LAST]");
  skip_ = *size;
  reply(502, "5.5.1", "Error: command not implemented");
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
    if (command.handle != &ServerEngine::not_implemented && command.handle != &ServerEngine::bdat) {
      append(verbs, " ", command.verb);
    }
  }
  reply(214, "2.0.0", verbs);
}

void ServerEngine::not_implemented(std::string_view) {
  reply(502, "5.5.1", "Error: command not implemented");
}

}  // namespace mail::smtp
