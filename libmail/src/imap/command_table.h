// The one place that knows which commands there are, who may say them when, who answers, and what
// CAPABILITY says about them. The dispatcher, the capability list, docs/imap.md and the test of
// every cell read it.
//
// A new command is a row here, a struct in command.h (or grammar.h when the engine answers it), a
// parser in grammar.h, and transcripts: docs/imap.md, "Adding a command", walks through one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "imap/grammar.h"

namespace mail::imap {

/// RFC 3501 §3. A set of states is an or of them.
enum ConnectionState : std::uint8_t {
  kNotAuthenticated = 1,
  kAuthenticated = 2,
  kSelected = 4,
};
inline constexpr std::uint8_t kLoggedIn = kAuthenticated | kSelected;
inline constexpr std::uint8_t kAnyState = kNotAuthenticated | kLoggedIn;

enum class Answers { kEngine, kService };

struct CommandRow {
  std::string_view verb;
  std::uint8_t states = 0;
  Answers answers = Answers::kService;
  Parse parse = nullptr;
  Parse uid_parse = nullptr;    // the form behind UID, if there is one
  bool needs_privacy = false;   // refused in clear text unless the options allow it
  std::string_view capability;  // listed once a client can use it, or empty
  std::string_view standard;
  std::string_view example;  // a command that parses; without tag
};

using enum Answers;

inline constexpr std::array kCommandTable = {
    CommandRow{"CAPABILITY", kAnyState, kEngine, parse_capability, nullptr, false, "",
               "RFC 3501 §6.1.1", "CAPABILITY"},
    CommandRow{"NOOP", kAnyState, kService, parse_noop, nullptr, false, "", "RFC 3501 §6.1.2",
               "NOOP"},
    CommandRow{"LOGOUT", kAnyState, kEngine, parse_logout, nullptr, false, "", "RFC 3501 §6.1.3",
               "LOGOUT"},
    CommandRow{"ID", kAnyState, kEngine, parse_id, nullptr, false, "ID", "RFC 2971 §3.1", "ID NIL"},
    CommandRow{"STARTTLS", kNotAuthenticated, kEngine, parse_starttls, nullptr, false, "STARTTLS",
               "RFC 3501 §6.2.1", "STARTTLS"},
    CommandRow{"AUTHENTICATE", kNotAuthenticated, kService, parse_authenticate, nullptr, true,
               "SASL-IR", "RFC 3501 §6.2.2", "AUTHENTICATE PLAIN AGFubgBzZWNyZXQ="},
    CommandRow{"LOGIN", kNotAuthenticated, kService, parse_login, nullptr, true, "",
               "RFC 3501 §6.2.3", "LOGIN ann secret"},
    CommandRow{"ENABLE", kAuthenticated, kEngine, parse_enable, nullptr, false, "ENABLE",
               "RFC 5161 §3.1", "ENABLE CONDSTORE"},
    CommandRow{"SELECT", kLoggedIn, kService, parse_select, nullptr, false, "", "RFC 3501 §6.3.1",
               "SELECT INBOX"},
    CommandRow{"EXAMINE", kLoggedIn, kService, parse_examine, nullptr, false, "", "RFC 3501 §6.3.2",
               "EXAMINE INBOX"},
    CommandRow{"CREATE", kLoggedIn, kService, parse_create, nullptr, false, "", "RFC 3501 §6.3.3",
               "CREATE Work"},
    CommandRow{"DELETE", kLoggedIn, kService, parse_delete, nullptr, false, "", "RFC 3501 §6.3.4",
               "DELETE Work"},
    CommandRow{"RENAME", kLoggedIn, kService, parse_rename, nullptr, false, "", "RFC 3501 §6.3.5",
               "RENAME Work Play"},
    CommandRow{"SUBSCRIBE", kLoggedIn, kService, parse_subscribe, nullptr, false, "",
               "RFC 3501 §6.3.6", "SUBSCRIBE Work"},
    CommandRow{"UNSUBSCRIBE", kLoggedIn, kService, parse_unsubscribe, nullptr, false, "",
               "RFC 3501 §6.3.7", "UNSUBSCRIBE Work"},
    CommandRow{"LIST", kLoggedIn, kService, parse_list, nullptr, false, "CHILDREN SPECIAL-USE",
               "RFC 3501 §6.3.8", "LIST \"\" *"},
    CommandRow{"LSUB", kLoggedIn, kService, parse_lsub, nullptr, false, "", "RFC 3501 §6.3.9",
               "LSUB \"\" *"},
    CommandRow{"STATUS", kLoggedIn, kService, parse_status, nullptr, false, "", "RFC 3501 §6.3.10",
               "STATUS Work (MESSAGES UNSEEN)"},
    CommandRow{"GETQUOTA", kLoggedIn, kService, parse_getquota, nullptr, false,
               "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE", "RFC 9208 §4.1.1",
               "GETQUOTA \"User quota\""},
    CommandRow{"GETQUOTAROOT", kLoggedIn, kService, parse_getquotaroot, nullptr, false, "",
               "RFC 9208 §4.1.2", "GETQUOTAROOT INBOX"},
    CommandRow{"SETQUOTA", kLoggedIn, kService, parse_setquota, nullptr, false, "",
               "RFC 9208 §4.1.3", "SETQUOTA \"User quota\" (STORAGE 512)"},
    CommandRow{"APPEND", kLoggedIn, kService, parse_append, nullptr, false, "MULTIAPPEND",
               "RFC 3502 §6.3.11", "APPEND Work (\\Seen) {5+}\r\nhello"},
    CommandRow{"NAMESPACE", kLoggedIn, kEngine, parse_namespace, nullptr, false, "NAMESPACE",
               "RFC 2342 §5", "NAMESPACE"},
    CommandRow{"IDLE", kLoggedIn, kService, parse_idle, nullptr, false, "IDLE", "RFC 2177 §3",
               "IDLE"},
    CommandRow{"CHECK", kSelected, kService, parse_check, nullptr, false, "", "RFC 3501 §6.4.1",
               "CHECK"},
    CommandRow{"CLOSE", kSelected, kService, parse_close, nullptr, false, "", "RFC 3501 §6.4.2",
               "CLOSE"},
    CommandRow{"UNSELECT", kSelected, kService, parse_unselect, nullptr, false, "UNSELECT",
               "RFC 3691 §2", "UNSELECT"},
    CommandRow{"EXPUNGE", kSelected, kService, parse_expunge, uid_parse_expunge, false, "UIDPLUS",
               "RFC 3501 §6.4.3", "EXPUNGE"},
    CommandRow{"SEARCH", kSelected, kService, parse_search, uid_parse_search, false, "",
               "RFC 3501 §6.4.4", "SEARCH UNSEEN"},
    CommandRow{"FETCH", kSelected, kService, parse_fetch, uid_parse_fetch, false,
               "PREVIEW OBJECTID", "RFC 3501 §6.4.5", "FETCH 1:* (FLAGS BODY.PEEK[TEXT]<0.100>)"},
    CommandRow{"STORE", kSelected, kService, parse_store, uid_parse_store, false, "",
               "RFC 3501 §6.4.6", "STORE 1 +FLAGS (\\Seen)"},
    CommandRow{"COPY", kSelected, kService, parse_copy, uid_parse_copy, false, "",
               "RFC 3501 §6.4.7", "COPY 1:2 Work"},
    CommandRow{"MOVE", kSelected, kService, parse_move, uid_parse_move, false, "MOVE",
               "RFC 6851 §3.1", "MOVE 1:2 Work"},
};

/// The row of a verb in any case; null when there is none.
const CommandRow* find_command(std::string_view verb);

/// Tag and verb of a command, understood before its arguments have come.
struct CommandHead {
  std::string tag;                  // empty: there is none
  const CommandRow* row = nullptr;  // null: no such command
  bool by_uid = false;
  Refusal refusal;  // when `row` is null
};
/// command = tag SP verb […] ; leaves the reader behind the verb.
CommandHead parse_head(Reader& reader);

/// The arguments of a command whose head was read, to the end of the frame. Fails: nullopt, and the
/// reader has the refusal.
std::optional<Command> parse_arguments(Reader& reader, const CommandHead& head);

/// "IMAP4rev1 LITERAL+ …": what a client in this state can use.
struct CapabilityContext {
  ConnectionState state = kNotAuthenticated;
  bool offers_starttls = false;  // and TLS is not active
  bool allows_login = false;     // private enough for a password
  std::string mechanisms;        // " AUTH=PLAIN AUTH=LOGIN"
  bool literal_minus = false;    // instead of LITERAL+
};
std::string capabilities(const CapabilityContext& context);

/// The table of docs/imap.md; a test compares it.
std::string command_table_markdown();

}  // namespace mail::imap
