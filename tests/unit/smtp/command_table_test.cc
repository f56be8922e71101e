// Every verb in every phase: the engine does what the table says, and the page says what the table
// says.
#include "smtp/command_table.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "mail/base/absl.h"
#include "mail/smtp/server_session.h"

namespace mail::smtp {
namespace {

constexpr TimePoint kNow{hours(1)};
constexpr Phase kAllPhases[] = {Phase::kStart, Phase::kReady, Phase::kMail, Phase::kRcpt,
                                Phase::kBdat};

/// A good example of each command, and the reply to it where it is welcome and accepted.
const std::map<std::string_view, std::pair<std::string_view, std::string_view>> kExamples = {
    {"EHLO", {"EHLO c", "250-localhost"}},
    {"HELO", {"HELO c", "250 localhost"}},
    {"LHLO", {"LHLO c", "250-localhost"}},
    {"XCLIENT", {"XCLIENT ADDR=192.0.2.1", "220 localhost"}},
    {"STARTTLS", {"STARTTLS", "220 2.0.0 Ready to start TLS"}},
    {"AUTH", {"AUTH PLAIN AGEAYg==", "235 2.7.0 Authentication successful"}},
    {"MAIL", {"MAIL FROM:<a@b>", "250 2.1.0 Ok"}},
    {"RCPT", {"RCPT TO:<c@d>", "250 2.1.5 Ok"}},
    {"DATA", {"DATA", "354 End data with <CR><LF>.<CR><LF>"}},
    {"BDAT", {"BDAT 0", "250 2.0.0 Ok: 0 octets so far"}},
    {"RSET", {"RSET", "250 2.0.0 Ok"}},
    {"NOOP", {"NOOP", "250 2.0.0 Ok"}},
    {"QUIT", {"QUIT", "221 2.0.0 Bye"}},
    {"VRFY",
     {"VRFY a", "252 2.0.0 Cannot VRFY user, but will accept message and attempt delivery"}},
    {"EXPN", {"EXPN a", "502 5.5.1 Error: command not implemented"}},
    {"HELP", {"HELP", "214 2.0.0 Commands:"}},
};

ServerOptions open_options() {
  ServerOptions options;
  options.dialect = Dialect::kSubmission;
  options.offers_starttls = true;
  options.offers_auth = true;
  options.allows_cleartext_auth = true;
  options.trusts_peer = true;
  return options;
}

/// A server that knows the command.
ServerOptions options_for(const Command& command) {
  auto options = open_options();
  if (command.has(kOnlyLmtp)) options.dialect = Dialect::kLmtp;
  return options;
}

/// Says a line, accepts every question, and returns the new output.
std::string say(ServerSession& session, std::string_view line) {
  session.consume_output(session.output().size());
  if (!line.empty()) session.receive(cat(line, "\r\n"), kNow);
  while (const auto event = session.next()) {
    if (std::holds_alternative<Connected>(*event) || std::holds_alternative<XClient>(*event) ||
        std::holds_alternative<Helo>(*event) || std::holds_alternative<Authenticate>(*event) ||
        std::holds_alternative<MailFrom>(*event) || std::holds_alternative<RcptTo>(*event) ||
        std::holds_alternative<Data>(*event)) {
      session.accept();
    }
  }
  return std::string(session.output());
}

ServerSession session_in(Phase phase, ServerOptions options) {
  const bool is_lmtp = options.dialect == Dialect::kLmtp;
  ServerSession session(std::move(options), kNow);
  say(session, "");
  if (phase >= Phase::kReady) say(session, is_lmtp ? "LHLO c" : "EHLO c");
  if (phase >= Phase::kMail) say(session, "MAIL FROM:<a@b>");
  if (phase >= Phase::kRcpt) say(session, "RCPT TO:<c@d>");
  if (phase >= Phase::kBdat) say(session, "BDAT 0");
  return session;
}

TEST_CASE("Every command in every phase gets what the table says") {
  REQUIRE(kExamples.size() == kCommands.size());
  for (const auto& command : kCommands) {
    for (const Phase phase : kAllPhases) {
      CAPTURE(command.verb, static_cast<int>(phase));
      auto session = session_in(phase, options_for(command));
      const auto& [line, welcome] = kExamples.at(command.verb);
      const auto output = say(session, line);
      if (command.in(phase) == Cell::kYes) {
        CHECK(output.substr(0, welcome.size()) == welcome);
      } else {
        const auto [code, enhanced, text] = refusal(command.in(phase));
        CHECK(output == cat(code, " ", enhanced, " ", text, "\r\n"));
      }
    }
  }
}

TEST_CASE("Before a required TLS every command without the flag gets 530") {
  for (const auto& command : kCommands) {
    CAPTURE(command.verb);
    auto options = options_for(command);
    options.requires_tls = true;
    auto session = session_in(Phase::kReady, options);
    const auto& [line, welcome] = kExamples.at(command.verb);
    const auto output = say(session, line);
    CHECK(output.starts_with("530 5.7.0 ") != command.has(kBeforeTls));
  }
}

TEST_CASE("Before a required AUTH exactly the commands with the flag get 530") {
  for (const auto& command : kCommands) {
    CAPTURE(command.verb);
    auto options = options_for(command);
    options.requires_auth = true;
    auto session = session_in(Phase::kReady, options);
    const auto& [line, welcome] = kExamples.at(command.verb);
    CHECK(say(session, line).starts_with("530 5.7.0 ") == command.has(kNeedsAuth));
  }
}

TEST_CASE("A command that takes no argument refuses one") {
  for (const auto& command : kCommands) {
    if (!command.has(kNoArgument)) continue;
    CAPTURE(command.verb);
    auto session = session_in(Phase::kRcpt, open_options());
    CHECK(say(session, cat(command.verb, " x")) ==
          cat("501 5.5.4 Syntax: ", command.syntax, "\r\n"));
  }
}

std::string cell_text(Cell cell) {
  return cell == Cell::kYes ? "yes" : cat(refusal(cell).code, " ", refusal(cell).text);
}

std::string table_for_the_page() {
  std::string page =
      "| command | greeted | after EHLO | after MAIL | after RCPT | after BDAT | before TLS | junk "
      "|\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const auto& command : kCommands) {
    append(page, "| `", command.syntax, "` |");
    for (const Phase phase : kAllPhases) append(page, " ", cell_text(command.in(phase)), " |");
    append(page, command.has(kBeforeTls) ? " yes |" : " 530 |",
           command.has(kIsJunk) ? " yes |\n" : " |\n");
  }
  return page;
}

TEST_CASE("docs/smtp.md holds the command table") {
  std::ifstream file(MAIL_SOURCE_DIR "/docs/smtp.md");
  std::ostringstream content;
  content << file.rdbuf();
  INFO("the table must be:\n" << table_for_the_page());
  CHECK(content.str().find(table_for_the_page()) != std::string::npos);
}

}  // namespace
}  // namespace mail::smtp
