// What the service says becomes bytes.
//
// Tagged answers end the command at hand and carry the state on (RFC 3501 §3); untagged data is
// written where it stands. Once the session is closing whatever the service still says is dropped:
// it may learn of the end late.
//
// Tested by tests/transcripts/imap, tests/unit/imap/responses_test.cc.
#include "imap/session_state.h"
#include "imap/wire.h"
#include "mail/base/assert.h"
#include "mail/base/status.h"

namespace mail::imap {
namespace {

std::string with_code(std::string_view code) {
  return code.empty() ? std::string() : cat("[", response_code(code), "] ");
}

}  // namespace

// ---- tagged answers

// response-tagged = tag SP resp-cond-state CRLF
// resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text
void ServerSession::State::tagged(Condition condition, std::string_view code,
                                  std::string_view text) {
  if (is_in_fetch && !MAIL_ASSERT(!is_in_fetch)) return fail();
  std::string_view word;
  switch (condition) {
    case Condition::kOk: word = " OK "; break;
    case Condition::kNo: word = " NO "; break;
    case Condition::kBad: word = " BAD "; break;
  }
  append(output.text(), tag.empty() ? std::string_view("*") : tag, word, with_code(code),
         human_text(text, "Completed"), "\r\n");
  question = Question::kNone;
  begin_command();
  if (condition != Condition::kBad) {
    errors = 0;
  } else if (++errors >= options.errors) {
    violate(Violation::kTooManyErrors);
    bye("Too many errors");
  }
}

void ServerSession::State::untagged(std::string_view status, std::string_view code,
                                    std::string_view text) {
  append(output.text(), "* ", status, " ", with_code(code), human_text(text, "Ok"), "\r\n");
}

// greeting        = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
void ServerSession::State::greet(Condition condition, std::string_view code,
                                 std::string_view text) {
  question = Question::kNone;
  if (condition != Condition::kOk) return bye(text);
  untagged("OK", code.empty() ? cat("CAPABILITY ", capability_list()) : std::string(code),
           text.empty() ? cat(options.hostname, " ready") : std::string(text));
}

void ServerSession::State::finish_command(Condition condition, std::string_view code,
                                          std::string_view text) {
  const bool is_ok = condition == Condition::kOk;
  std::string own_code(code);
  switch (effect) {
    case Effect::kNone: break;
    case Effect::kLogin:
      if (!is_ok) break;
      connection = kAuthenticated;
      if (tls) tls->bindings = {};  // no further use: an idle session is small
      // Saves the client a CAPABILITY (RFC 3501 §6.2.3).
      if (code.empty()) own_code = cat("CAPABILITY ", capability_list());
      break;
    case Effect::kSelect:
    case Effect::kExamine:
      // A SELECT that fails has left the old mailbox all the same (RFC 3501 §6.3.1).
      connection = is_ok ? kSelected : kAuthenticated;
      if (is_ok && code.empty()) {
        own_code = effect == Effect::kExamine ? "READ-ONLY" : "READ-WRITE";
      }
      break;
    case Effect::kLeaveMailbox:
      if (is_ok) connection = kAuthenticated;
      break;
  }
  tagged(condition, own_code, text);
}

void ServerSession::State::answer(Condition condition, std::string_view code,
                                  std::string_view text) {
  if (is_closing) return;
  switch (question) {
    case Question::kNone:
      if (!MAIL_ASSERT(question != Question::kNone)) fail();
      return;
    case Question::kConnected: return greet(condition, code, text);
    case Question::kCommand: return finish_command(condition, code, text);
    case Question::kScramUser:
    case Question::kScramProof:
      if (!MAIL_ASSERT(condition != Condition::kOk)) return fail();
      return tagged(condition, code, text);
    case Question::kAppend:
      if (!MAIL_ASSERT(condition != Condition::kOk)) return fail();
      question = Question::kNone;
      is_appending = false;
      refuse_literal({condition == Condition::kNo, std::string(code), std::string(text)});
      // A client that waits for "+" is told now; what others send is swallowed first.
      if (framer.literal().is_sync) refuse(Refusal(*refusal));
      return;
    case Question::kIdle:
      if (!MAIL_ASSERT(condition != Condition::kOk)) return fail();
      return tagged(condition, code, text);
    case Question::kIdleDone:
      if (is_idle_broken) return tagged(Condition::kBad, "", "DONE expected; IDLE is over");
      return tagged(condition, code, text);
    case Question::kAppendEnd: return tagged(condition, code, text);
  }
}

void ServerSession::ok(std::string_view code, std::string_view text) {
  state_->answer(State::Condition::kOk, code, text);
}
void ServerSession::no(std::string_view code, std::string_view text) {
  state_->answer(State::Condition::kNo, code, text);
}
void ServerSession::bad(std::string_view text) { state_->answer(State::Condition::kBad, "", text); }

void ServerSession::proceed() {
  State& state = *state_;
  if (state.is_closing) return;
  const bool is_append = state.question == State::Question::kAppend;
  if (!MAIL_ASSERT(is_append || state.question == State::Question::kIdle)) return state.fail();
  state.question = State::Question::kNone;
  if (!is_append) {
    state.output.text() += "+ idling\r\n";
    state.begin_line(State::Expects::kDone);
    return;
  }
  state.is_appending = true;
  if (state.framer.literal().is_sync) state.output.text() += "+ OK\r\n";
  state.framer.stream();
}

void ServerSession::shut_down(std::string_view text) { state_->bye(text); }

// ---- untagged data

void ServerSession::exists(std::uint32_t messages) {
  if (!state_->is_closing) append(state_->output.text(), "* ", messages, " EXISTS\r\n");
}

void ServerSession::recent(std::uint32_t messages) {
  if (!state_->is_closing) append(state_->output.text(), "* ", messages, " RECENT\r\n");
}

// RFC 3501 §7.4.1: not when no command is in progress, nor while FETCH, STORE or SEARCH is
// answered: the client would not know which message a number means.
bool ServerSession::State::may_expunge() const {
  if (expects == Expects::kDone) return true;
  if (question != Question::kCommand) return question != Question::kNone;
  return by_uid ||
         (row->parse != parse_fetch && row->parse != parse_store && row->parse != parse_search);
}

void ServerSession::expunge(std::uint32_t sequence) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.may_expunge())) return state.fail();
  append(state.output.text(), "* ", sequence, " EXPUNGE\r\n");
}

