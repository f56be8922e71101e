// SMTP in transcripts: options are the fields of smtp::ServerOptions, `!` lines are
// "accept", "accept TEXT", "answer CODE [X.Y.Z] TEXT", "each REPLY | REPLY…" (LMTP), "shutdown
// TEXT" and those of sasl_events.h.
#include <array>
#include <vector>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/smtp/server_session.h"
#include "support/transcript.h"
#include "transcripts/sasl_events.h"

namespace mail::test {
namespace {

using smtp::Dialect;
using smtp::ServerOptions;
using smtp::ServerSession;

EventText question(std::string text) { return {.text = std::move(text), .is_question = true}; }
EventText notice(std::string text) { return {.text = std::move(text)}; }

EventText print_mail(const smtp::MailFrom& e) {
  auto text = cat("mail <", escape(e.reverse_path), ">");
  if (e.size) append(text, " size=", *e.size);
  if (e.body == smtp::BodyType::kEightBitMime) append(text, " body=8bitmime");
  if (e.body == smtp::BodyType::kBinaryMime) append(text, " body=binarymime");
  if (e.is_smtputf8) append(text, " smtputf8");
  if (e.dsn_return == smtp::DsnReturn::kFull) append(text, " ret=full");
  if (e.dsn_return == smtp::DsnReturn::kHeaders) append(text, " ret=hdrs");
  if (!e.envelope_id.empty()) append(text, " envid=", escape(e.envelope_id));
  return question(std::move(text));
}

EventText print_rcpt(const smtp::RcptTo& e) {
  auto text = cat("rcpt <", escape(e.forward_path), ">");
  if (e.notify.is_given()) {
    append(text, " notify=", e.notify.never ? "n" : "", e.notify.success ? "s" : "",
           e.notify.failure ? "f" : "", e.notify.delay ? "d" : "");
  }
  if (!e.original_recipient.empty()) {
    append(text, " orcpt=", e.original_recipient_type, ";", escape(e.original_recipient));
  }
  return question(std::move(text));
}

EventText print_xclient(const smtp::XClient& e) {
  std::string text = "xclient";
  const auto add = [&](std::string_view name, const std::optional<std::string_view>& value) {
    if (value) append(text, " ", name, "=[", escape(*value), "]");
  };
  add("name", e.name);
  add("addr", e.address);
  add("port", e.port);
  add("proto", e.protocol);
  add("helo", e.helo);
  add("login", e.login);
  add("destaddr", e.destination_address);
  add("destport", e.destination_port);
  return question(std::move(text));
}

/// "550 5.1.1 No such user" or "354 Go on".
std::optional<smtp::Reply> parse_reply(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const auto code = ascii::parse_number(text.substr(0, 3));
  if (!code) return std::nullopt;
  smtp::Reply reply{.code = static_cast<int>(*code)};
  text.remove_prefix(text.size() > 3 ? 4 : 3);
  if (text.size() > 5 && ascii::is_digit(text[0]) && text[1] == '.') {
    const auto space = text.find(' ');
    reply.enhanced = text.substr(0, space);
    text = space == text.npos ? std::string_view{} : text.substr(space + 1);
  }
  reply.text = text;
  return reply;
}

/// "250 2.1.5 Ok | 550 5.1.1 No"
std::optional<std::vector<smtp::Reply>> parse_replies(std::string_view text) {
  std::vector<smtp::Reply> replies;
  for (;;) {
    const auto bar = text.find(" | ");
    const auto reply = parse_reply(text.substr(0, bar));
    if (!reply) return std::nullopt;
    replies.push_back(*reply);
    if (bar == text.npos) return replies;
    text.remove_prefix(bar + 3);
  }
}

class SmtpUnderTest : public EngineUnderTest<ServerSession> {
 public:
  using EngineUnderTest::EngineUnderTest;

  std::string answer(std::string_view text) override {
    const auto space = text.find(' ');
    const auto verb = text.substr(0, space);
    const auto rest = space == text.npos ? std::string_view{} : text.substr(space + 1);
    if (scram_.answer(session_, text)) return {};
    if (verb == "accept") {
      session_.accept(rest);
    } else if (verb == "shutdown") {
      session_.shut_down(rest);
    } else if (const auto reply = parse_reply(rest); verb == "answer" && reply) {
      session_.answer(*reply);
    } else if (const auto replies = parse_replies(rest); verb == "each" && replies) {
      session_.answer_each(*replies);
    } else {
      return cat("unknown answer: ", text);
    }
    return {};
  }

