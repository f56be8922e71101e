// What the client says becomes events.
//
// The framer stops at each literal and at the end of each command. At the first literal the command
// is looked up, so that one that cannot succeed is refused before its literal is asked for (nobody
// sends a password that would not be taken). A literal of APPEND that is not the mailbox name is a
// message: it becomes a question, then streams. Everything else is parsed when it is complete.
//
// Tested by tests/transcripts/imap, tests/unit/imap/cells_test.cc, fuzz/session_imap.cc.
#include <array>

#include "imap/session_state.h"
#include "imap/wire.h"
#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/base/status.h"

namespace mail::imap {

using Event = ServerSession::Event;

GrammarOptions ServerSession::State::grammar() const {
  return {options.hierarchy_separator, options.search_depth, options.search_nodes};
}

std::optional<Event> ServerSession::State::on_step(Framer::Step step) {
  switch (step) {
    case Framer::Step::kNeedsBytes: return std::nullopt;
    case Framer::Step::kAnnounced: return on_literal();
    case Framer::Step::kChunk: return AppendChunk{framer.chunk()};
    case Framer::Step::kStreamed: expects = Expects::kAppendTail; return std::nullopt;
    case Framer::Step::kComplete: return on_complete();
    case Framer::Step::kUncountable:
      violate(Violation::kLineTooLong);
      bye("Literal size is not a number; its end cannot be found");
      return std::nullopt;
  }
  return std::nullopt;
}

// ---- literals

/// Whether a command may be given now: its row against state and privacy.
std::optional<Refusal> ServerSession::State::refused_by_state(const CommandHead& head) const {
  if (head.row == nullptr) return head.refusal;
  const CommandRow& command = *head.row;
  if ((command.states & connection) == 0) {
    if (connection == kNotAuthenticated) return Refusal{false, "", "Log in first"};
    if ((command.states & kLoggedIn) == 0) return Refusal{false, "", "Already logged in"};
    if (connection == kSelected) return Refusal{false, "", "Not while a mailbox is selected"};
    return Refusal{false, "", "Select a mailbox first"};
  }
  if (command.needs_privacy && !allows_login()) {
    return Refusal{true, "PRIVACYREQUIRED", "Passwords are not accepted without TLS"};
  }
  return std::nullopt;
}

void ServerSession::State::refuse_literal(Refusal why) {
  refusal = std::move(why);
  framer.refuse(Framer::Fault::kRefused);
}

/// "APPEND " and a literal: its mailbox, not a message.
bool ServerSession::State::is_append_mailbox(Reader at_arguments) const {
  return row->parse == parse_append && at_arguments.space() && at_arguments.is_at_end();
}

/// RFC 7888 §5: under LITERAL- a big literal waits for its answer, "the tagged BAD response MUST
/// contain the TOOBIG response code".
std::optional<Refusal> ServerSession::State::refused_unasked_literal() const {
  const LiteralSize& literal = framer.literal();
  if (!options.literal_minus || literal.is_sync || literal.octets <= kLiteralMinus) return {};
  return Refusal{false, "TOOBIG",
                 cat("A literal of more than ", kLiteralMinus, " octets must wait (LITERAL-)")};
}

std::optional<Event> ServerSession::State::on_literal() {
  if (expects == Expects::kAppendTail) {
    Reader reader(framer.frame(), grammar());
    auto append = parse_append_message(reader);
    return on_message_literal(std::move(append), reader.refusal());
  }
  Reader reader(framer.frame(), grammar());
  const CommandHead head = parse_head(reader);
  tag = head.tag;
  row = head.row;
  if (auto why = refused_by_state(head)) {
    refuse_literal(std::move(*why));
    return std::nullopt;
  }
  if (row->parse == parse_append && !is_append_mailbox(reader)) {
    auto command = parse_arguments(reader, head);
    std::optional<Append> append;
    if (command) append = std::get<Append>(std::move(*command));
    return on_message_literal(std::move(append), reader.refusal());
  }
  if (auto why = refused_unasked_literal()) {
    refuse_literal(std::move(*why));
  } else if (!framer.accept()) {
    framer.refuse(Framer::Fault::kTooLong);
  } else if (framer.literal().is_sync) {
    output.text() += "+ OK\r\n";
  }
  return std::nullopt;
}

std::optional<Event> ServerSession::State::on_message_literal(std::optional<Append> append,
                                                              const Refusal& why) {
  const std::uint64_t octets = framer.literal().octets;
  std::optional<Refusal> refused;
  if (!append) {
    refused = why;
  } else if (auto unasked = refused_unasked_literal()) {
    refused = std::move(unasked);
  } else if (octets == 0) {
    refused = Refusal{true, "", "A message cannot be empty"};  // RFC 3502 §6.3.11
  } else if (octets > options.append) {
    refused = Refusal{true, "TOOBIG", cat("Messages may have ", options.append, " octets")};
  }
  if (refused) {
    abort_append();
    refuse_literal(std::move(*refused));
    return std::nullopt;
  }
  if (expects == Expects::kAppendTail) {
    append->mailbox = append_mailbox;
  } else {
    append_mailbox = append->mailbox;
  }
  append->octets = octets;
  question = Question::kAppend;
  return std::move(*append);
}

// ---- complete lines

std::optional<Event> ServerSession::State::on_complete() {
  switch (expects) {
    case Expects::kCommand: return on_command();
    case Expects::kAppendTail: return on_append_tail();
    case Expects::kSasl: return on_sasl_line();
    case Expects::kDone:
      is_idle_broken = framer.fault() != Framer::Fault::kNone ||
                       !ascii::equal_ignoring_case(framer.frame().text, "DONE");
      question = Question::kIdleDone;
      return IdleDone{};
  }
  return std::nullopt;
}

/// A command that framing found fault with: answered, true.
bool ServerSession::State::answered_fault() {
  switch (framer.fault()) {
    case Framer::Fault::kNone: return false;
    case Framer::Fault::kRefused: refuse(*refusal); return true;
    case Framer::Fault::kTooLong:
      violate(Violation::kLineTooLong);
      refuse({false, "", "Command is too long"});
      return true;
    case Framer::Fault::kBareNewline:
      violate(Violation::kBareNewline);
      refuse({false, "", "Lines end in CR LF"});
      return true;
  }
  return false;
}

std::optional<Event> ServerSession::State::on_command() {
  Reader reader(framer.frame(), grammar());
  const CommandHead head = parse_head(reader);
  tag = head.tag;
  row = head.row;
  by_uid = head.by_uid;
  if (connection == kNotAuthenticated && is_cross_protocol()) {
    violate(Violation::kCrossProtocol);
    bye("This is an IMAP server");
    return std::nullopt;
  }
  if (answered_fault()) return std::nullopt;
  if (const auto why = refused_by_state(head)) {
    refuse(*why);
    return std::nullopt;
  }
  auto command = parse_arguments(reader, head);
  if (!command) {
    refuse(reader.refusal());
    return std::nullopt;
  }
  return dispatch(std::move(*command));
}

/// "GET / HTTP/1.1": a browser was sent here (attack A14). What follows are its headers.
bool ServerSession::State::is_cross_protocol() const {
  constexpr std::array<std::string_view, 6> kMethods = {"GET ",  "POST ",    "PUT ",
                                                        "HEAD ", "OPTIONS ", "CONNECT "};
  const std::string_view line = framer.frame().text;
  if (line.find(" HTTP/1.") == std::string_view::npos) return false;
  for (const std::string_view method : kMethods) {
    if (line.starts_with(method)) return true;
  }
  return false;
}

std::optional<Event> ServerSession::State::on_append_tail() {
  const bool is_end = framer.fault() == Framer::Fault::kNone && framer.frame().text.empty();
  if (is_end) {
    question = Question::kAppendEnd;
    is_appending = false;
    return AppendEnd{};
  }
  abort_append();
  if (!answered_fault()) refuse({false, "", "Another message or the end of APPEND expected"});
  return std::nullopt;
}

// ---- commands

std::optional<Event> ServerSession::State::ask(Event event, Effect what) {
  question = Question::kCommand;
  effect = what;
  return event;
}

std::optional<Event> ServerSession::State::dispatch(Command command) {
  const auto done = [this](std::string_view text) {
    tagged(Condition::kOk, "", text);
    return std::optional<Event>();
  };
  return std::visit(
      Overloaded{
          [&](Capability&) {
            mail::append(output.text(), "* CAPABILITY ", capability_list(), "\r\n");
            return done("CAPABILITY completed");
          },
          [&](Namespace&) {
            const std::string_view separator(&options.hierarchy_separator, 1);
            mail::append(output.text(), "* NAMESPACE ((\"\" \"", separator, "\")) NIL NIL\r\n");
            return done("NAMESPACE completed");
          },
          [&](Identify&) {
            output.text() += "* ID (\"name\" \"libmail\")\r\n";
            return done("ID completed");
          },
          [&](Enable&) {
            // Nothing that exists here needs enabling; unknown names are ignored (RFC 5161 §3.1).
            output.text() += "* ENABLED\r\n";
            return done("ENABLE completed");
          },
          [&](Leave&) {
            output.text() += "* BYE Logging out\r\n";
            tagged(Condition::kOk, "", "LOGOUT completed");
            notices.emplace_back(Logout{});
            close();
            return std::optional<Event>();
          },
          [&](StartTls&) {
            start_tls();
            return std::optional<Event>();
          },
          [&](AuthenticateStart& start) {
            auto event = authenticate(start);
            if (start.initial_response) wipe(*start.initial_response);
            return event;
          },
          [&](Login& login) { return ask(std::move(login), Effect::kLogin); },
          [&](Select& select) {
            const Effect what = select.is_read_only ? Effect::kExamine : Effect::kSelect;
            return ask(std::move(select), what);
          },
          [&](List& list) {
            if (list.is_impossible) return done(list.is_lsub ? "LSUB completed" : "LIST completed");
            return ask(std::move(list));
          },
          [&](Close& close_command) { return ask(close_command, Effect::kLeaveMailbox); },
          [&](Unselect& unselect) { return ask(unselect, Effect::kLeaveMailbox); },
          [&](Idle& idle) {
            question = Question::kIdle;
            return std::optional<Event>(idle);
          },
          [&](Append&) {
            refuse({false, "", "APPEND ends in the literal of a message"});
            return std::optional<Event>();
          },
          [&](auto& other) { return ask(std::move(other)); },
      },
      command);
}

void ServerSession::State::start_tls() {
  if (tls || !options.offers_starttls) {
    return refuse({false, "", tls ? "TLS is active already" : "TLS is not available"});
  }
  tagged(Condition::kOk, "", "Begin TLS negotiation now");
  if (taken != input.size()) {
    // Bytes that would be read after the handshake as if they had been protected (attack B1).
    violate(Violation::kPipelinedStartTls);
    return close();
  }
  is_starting_tls = true;
}

}  // namespace mail::imap