// mailbox-data    = "FLAGS" SP flag-list
void ServerSession::flags(std::span<const std::string> keywords) {
  if (state_->is_closing) return;
  std::string& out = state_->output.text();
  out += "* FLAGS (";
  append_system_flags(out, 0x1f);
  for (const std::string& keyword : keywords) append(out, " ", keyword);
  out += ")\r\n";
}

void ServerSession::untagged_ok(std::string_view code, std::string_view text) {
  if (!state_->is_closing) state_->untagged("OK", code, text);
}
void ServerSession::untagged_no(std::string_view code, std::string_view text) {
  if (!state_->is_closing) state_->untagged("NO", code, text);
}

// mailbox-list    = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
void ServerSession::list(const ListedMailbox& mailbox) {
  if (state_->is_closing) return;
  std::string& out = state_->output.text();
  out += mailbox.is_lsub ? "* LSUB (" : "* LIST (";
  for (const std::string_view attribute : mailbox.attributes) {
    append(out, out.ends_with('(') ? "" : " ", attribute);
  }
  append(out, ") \"", state_->options.hierarchy_separator, "\" ");
  append_mailbox(out, mailbox.name, LiteralForm::kSync);
  out += "\r\n";
}

void ServerSession::list_delimiter() {
  if (state_->is_closing) return;
  append(state_->output.text(), "* LIST (\\Noselect) \"", state_->options.hierarchy_separator,
         "\" \"\"\r\n");
}