  bool is_answer(std::string_view text) const override { return !text.starts_with("shutdown"); }

 protected:
  EventText print(const ServerSession::Event& event) override {
    scram_.see(event);
    return std::visit(
        Overloaded{
            [](const smtp::Connected&) { return question("connected"); },
            [](const smtp::XClient& e) { return print_xclient(e); },
            [](const smtp::Helo& e) {
              return question(cat(e.is_extended ? "ehlo " : "helo ", escape(e.domain)));
            },
            [](const smtp::Authenticate& e) { return question(cat("auth ", shown_login(e))); },
            [](const smtp::ScramUser& e) { return question(shown(e)); },
            [](const smtp::ScramProof& e) { return question(shown(e)); },
            [](const smtp::MailFrom& e) { return print_mail(e); },
            [](const smtp::RcptTo& e) { return print_rcpt(e); },
            [](const smtp::Data& e) { return question(e.is_chunked ? "begin bdat" : "begin"); },
            [](const smtp::DataChunk& e) {
              return EventText{.text = "data", .data = std::string(e.bytes)};
            },
            [](const smtp::DataEnd& e) { return question(cat("end ", e.octets)); },
            [](const smtp::Reset&) { return notice("reset"); },
            [](const smtp::Violated& e) {
              return notice(cat("violation ", to_string(e.violation)));
            },
            [](const smtp::Quit&) { return notice("quit"); },
        },
        event);
  }

 private:
  ScramDialog scram_;
};

bool set_flag(bool& flag, std::string_view value) { return flag = value == "1", true; }

template <class T>
bool set_number(T& number, std::string_view value) {
  const auto parsed = ascii::parse_number(value);
  if (parsed) number = static_cast<T>(*parsed);
  return parsed.has_value();
}

bool set_dialect(Dialect& dialect, std::string_view value) {
  if (value == "smtp") return dialect = Dialect::kSmtp, true;
  if (value == "submission") return dialect = Dialect::kSubmission, true;
  if (value == "submissions") return dialect = Dialect::kSubmissions, true;
  if (value == "lmtp") return dialect = Dialect::kLmtp, true;
  return false;
}

bool set_option(ServerOptions& o, std::string_view name, std::string_view value) {
  if (name == "host") return o.hostname = value, true;
  if (name == "dialect") return set_dialect(o.dialect, value);
  if (name == "offers_starttls") return set_flag(o.offers_starttls, value);
  if (name == "offers_auth") return set_flag(o.offers_auth, value);
  if (name == "allows_cleartext_auth") return set_flag(o.allows_cleartext_auth, value);
  if (name == "offers_scram") return set_flag(o.sasl.offers_scram, value);
  if (name == "allows_authorization_identity") {
    return set_flag(o.sasl.allows_authorization_identity, value);
  }
  if (name == "requires_tls") return set_flag(o.requires_tls, value);
  if (name == "requires_auth") return set_flag(o.requires_auth, value);
  if (name == "trusts_peer") return set_flag(o.trusts_peer, value);
  if (name == "withheld") return o.withheld = smtp::parse_extension_list(value), true;
  if (name == "message_size") return set_number(o.message_size, value);
  if (name == "command_line") return set_number(o.command_line, value);
  if (name == "auth_line") return set_number(o.auth_line, value);
  if (name == "data_line") return set_number(o.data_line, value);
  if (name == "recipients") return set_number(o.recipients, value);
  if (name == "errors") return set_number(o.errors, value);
  if (name == "junk_commands") return set_number(o.junk_commands, value);
  if (name == "output") return set_number(o.output, value);
  return false;
}

}  // namespace

Protocol smtp_protocol();
Protocol smtp_protocol() {
  return {"smtp",
          [](const TranscriptOptions& options, TimePoint now,
             std::string& error) -> std::unique_ptr<TranscriptSession> {
            ServerOptions parsed;
            for (const auto& [name, value] : options) {
              if (set_option(parsed, name, value)) continue;
              error = cat("unknown option: ", name, "=", value);
              return nullptr;
            }
            return std::make_unique<SmtpUnderTest>(ServerSession(std::move(parsed), now));
          }};
}

}  // namespace mail::test
