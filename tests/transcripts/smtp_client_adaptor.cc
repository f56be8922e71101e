// The SMTP client in transcripts: `S` is what the server says to the engine, `C` what it says. `!`
// lines are "send FROM TO,TO MESSAGE" (escaped, "<>" is the null sender), "quit", "prove PROOF
// SIGNATURE"; "accept" sends a small message, three times, and then quits.
#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/smtp/client_session.h"
#include "support/transcript.h"

namespace mail::test {
namespace {

using smtp::ClientOptions;
using smtp::ClientSession;

std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

std::string print_reply(const smtp::Reply& reply) {
  std::string text = cat(reply.code);
  if (!reply.enhanced.empty()) append(text, " ", reply.enhanced);
  if (!reply.text.empty()) append(text, " ", escape(reply.text));
  return text;
}

std::string print_outcome(const smtp::Outcome& outcome) {
  static constexpr std::string_view kStages[] = {"checks", "mail", "rcpt", "data", "message"};
  return cat(outcome.is_local ? "local " : "", kStages[static_cast<std::size_t>(outcome.stage)],
             " ", print_reply(outcome.reply));
}

class ClientUnderTest : public EngineUnderTest<ClientSession> {
 public:
  using EngineUnderTest::EngineUnderTest;

  std::string answer(std::string_view text) override {
    const auto verb = take_word(text);
    if (asked_scram_) {
      asked_scram_ = false;
      const auto proof = take_word(text);
      session_.prove_scram({std::string(proof), std::string(text)});
    } else if (verb == "quit" || (verb == "accept" && ++accepted_ > 3)) {
      session_.quit();
    } else if (verb == "accept") {
      return send("<> bob@mx.example .one\\n");
    } else if (verb == "send") {
      return send(text);
    } else {
      return cat("unknown answer: ", verb);
    }
    return {};
  }

 protected:
  EventText print(const ClientSession::Event& event) override {
    return std::visit(
        Overloaded{
            [](const smtp::Ready&) { return EventText{.text = "ready", .is_question = true}; },
            [this](const sasl::ScramPassword& e) {
              asked_scram_ = true;
              return EventText{.text = cat("scram ", escape(e.salt), " ", e.iterations, " ",
                                           escape(e.auth_message)),
                               .is_question = true};
            },
            [](const smtp::Sent& e) {
              std::string text = "sent";
              for (const auto& outcome : e.outcomes)
                append(text, " [", print_outcome(outcome), "]");
              return EventText{.text = std::move(text)};
            },
            [](const smtp::Failed& e) {
              std::string text = cat("failed ", to_string(e.failure));
              if (!e.reply.text.empty()) append(text, ": ", print_reply(e.reply));
              return EventText{.text = std::move(text)};
            },
        },
        event);
  }

 private:
  std::string send(std::string_view text) {
    smtp::Envelope envelope;
    const auto from = take_word(text);
    if (from != "<>") envelope.reverse_path = unescape(from).value_or("");
    auto to = take_word(text);
    while (!to.empty()) {
      const auto one = to.substr(0, to.find(','));
      to.remove_prefix(std::min(one.size() + 1, to.size()));
      envelope.recipients.push_back({.address = unescape(one).value_or("")});
    }
    message_ = unescape(text).value_or("");
    session_.send(std::move(envelope), message_);
    return {};
  }

  std::string message_;
  int accepted_ = 0;
  bool asked_scram_ = false;
};

bool set_option(ClientOptions& o, std::string_view name, std::string_view value) {
  const auto number = ascii::parse_number(value);
  if (name == "host") return o.hostname = value, true;
  if (name == "dialect") {
    if (value == "lmtp") o.dialect = smtp::Dialect::kLmtp;
    if (value == "submission") o.dialect = smtp::Dialect::kSubmission;
    if (value == "submissions") o.dialect = smtp::Dialect::kSubmissions;
    return true;
  }
  if (name == "tls") {
    o.tls = value == "never"      ? smtp::TlsUse::kNever
            : value == "required" ? smtp::TlsUse::kRequired
                                  : smtp::TlsUse::kWhenOffered;
    return true;
  }
  if (name == "login") {
    o.credentials.emplace();
    o.credentials->login = value;
    o.credentials->password = "secret";
    return true;
  }
  if (name == "nonce") return o.nonce = value, true;
  if (name == "allows_cleartext_auth") return o.allows_cleartext_auth = value == "1", true;
  if (name == "prefers_chunking") return o.prefers_chunking = value == "1", true;
  if (!number) return false;
  if (name == "reply_line") return o.reply_line = static_cast<std::size_t>(*number), true;
  if (name == "reply_lines") return o.reply_lines = static_cast<std::size_t>(*number), true;
  if (name == "pipelined") return o.pipelined = static_cast<std::size_t>(*number), true;
  return false;
}

}  // namespace

Protocol smtp_client_protocol();
Protocol smtp_client_protocol() {
  return {"smtp_client",
          [](const TranscriptOptions& options, TimePoint now,
             std::string& error) -> std::unique_ptr<TranscriptSession> {
            ClientOptions parsed;
            parsed.hostname = "me.example";
            for (const auto& [name, value] : options) {
              if (set_option(parsed, name, value)) continue;
              error = cat("unknown option: ", name, "=", value);
              return nullptr;
            }
            return std::make_unique<ClientUnderTest>(ClientSession(std::move(parsed), now));
          }};
}

}  // namespace mail::test