// mailbox-data    = "STATUS" SP mailbox SP "(" [status-att-list] ")"
// status-att-val  =/ "MAILBOXID" SP "(" objectid ")"                   RFC 8474 §7
void ServerSession::status(std::string_view mailbox, std::span<const StatusItem> items) {
  if (state_->is_closing) return;
  std::string& out = state_->output.text();
  out += "* STATUS ";
  append_mailbox(out, mailbox, LiteralForm::kSync);
  out += " (";
  for (const StatusItem& item : items) {
    append(out, out.ends_with('(') ? "" : " ", item.name, " ");
    if (item.object_id.empty()) {
      append(out, item.number);
    } else {
      append(out, "(", item.object_id, ")");
    }
  }
  out += ")\r\n";
}

// quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)    RFC 9208 §7
void ServerSession::quota_root(std::string_view mailbox, std::span<const std::string_view> roots) {
  if (state_->is_closing) return;
  std::string& out = state_->output.text();
  out += "* QUOTAROOT ";
  append_mailbox(out, mailbox, LiteralForm::kSync);
  for (const std::string_view root : roots) {
    out += ' ';
    append_astring(out, root, LiteralForm::kSync);
  }
  out += "\r\n";
}

// quota-response  = "QUOTA" SP quota-root-name SP quota-list           RFC 9208 §7
//
// Without a limit the list is empty, as in RFC 2087 §5.1 and in Dovecot.
void ServerSession::quota(std::string_view root, std::span<const QuotaResource> resources) {
  if (state_->is_closing) return;
  std::string& out = state_->output.text();
  out += "* QUOTA ";
  append_astring(out, root, LiteralForm::kSync);
  out += " (";
  for (const QuotaResource& resource : resources) {
    append(out, out.ends_with('(') ? "" : " ", resource.name, " ", resource.usage, " ",
           resource.limit);
  }
  out += ")\r\n";
}

// mailbox-data    = "SEARCH" *(SP nz-number)
void ServerSession::search(std::span<const std::uint32_t> numbers) {
  if (state_->is_closing) return;
  std::string& out = state_->output.text();
  out += "* SEARCH";
  for (const std::uint32_t number : numbers) append(out, " ", number);
  out += "\r\n";
}

// ---- FETCH

// message-data    = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
// msg-att         = "(" (msg-att-dynamic / msg-att-static) *(SP …) ")"
void ServerSession::fetch_begin(std::uint32_t sequence) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(!state.is_in_fetch)) return state.fail();
  state.is_in_fetch = true;
  state.has_fetch_item = false;
  append(state.output.text(), "* ", sequence, " FETCH (");
}

void ServerSession::State::fetch_label(std::string_view label) {
  append(output.text(), has_fetch_item ? " " : "", label, " ");
  has_fetch_item = true;
}

void ServerSession::fetch_flags(std::uint8_t system, bool is_recent, std::uint64_t keyword_bits,
                                std::span<const std::string> keywords) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.is_in_fetch)) return state.fail();
  state.fetch_label("FLAGS");
  std::string& out = state.output.text();
  out += '(';
  append_system_flags(out, system);
  if (is_recent) append(out, out.ends_with('(') ? "" : " ", "\\Recent");
  for (std::size_t i = 0; i < keywords.size() && i < 64; ++i) {
    if ((keyword_bits >> i & 1U) != 0) append(out, out.ends_with('(') ? "" : " ", keywords[i]);
  }
  out += ')';
}

void ServerSession::fetch_text(std::string_view label, std::string_view text) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.is_in_fetch)) return state.fail();
  state.fetch_label(label);
  state.output.text() += text;
}

void ServerSession::fetch_literal(std::string_view label, std::unique_ptr<ByteSource> source) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.is_in_fetch)) return state.fail();
  state.fetch_label(label);
  if (!source) {
    state.output.text() += "NIL";
    return;
  }
  append(state.output.text(), "{", source->remaining(), "}\r\n");
  state.output.add(std::move(source));
}

void ServerSession::fetch_end() {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.is_in_fetch)) return state.fail();
  state.is_in_fetch = false;
  state.output.text() += ")\r\n";
}

}  // namespace mail::imap
