// Who may say what when: the one table of the POP3 server. The dispatcher, the reply to CAPA,
// docs/pop3.md and the test of every cell read it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "pop3/engine.h"

namespace mail::pop3 {

/// How much a command takes behind its verb.
enum class Arguments : std::uint8_t {
  kNone,
  kOne,
  kOptional,  // none or one
  kTwo,
  kRest,  // all of the line, blanks included: names and passwords have them
};

struct Command {
  std::string_view verb;
  std::uint8_t states = 0;
  Arguments arguments = Arguments::kNone;
  bool needs_privacy = false;  // refused in clear text unless the options allow it
  std::optional<Engine::Event> (Engine::*handle)(std::string_view argument) = nullptr;
  std::string_view capability;  // a line of CAPA, or empty
  std::string_view standard;
  std::string_view example;  // a command that is understood
};

using enum Arguments;

inline constexpr std::array kCommandTable = {
    Command{"CAPA", kAnyState, kNone, false, &Engine::capa, "", "RFC 2449 §5", "CAPA"},
    Command{"STLS", kAuthorization, kNone, false, &Engine::stls, "STLS", "RFC 2595 §4", "STLS"},
    Command{"USER", kAuthorization, kRest, true, &Engine::user_name, "USER", "RFC 1939 §7",
            "USER ann@example.com"},
    Command{"PASS", kAuthorization, kRest, true, &Engine::pass, "", "RFC 1939 §7", "PASS secret"},
    Command{"AUTH", kAuthorization, kRest, true, &Engine::auth, "SASL", "RFC 5034 §4",
            "AUTH PLAIN AGFubgBzZWNyZXQ="},
    Command{"UTF8", kAuthorization, kNone, false, &Engine::utf8, "UTF8", "RFC 6856 §2", "UTF8"},
    Command{"STAT", kTransaction, kNone, false, &Engine::stat, "", "RFC 1939 §5", "STAT"},
    Command{"LIST", kTransaction, kOptional, false, &Engine::list_sizes, "", "RFC 1939 §5",
            "LIST 1"},
    Command{"UIDL", kTransaction, kOptional, false, &Engine::list_unique_ids, "UIDL", "RFC 1939 §7",
            "UIDL 1"},
    Command{"RETR", kTransaction, kOne, false, &Engine::retr, "", "RFC 1939 §5", "RETR 1"},
    Command{"TOP", kTransaction, kTwo, false, &Engine::top, "TOP", "RFC 1939 §7", "TOP 1 10"},
    Command{"DELE", kTransaction, kOne, false, &Engine::dele, "", "RFC 1939 §5", "DELE 1"},
    Command{"RSET", kTransaction, kNone, false, &Engine::rset, "", "RFC 1939 §5", "RSET"},
    Command{"NOOP", kTransaction, kNone, false, &Engine::noop, "", "RFC 1939 §5", "NOOP"},
    Command{"QUIT", kAnyState, kNone, false, &Engine::quit, "", "RFC 1939 §4, §6", "QUIT"},
};

/// Capabilities that belong to no command (RFC 2449 §6, RFC 3206 §4). EXPIRE NEVER: what was
/// fetched stays until it is deleted. There is no LOGIN-DELAY to announce.
inline constexpr std::array<std::string_view, 5> kOtherCapabilities = {
    "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "IMPLEMENTATION libmail"};

/// The row of a verb in any case; null when there is none.
const Command* find_command(std::string_view verb);

/// The table of docs/pop3.md; a test compares it.
std::string command_table_markdown();

}  // namespace mail::pop3
