// Who may say what when: the one table of the SMTP server. The dispatcher, the EHLO reply, HELP,
// docs/smtp.md and the every-cell test read it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "smtp/server_engine.h"

namespace mail::smtp {

/// How far a session has come.
enum class Phase : std::uint8_t {
  kStart,  // greeted
  kReady,  // HELO or EHLO was accepted
  kMail,   // MAIL was accepted
  kRcpt,   // at least one RCPT was accepted
};
inline constexpr std::size_t kPhases = 4;

/// What a command meets in a phase: welcome, or why not.
enum class Cell : std::uint8_t {
  kYes,
  kHeloFirst,
  kNestedMail,
  kNeedMail,
  kNeedRcpt,
  kNoRecipients,
  kInTransaction,
};

/// A reply that is known beforehand.
struct Answer {
  int code = 0;
  std::string_view enhanced;
  std::string_view text;
};

/// The words that Postfix uses: people grep their logs for them.
constexpr Answer refusal(Cell cell) {
  switch (cell) {
    case Cell::kYes: break;
    case Cell::kHeloFirst: return {503, "5.5.1", "Error: send HELO/EHLO first"};
    case Cell::kNestedMail: return {503, "5.5.1", "Error: nested MAIL command"};
    case Cell::kNeedMail: return {503, "5.5.1", "Error: need MAIL command"};
    case Cell::kNeedRcpt: return {503, "5.5.1", "Error: need RCPT command"};
    case Cell::kNoRecipients: return {554, "5.5.1", "Error: no valid recipients"};
    case Cell::kInTransaction: return {503, "5.5.1", "Error: MAIL transaction in progress"};
  }
  return {};
}

enum Flags : std::uint8_t {
  kPlain = 0,
  kBeforeTls = 1,   // allowed although `requires_tls` is not met (RFC 3207 §4)
  kNeedsAuth = 2,   // not before AUTH when `requires_auth` (RFC 6409 §4.3)
  kNoArgument = 4,  // anything behind the verb is a syntax error
  kIsJunk = 8,      // brings no mail forward: counted (ServerOptions::junk_commands)
};

struct Command {
  std::string_view verb;
  std::array<Cell, kPhases> cells{};
  std::uint8_t flags = kPlain;
  std::string_view syntax;
  void (ServerEngine::*handle)(std::string_view argument) = nullptr;

  constexpr bool has(Flags flag) const { return (flags & flag) != 0; }
  constexpr Cell in(Phase phase) const { return cells[static_cast<std::size_t>(phase)]; }
};

namespace table {
constexpr Cell yes = Cell::kYes, helo = Cell::kHeloFirst, nest = Cell::kNestedMail,
               mail = Cell::kNeedMail, rcpt = Cell::kNeedRcpt, none = Cell::kNoRecipients,
               busy = Cell::kInTransaction;
using E = ServerEngine;
}  // namespace table

// clang-format off
inline constexpr auto kCommands = [] {
  using namespace table;
  return std::array{
    //       verb        start ready mail  rcpt    flags                               syntax                      handler
    Command{"EHLO",     {yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk,               "EHLO hostname",            &E::ehlo},
    Command{"HELO",     {yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk,               "HELO hostname",            &E::helo},
    Command{"STARTTLS", {yes,  yes,  busy, busy}, kBeforeTls | kNoArgument,           "STARTTLS",                 &E::starttls},
    Command{"AUTH",     {helo, yes,  busy, busy}, kBeforeTls,                         "AUTH mechanism [initial-response]", &E::auth},
    Command{"MAIL",     {helo, yes,  nest, nest}, kNeedsAuth,                         "MAIL FROM:<address>",      &E::mail},
    Command{"RCPT",     {helo, mail, yes,  yes},  kPlain,                             "RCPT TO:<address>",        &E::rcpt},
    Command{"DATA",     {helo, rcpt, none, yes},  kNoArgument,                        "DATA",                     &E::data},
    Command{"BDAT",     {yes,  yes,  yes,  yes},  kPlain,                             "BDAT count [LAST]",        &E::bdat},
    Command{"RSET",     {yes,  yes,  yes,  yes},  kNoArgument | kIsJunk,              "RSET",                     &E::rset},
    Command{"NOOP",     {yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk,               "NOOP [text]",              &E::noop},
    Command{"QUIT",     {yes,  yes,  yes,  yes},  kBeforeTls | kNoArgument,           "QUIT",                     &E::quit},
    Command{"VRFY",     {yes,  yes,  yes,  yes},  kIsJunk,                            "VRFY address",             &E::vrfy},
    Command{"EXPN",     {yes,  yes,  yes,  yes},  kPlain,                             "EXPN list",                &E::not_implemented},
    Command{"HELP",     {yes,  yes,  yes,  yes},  kIsJunk,                            "HELP [text]",              &E::help},
  };
}();
// clang-format on

/// Methods of HTTP, and the first line of HTTP/2: a browser or a forged request was led here
/// (cross-protocol attack). No SMTP verb is among them.
inline constexpr std::string_view kForeignVerbs[] = {
    "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI"};

/// A line of the EHLO reply. One that belongs to a command is offered while that command is.
struct Extension {
  std::string_view keyword;
  bool (*is_offered)(const ServerEngine& engine) = nullptr;         // null: always
  std::string_view parameter;                                       // behind the keyword
  std::uint64_t (*number)(const ServerOptions& options) = nullptr;  // or a number
};

inline constexpr Extension kExtensions[] = {
    {.keyword = "PIPELINING"},
    {.keyword = "SIZE", .number = [](const ServerOptions& o) { return o.message_size; }},
    {.keyword = "STARTTLS",
     .is_offered = [](const ServerEngine& e) { return e.offers_starttls(); }},
    {.keyword = "AUTH",
     .is_offered = [](const ServerEngine& e) { return e.offers_auth() && e.may_auth_now(); },
     .parameter = "PLAIN"},
    {.keyword = "ENHANCEDSTATUSCODES"},
    {.keyword = "8BITMIME"},
};

}  // namespace mail::smtp
