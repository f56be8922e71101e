#include "pop3/command_table.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "mail/base/status.h"

using namespace mail;
using namespace mail::pop3;

namespace {

constexpr TimePoint kNow{hours(1)};

/// A session brought into a state, with three messages; its output so far is gone.
ServerSession session_in(ConnectionState state, bool is_private = true) {
  ServerOptions options;
  options.offers_stls = true;
  options.allows_cleartext_auth = is_private;
  ServerSession session(options, kNow);
  session.next();
  session.accept();
  if (state == kTransaction) {
    session.receive("USER ann\r\nPASS secret\r\n", kNow);
    session.next();
    Maildrop maildrop;
    maildrop.add(100, "one");
    session.open(std::move(maildrop));
  }
  session.consume_output(session.output().size());
  return session;
}

}  // namespace

TEST_CASE("Every command in every state does what the table says") {
  for (const ConnectionState state : {kAuthorization, kTransaction}) {
    for (const Command& command : kCommandTable) {
      INFO(command.verb << " in state " << static_cast<int>(state));
      ServerSession session = session_in(state);
      session.receive(cat(command.example, "\r\n"), kNow);
      const auto event = session.next();
      const std::string output(session.output());
      if ((command.states & state) == 0) {
        CHECK_FALSE(event);
        CHECK(output.starts_with("-ERR "));
      } else if (command.verb == "PASS") {
        CHECK(output == "-ERR No username given\r\n");
      } else {
        CHECK((event || output.starts_with("+OK")));
      }
    }
  }
}

TEST_CASE("What needs privacy is refused in the clear") {
  for (const Command& command : kCommandTable) {
    ServerSession session = session_in(kAuthorization, false);
    session.receive(cat(command.example, "\r\n"), kNow);
    session.next();
    INFO(command.verb);
    CHECK(session.output().starts_with("-ERR [AUTH] Plaintext") == command.needs_privacy);
  }
}

TEST_CASE("No verb stands in the table twice, and case does not matter") {
  std::set<std::string_view> verbs;
  for (const Command& command : kCommandTable) CHECK(verbs.insert(command.verb).second);
  CHECK(find_command("quit") == find_command("QUIT"));
  CHECK(find_command("APOP") == nullptr);
}

TEST_CASE("docs/pop3.md shows the table") {
  std::ifstream file(MAIL_SOURCE_DIR "/docs/pop3.md");
  std::ostringstream text;
  text << file.rdbuf();
  INFO("paste this:\n" << command_table_markdown());
  CHECK(text.str().find(command_table_markdown()) != std::string::npos);
}
