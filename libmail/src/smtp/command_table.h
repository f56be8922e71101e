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
  kBdat,   // a chunk of the message was sent (RFC 3030 §2)
};
inline constexpr std::size_t kPhases = 5;

/// What a command meets in a phase: welcome, or why not.
enum class Cell : std::uint8_t {
  kYes,
  kHeloFirst,
  kNestedMail,
  kNeedMail,
  kNeedRcpt,
  kNoRecipients,
  kInTransaction,
  kAfterBdat,
};

/// A reply that is known beforehand.
struct Answer {
  int code = 0;
  std::string_view enhanced;
  std::string_view text;
};

/// The words that Postfix uses: people grep their logs for them.
constexpr Answer refusal(Cell cell, Dialect dialect = Dialect::kSmtp) {
  const bool is_lmtp = dialect == Dialect::kLmtp;
  switch (cell) {
    case Cell::kYes: break;
    case Cell::kHeloFirst:
      if (is_lmtp) return {503, "5.5.1", "Error: send LHLO first"};
      return {503, "5.5.1", "Error: send HELO/EHLO first"};
    case Cell::kNestedMail: return {503, "5.5.1", "Error: nested MAIL command"};
    case Cell::kNeedMail: return {503, "5.5.1", "Error: need MAIL command"};
    case Cell::kNeedRcpt: return {503, "5.5.1", "Error: need RCPT command"};
    case Cell::kNoRecipients:
      // RFC 2033 §4.2 wants 503.
      return {is_lmtp ? 503 : 554, "5.5.1", "Error: no valid recipients"};
    case Cell::kInTransaction: return {503, "5.5.1", "Error: MAIL transaction in progress"};
    case Cell::kAfterBdat: return {503, "5.5.1", "Error: not allowed after BDAT"};
  }
  return {};
}

enum Flags : std::uint8_t {
  kPlain = 0,
  kBeforeTls = 1,   // allowed although `requires_tls` is not met (RFC 3207 §4)
  kNeedsAuth = 2,   // not before AUTH when `requires_auth` (RFC 6409 §4.3)
  kNoArgument = 4,  // anything behind the verb is a syntax error
  kIsJunk = 8,      // brings no mail forward: counted (ServerOptions::junk_commands)
  kTakesUtf8 = 16,  // the argument may hold UTF-8 where SMTPUTF8 is offered (RFC 6531 §3.7)
  kOnlyLmtp = 32,
  kNotLmtp = 64,  // RFC 2033 §4.1
};

struct Command {
  std::string_view verb;
  std::array<Cell, kPhases> cells{};
  std::uint8_t flags = kPlain;
  std::string_view syntax;
  void (ServerEngine::*handle)(std::string_view argument) = nullptr;
  std::optional<Extension> extension = std::nullopt;  // HELP names it while this is offered

  constexpr bool has(Flags flag) const { return (flags & flag) != 0; }
  constexpr Cell in(Phase phase) const { return cells[static_cast<std::size_t>(phase)]; }
};

namespace table {
constexpr Cell yes = Cell::kYes, helo = Cell::kHeloFirst, nest = Cell::kNestedMail,
               mail = Cell::kNeedMail, rcpt = Cell::kNeedRcpt, none = Cell::kNoRecipients,
               busy = Cell::kInTransaction, bdat = Cell::kAfterBdat;
using E = ServerEngine;
}  // namespace table

// clang-format off
inline constexpr auto kCommands = [] {
  using namespace table;
  return std::array{
    //       verb        start ready mail  rcpt  bdat   flags                               syntax                      handler
    Command{"EHLO",     {yes,  yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk | kNotLmtp,    "EHLO hostname",            &E::ehlo},
    Command{"HELO",     {yes,  yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk | kNotLmtp,    "HELO hostname",            &E::helo},
    Command{"LHLO",     {yes,  yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk | kOnlyLmtp,   "LHLO hostname",            &E::lhlo},
    Command{"XCLIENT",  {yes,  yes,  busy, busy, busy}, kBeforeTls,                         "XCLIENT attribute=value", &E::xclient, Extension::kXclient},
    Command{"STARTTLS", {yes,  yes,  busy, busy, busy}, kBeforeTls | kNoArgument,           "STARTTLS",                 &E::starttls, Extension::kStartTls},
    Command{"AUTH",     {helo, yes,  busy, busy, busy}, kBeforeTls,                         "AUTH mechanism [initial-response]", &E::auth, Extension::kAuth},
    Command{"MAIL",     {helo, yes,  nest, nest, nest}, kNeedsAuth | kTakesUtf8,            "MAIL FROM:<address>",      &E::mail},
    Command{"RCPT",     {helo, mail, yes,  yes,  bdat}, kTakesUtf8,                         "RCPT TO:<address>",        &E::rcpt},
    Command{"DATA",     {helo, rcpt, none, yes,  bdat}, kNoArgument,                        "DATA",                     &E::data},
    Command{"BDAT",     {helo, rcpt, none, yes,  yes},  kPlain,                             "BDAT count [LAST]",        &E::bdat, Extension::kChunking},
    Command{"RSET",     {yes,  yes,  yes,  yes,  yes},  kNoArgument | kIsJunk,              "RSET",                     &E::rset},
    Command{"NOOP",     {yes,  yes,  yes,  yes,  yes},  kBeforeTls | kIsJunk,               "NOOP [text]",              &E::noop},
    Command{"QUIT",     {yes,  yes,  yes,  yes,  yes},  kBeforeTls | kNoArgument,           "QUIT",                     &E::quit},
    Command{"VRFY",     {yes,  yes,  yes,  yes,  yes},  kIsJunk | kTakesUtf8,               "VRFY address",             &E::vrfy},
    Command{"EXPN",     {yes,  yes,  yes,  yes,  yes},  kTakesUtf8,                         "EXPN list",                &E::not_implemented},
    Command{"HELP",     {yes,  yes,  yes,  yes,  yes},  kIsJunk,                            "HELP [text]",              &E::help},
  };
}();
// clang-format on

/// Methods of HTTP, and the first line of HTTP/2: a browser or a forged request was led here
/// (cross-protocol attack). No SMTP verb is among them.
inline constexpr std::string_view kForeignVerbs[] = {
    "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI"};

/// A line of the EHLO reply, while `ServerEngine::offers` the extension.
struct ExtensionLine {
  Extension extension;
  std::string_view parameter;                                       // behind the keyword
  std::uint64_t (*number)(const ServerOptions& options) = nullptr;  // or with a number at its end
  std::string (*text)(const ServerEngine& engine) = nullptr;        // or what the engine says
};

inline constexpr ExtensionLine kExtensionLines[] = {
    {.extension = Extension::kPipelining},
    {.extension = Extension::kSize,
     .number = [](const ServerOptions& o) { return o.message_size; }},
    {.extension = Extension::kStartTls},
    {.extension = Extension::kAuth,
     .text = [](const ServerEngine& e) { return e.auth_parameter(); }},
    {.extension = Extension::kXclient,
     .parameter = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"},
    {.extension = Extension::kEnhancedStatusCodes},
    {.extension = Extension::kEightBitMime},
    {.extension = Extension::kSmtpUtf8},
    {.extension = Extension::kDsn},
    {.extension = Extension::kChunking},
    {.extension = Extension::kBinaryMime},
    {.extension = Extension::kLimits,
     .parameter = "RCPTMAX=",
     .number = [](const ServerOptions& o) { return std::uint64_t{o.recipients}; }},
};

}  // namespace mail::smtp
