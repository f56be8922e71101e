// What the client says becomes events, or is answered at once.
//
//   command  = verb *( SP argument ) CRLF          RFC 1939 §3
//   response = ( "+OK" / "-ERR" ) [ SP text ] CRLF
//
// Tested by tests/transcripts/pop3, tests/unit/pop3/command_table_test.cc, fuzz/session_pop3.cc.
#include <algorithm>

#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/base/status.h"
#include "pop3/command_table.h"

namespace mail::pop3 {

using Event = ServerSession::Event;

namespace {

std::string_view take_word(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  rest = space == rest.npos ? std::string_view() : rest.substr(space + 1);
  return word;
}

bool has_arguments(Arguments arguments, std::string_view rest) {
  const auto blanks = std::count(rest.begin(), rest.end(), ' ');
  switch (arguments) {
    case Arguments::kNone: return rest.empty();
    case Arguments::kOne: return !rest.empty() && blanks == 0;
    case Arguments::kOptional: return blanks == 0;
    case Arguments::kTwo: return blanks == 1 && rest.back() != ' ' && rest.front() != ' ';
    case Arguments::kRest: return true;
  }
  return false;
}

/// "GET / HTTP/1.1": a browser was sent here (attack A14). What follows are its headers.
bool is_cross_protocol(std::string_view verb, std::string_view rest) {
  constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"};
  return rest.find("HTTP/1.") != rest.npos &&
         std::find(std::begin(kMethods), std::end(kMethods), verb) != std::end(kMethods);
}

}  // namespace

// ---- replies

void Engine::ok(std::string_view text) {
  append(out, "+OK", text.empty() ? "" : " ", text, "\r\n");
}

// RFC 2449 §8: resp-text = "[" resp-code "]" SP text
void Engine::err(std::string_view code, std::string_view text) {
  constexpr std::size_t kLongest = 400;  // RFC 1939 §3: a response has up to 512 octets
  std::string words(text.substr(0, kLongest));
  for (char& c : words) {
    if (!ascii::is_printable(c)) c = '?';
  }
  // Only we say response codes.
  if (words.starts_with('[')) words.front() = '(';
  append(out, "-ERR ", code.empty() ? "" : "[", code, code.empty() ? "" : "] ", words, "\r\n");
}

void Engine::wrong(std::string_view code, std::string_view text) {
  err(code, text);
  if (++errors < options.errors) return;
  violate(Violation::kTooManyErrors);
  err("", "Too many errors");
  close();
}

void Engine::write(std::unique_ptr<MultiLine> response) {
  multi_line = std::move(response);
  fill();
}

// ---- lines

bool Engine::is_faulty(LineReader::Fault fault) {
  switch (fault) {
    case LineReader::Fault::kNone: return false;
    case LineReader::Fault::kTooLong:
      violate(Violation::kLineTooLong);
      wrong("", "Line is too long");
      return true;
    case LineReader::Fault::kBareNewline:
      violate(Violation::kBareNewline);
      wrong("", "Lines end in CR LF");
      return true;
  }
  return true;
}

std::optional<Event> Engine::on_line(const LineReader::Line& line) {
  const bool was_in_sasl = std::exchange(is_in_sasl, false);
  if (is_faulty(line.fault)) return std::nullopt;
  return was_in_sasl ? on_sasl_step(exchange->receive(line.text)) : on_command(line.text);
}

std::optional<Event> Engine::on_command(std::string_view line) {
  std::string_view rest = line;
  const std::string_view verb = take_word(rest);
  if (connection == kAuthorization && is_cross_protocol(verb, rest)) {
    violate(Violation::kCrossProtocol);
    close();
    return std::nullopt;
  }
  const Command* command = find_command(verb);
  if (command == nullptr) {
    wrong("", "Unknown command");
    return std::nullopt;
  }
  if ((command->states & connection) == 0) {
    wrong("", connection == kAuthorization ? "Log in first" : "Already logged in");
    return std::nullopt;
  }
  if (command->needs_privacy && !allows_login()) {
    wrong("AUTH", "Plaintext authentication disallowed on non-secure (SSL/TLS) connections.");
    return std::nullopt;
  }
  if (!has_arguments(command->arguments, rest) ||
      line.find_first_of(std::string_view("\0\r", 2)) != line.npos) {
    wrong("", cat("Invalid arguments; like this: ", command->example));
    return std::nullopt;
  }
  const std::size_t errors_before = errors;
  auto event = (this->*command->handle)(rest);
  // What was understood and done ends a row of errors; the answer to a question does so itself.
  if (!event && errors == errors_before) errors = 0;
  return event;
}

// ---- before login

std::optional<Event> Engine::capa(std::string_view) {
  ok("Capability list follows");
  for (const Command& command : kCommandTable) {
    if (command.capability.empty()) continue;
    if (command.needs_privacy && !allows_login()) continue;
    if (command.verb == "STLS" && (!options.offers_stls || tls || connection != kAuthorization)) {
      continue;
    }
    out += command.capability;
    if (command.verb == "AUTH") sasl::append_offered(out, " ", options.sasl, tls ? &*tls : nullptr);
    out += "\r\n";
  }
  for (const std::string_view capability : kOtherCapabilities) append(out, capability, "\r\n");
  out += ".\r\n";
  return std::nullopt;
}

std::optional<Event> Engine::stls(std::string_view) {
  if (tls || !options.offers_stls) {
    wrong("", tls ? "TLS is active already" : "TLS is not available");
    return std::nullopt;
  }
  ok("Begin TLS negotiation now");
  if (!lines.is_empty()) {
    // Bytes that would be read after the handshake as if they had been protected (attack B1).
    violate(Violation::kPipelinedStartTls);
    close();
    return std::nullopt;
  }
  is_starting_tls = true;
  return std::nullopt;
}

std::optional<Event> Engine::user_name(std::string_view argument) {
  if (argument.empty()) {
    wrong("", "Invalid arguments; like this: USER ann@example.com");
    return std::nullopt;
  }
  // Whether there is such a user is not told before the password has come.
  user = argument;
  ok("");
  return std::nullopt;
}

std::optional<Event> Engine::pass(std::string_view argument) {
  if (user.empty()) {
    wrong("", "No username given");
    return std::nullopt;
  }
  Login login;
  login.user = std::exchange(user, {});
  login.password = argument;
  question = Question::kLogin;
  return login;
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response]; alone: which mechanisms there are, as
// clients from before CAPA ask.
std::optional<Event> Engine::auth(std::string_view argument) {
  const TlsInfo* active = tls ? &*tls : nullptr;
  if (argument.empty()) {
    ok("");
    for (const sasl::Mechanism mechanism : sasl::kMechanisms) {
      if (!sasl::is_offered(mechanism, options.sasl, active)) continue;
      append(out, sasl::to_string(mechanism), "\r\n");
    }
    out += ".\r\n";
    return std::nullopt;
  }
  const auto mechanism = sasl::parse_mechanism(take_word(argument));
  if (!mechanism || !sasl::is_offered(*mechanism, options.sasl, active)) {
    wrong("", "Unsupported authentication mechanism");
    return std::nullopt;
  }
  exchange = std::make_unique<sasl::ServerExchange>(*mechanism, options.sasl, active);
  return on_sasl_step(exchange->start(argument.empty() ? std::nullopt : std::optional(argument)));
}

std::optional<Event> Engine::on_sasl_step(sasl::ServerStep step) {
  return std::visit(Overloaded{
                        [this](const sasl::Challenge& challenge) {
                          append(out, "+ ", challenge.line, "\r\n");
                          is_in_sasl = true;
                          return std::optional<Event>();
                        },
                        [this](const sasl::ScramUser& user_asked) {
                          question = Question::kScramUser;
                          return std::optional<Event>(user_asked);
                        },
                        [this](const sasl::ScramProof& proof) {
                          question = Question::kScramProof;
                          return std::optional<Event>(proof);
                        },
                        [this](const sasl::Authenticate& who) {
                          Login login{std::string(who.mechanism), std::string(who.authorization),
                                      std::string(who.authentication), std::string(who.password),
                                      who.is_proven};
                          exchange.reset();
                          question = Question::kLogin;
                          return std::optional<Event>(std::move(login));
                        },
                        [this](const sasl::Failure& failure) {
                          // RFC 3206 §4: AUTH means that other credentials may help.
                          const bool is_refused = failure.reason == sasl::Failure::Reason::kRefused;
                          wrong(is_refused ? "AUTH" : "", failure.text);
                          exchange.reset();
                          return std::optional<Event>();
                        },
                    },
                    step);
}

std::optional<Event> Engine::utf8(std::string_view) {
  ok("UTF-8 mode is on");
  return std::nullopt;
}

// ---- after login

std::optional<std::uint32_t> Engine::message(std::string_view argument) {
  const auto number = ascii::parse_number(argument, UINT32_MAX);
  if (!number) {
    wrong("", "Invalid message number");
    return std::nullopt;
  }
  if (*number == 0 || *number > maildrop.size()) {
    wrong("", cat("There's no message ", *number, "."));
    return std::nullopt;
  }
  if (is_deleted[*number - 1]) {
    wrong("", "Message is deleted");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

std::optional<Event> Engine::stat(std::string_view) {
  std::uint32_t messages = 0;
  std::uint64_t octets = 0;
  for (std::uint32_t number = 1; number <= maildrop.size(); ++number) {
    if (is_deleted[number - 1]) continue;
    ++messages;
    octets += maildrop.octets(number);
  }
  ok(cat(messages, " ", octets));
  return std::nullopt;
}

void Engine::list(Listing listing, std::string_view argument) {
  const bool is_sizes = listing == Listing::kSizes;
  if (argument.empty()) {
    ok("");
    return write(write_listing(listing, maildrop, is_deleted));
  }
  const auto number = message(argument);
  if (!number) return;
  ok(is_sizes ? cat(*number, " ", maildrop.octets(*number))
              : cat(*number, " ", maildrop.unique_id(*number)));
}

std::optional<Event> Engine::list_sizes(std::string_view argument) {
  list(Listing::kSizes, argument);
  return std::nullopt;
}

std::optional<Event> Engine::list_unique_ids(std::string_view argument) {
  list(Listing::kUniqueIds, argument);
  return std::nullopt;
}

std::optional<Event> Engine::retr(std::string_view argument) {
  const auto number = message(argument);
  if (!number) return std::nullopt;
  lines_asked.reset();
  question = Question::kRetrieve;
  return Retrieve{*number, std::nullopt};
}

std::optional<Event> Engine::top(std::string_view argument) {
  const auto number = message(take_word(argument));
  if (!number) return std::nullopt;
  const auto wanted = ascii::parse_number(argument, UINT32_MAX);
  if (!wanted) {
    wrong("", "Invalid number of lines");
    return std::nullopt;
  }
  lines_asked = static_cast<std::uint32_t>(*wanted);
  question = Question::kRetrieve;
  return Retrieve{*number, lines_asked};
}

std::optional<Event> Engine::dele(std::string_view argument) {
  const auto number = message(argument);
  if (!number) return std::nullopt;
  is_deleted[*number - 1] = true;
  ok("Marked to be deleted.");
  return std::nullopt;
}

std::optional<Event> Engine::rset(std::string_view) {
  is_deleted.assign(maildrop.size(), false);
  ok("");
  return std::nullopt;
}

std::optional<Event> Engine::noop(std::string_view) {
  ok("");
  return std::nullopt;
}

std::optional<Event> Engine::quit(std::string_view) {
  if (connection == kAuthorization) {
    ok("Logging out");
    notices.emplace_back(Quit{});
    close();
    return std::nullopt;
  }
  deleted.clear();
  for (std::uint32_t number = 1; number <= maildrop.size(); ++number) {
    if (is_deleted[number - 1]) deleted.push_back(number);
  }
  question = Question::kUpdate;
  return Update{deleted};
}

}  // namespace mail::pop3
