#include "imap/command_table.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "mail/base/status.h"
#include "mail/imap/server_session.h"

using namespace mail;
using namespace mail::imap;

namespace {

constexpr TimePoint kNow{hours(1)};

ServerOptions open_options() {
  ServerOptions options;
  options.allows_cleartext_auth = true;
  options.offers_starttls = true;
  return options;
}

/// A session brought into a state; its output so far is gone.
ServerSession session_in(ConnectionState state) {
  ServerSession session(open_options(), kNow);
  session.next();
  session.ok("", "");
  if (state != kNotAuthenticated) {
    session.receive("1 LOGIN ann secret\r\n", kNow);
    session.next();
    session.ok("", "");
  }
  if (state == kSelected) {
    session.receive("2 SELECT INBOX\r\n", kNow);
    session.next();
    session.ok("", "");
  }
  session.consume_output(session.output().size());
  return session;
}

std::string document() {
  std::ifstream file(MAIL_SOURCE_DIR "/docs/imap.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("Every command in every state does what the table says") {
  for (const ConnectionState state : {kNotAuthenticated, kAuthenticated, kSelected}) {
    for (const CommandRow& row : kCommandTable) {
      INFO(row.verb << " in state " << static_cast<int>(state));
      ServerSession session = session_in(state);
      session.receive(cat("a ", row.example, "\r\n"), kNow);
      const auto event = session.next();
      const std::string output(session.output());
      if ((row.states & state) == 0) {
        CHECK_FALSE(event);
        CHECK(output.starts_with("a BAD "));
      } else if (row.answers == Answers::kService) {
        CHECK(event);
        CHECK(output.empty());
      } else {
        CHECK(output.find("a OK ") != std::string::npos);
      }
    }
  }
}

TEST_CASE("No verb stands in the table twice") {
  std::set<std::string_view> verbs;
  for (const CommandRow& row : kCommandTable) CHECK(verbs.insert(row.verb).second);
}

TEST_CASE("CAPABILITY tells what works now") {
  struct Row {
    CapabilityContext context;
    std::string list;
  };
  const std::string after =
      "IMAP4rev1 LITERAL+ ID ENABLE CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE "
      "MULTIAPPEND NAMESPACE IDLE UNSELECT "
      "UIDPLUS PREVIEW OBJECTID MOVE";
  const std::vector<Row> rows = {
      {{kNotAuthenticated, true, false}, "IMAP4rev1 LITERAL+ ID STARTTLS LOGINDISABLED"},
      {{kNotAuthenticated, false, false}, "IMAP4rev1 LITERAL+ ID LOGINDISABLED"},
      {{kNotAuthenticated, false, true, " AUTH=PLAIN"}, "IMAP4rev1 LITERAL+ ID SASL-IR AUTH=PLAIN"},
      {{kNotAuthenticated, true, true, " AUTH=PLAIN"},
       "IMAP4rev1 LITERAL+ ID STARTTLS SASL-IR AUTH=PLAIN"},
      {{kAuthenticated, false, true}, after},
      {{kSelected, false, true}, after},
  };
  for (const Row& row : rows) CHECK(capabilities(row.context) == row.list);
}

TEST_CASE("docs/imap.md holds the command table") {
  const std::string table = command_table_markdown();
  INFO("docs/imap.md should hold:\n" << table);
  CHECK(document().find(table) != std::string::npos);
}
