// POP3 in transcripts: options are fields of pop3::ServerOptions, and `tls=1`. Events:
//
//     connected   login USER PASSWORD   login MECHANISM [AUTHZID] USER PASSWORD|proven
//     scram-user [AUTHZID] USER   scram-proof USER AUTH-MESSAGE   retrieve N [top LINES]
//     update [N…]   violation WORDS   quit
//
// Answers:
//
//     accept [TEXT]   open SIZE=UNIQUE-ID…   send {octets with escapes}   refuse [CODE] TEXT
//     shutdown TEXT   challenge SALT ITERATIONS NONCE   confirm SIGNATURE
//
// A bare `accept` (an `auto` event) opens a maildrop of three small messages, and sends one.
#include <memory>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/pop3.h"
#include "support/transcript.h"

namespace mail::test {
namespace {

using pop3::ServerOptions;
using pop3::ServerSession;

constexpr std::string_view kUsualMessage = "Subject: hello\r\n\r\nThe body.\r\n.dot\r\n";

EventText question(std::string text) { return {.text = std::move(text), .is_question = true}; }
EventText notice(std::string text) { return {.text = std::move(text)}; }

std::string_view take(std::string_view& text, std::string_view separator) {
  const auto end = text.find(separator);
  const auto first = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : text.substr(end + separator.size());
  return first;
}

std::string shown(const pop3::Login& login) {
  if (login.mechanism.empty()) {
    return cat("login ", escape(login.user), " ", escape(login.password));
  }
  return cat("login ", login.mechanism, " [", escape(login.authorization), "] ", escape(login.user),
             " ", login.is_proven ? "proven" : escape(login.password));
}

class Pop3UnderTest : public EngineUnderTest<ServerSession> {
 public:
  using EngineUnderTest::EngineUnderTest;

  std::string answer(std::string_view text) override {
    std::string_view rest = text;
    const std::string_view verb = take(rest, " ");
    if (verb == "accept") {
      accept(rest);
    } else if (verb == "open") {
      session_.open(maildrop(rest));
    } else if (verb == "send") {
      if (rest.starts_with('{')) rest = rest.substr(1, rest.size() - 2);
      send(unescape(rest).value_or(""));
    } else if (verb == "refuse") {
      std::string_view code;
      if (rest.starts_with('[')) {
        rest.remove_prefix(1);
        code = take(rest, "] ");
      }
      session_.refuse(code, rest);
    } else if (verb == "challenge") {
      sasl::ScramChallenge challenge;
      challenge.salt = take(rest, " ");
      challenge.iterations =
          static_cast<std::uint32_t>(ascii::parse_number(take(rest, " ")).value_or(0));
      challenge.nonce = rest;
      session_.challenge_scram(challenge);
    } else if (verb == "confirm") {
      session_.confirm_scram(rest);
    } else if (verb == "shutdown") {
      session_.shut_down(rest);
    } else {
      return cat("unknown answer: ", verb);
    }
    return {};
  }
  bool is_answer(std::string_view text) const override { return !text.starts_with("shutdown"); }

 protected:
  EventText print(const ServerSession::Event& event) override {
    is_login_ = std::holds_alternative<pop3::Login>(event);
    is_retrieve_ = std::holds_alternative<pop3::Retrieve>(event);
    is_scram_user_ = std::holds_alternative<sasl::ScramUser>(event);
    is_scram_proof_ = std::holds_alternative<sasl::ScramProof>(event);
    return std::visit(Overloaded{
                          [](const pop3::Connected&) { return question("connected"); },
                          [](const pop3::Login& l) { return question(shown(l)); },
                          [](const sasl::ScramUser& u) {
                            return question(cat("scram-user [", escape(u.authorization), "] ",
                                                escape(u.authentication)));
                          },
                          [](const sasl::ScramProof& p) {
                            return question(cat("scram-proof ", escape(p.authentication), " ",
                                                escape(p.auth_message)));
                          },
                          [](const pop3::Retrieve& r) {
                            return question(r.lines ? cat("retrieve ", r.number, " top ", *r.lines)
                                                    : cat("retrieve ", r.number));
                          },
                          [](const pop3::Update& u) {
                            std::string text = "update";
                            for (const std::uint32_t number : u.deleted) append(text, " ", number);
                            return question(std::move(text));
                          },
                          [](const pop3::Violated& v) {
                            return notice(cat("violation ", to_string(v.violation)));
                          },
                          [](const pop3::Quit&) { return notice("quit"); },
                      },
                      event);
  }

 private:
  static pop3::Maildrop maildrop(std::string_view words) {
    pop3::Maildrop maildrop;
    while (!words.empty()) {
      std::string_view word = take(words, " ");
      const auto octets = ascii::parse_number(take(word, "=")).value_or(0);
      maildrop.add(octets, word);
    }
    return maildrop;
  }
  void send(std::string message) {
    auto owner = std::make_shared<const std::string>(std::move(message));
    session_.send(pop3::make_source(owner, *owner));
  }
  void accept(std::string_view text) {
    if (is_scram_user_) {
      session_.challenge_scram({"salt", 4096, "nonce"});
    } else if (is_scram_proof_) {
      session_.confirm_scram("signature");
    } else if (is_login_) {
      session_.open(maildrop("36=one 200=two 300=three"));
    } else if (is_retrieve_) {
      send(std::string(kUsualMessage));
    } else {
      session_.accept(text);
    }
  }

  bool is_login_ = false;
  bool is_retrieve_ = false;
  bool is_scram_user_ = false;
  bool is_scram_proof_ = false;
};

bool set_option(ServerOptions& o, std::string_view name, const std::string& value) {
  const auto n = ascii::parse_number(value).value_or(0);
  const bool is_on = value == "1";
  if (name == "host") {
    o.hostname = value;
  } else if (name == "offers_stls") {
    o.offers_stls = is_on;
  } else if (name == "allows_cleartext_auth") {
    o.allows_cleartext_auth = is_on;
  } else if (name == "scram") {
    o.sasl.offers_scram = is_on;
  } else if (name == "command_line") {
    o.command_line = n;
  } else if (name == "sasl_line") {
    o.sasl_line = n;
  } else if (name == "errors") {
    o.errors = n;
  } else if (name == "output") {
    o.output = n;
  } else if (name == "bare_newline") {
    o.quirks.bare_newline = is_on;
  } else {
    return false;
  }
  return true;
}

std::unique_ptr<TranscriptSession> make(const TranscriptOptions& options, TimePoint now,
                                        std::string& error) {
  ServerOptions server;
  server.hostname = "mail.example";
  bool has_tls = false;
  for (const auto& [name, value] : options) {
    if (name == "tls") {
      has_tls = value == "1";
    } else if (!set_option(server, name, value)) {
      error = cat("pop3 has no option ", name);
      return nullptr;
    }
  }
  ServerSession session(server, now);
  if (has_tls) session.tls_started({.version = "TLSv1.3"});
  return std::make_unique<Pop3UnderTest>(std::move(session));
}

}  // namespace

Protocol pop3_protocol();
Protocol pop3_protocol() { return {.name = "pop3", .make = make}; }

}  // namespace mail::test
