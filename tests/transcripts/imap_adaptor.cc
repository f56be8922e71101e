// IMAP in transcripts: options are fields of imap::ServerOptions. A command's event is the command
// as `print` writes it ("? FETCH 1:2 (FLAGS)"), an appended message ends in its size ("{5}").
//
// A `!` line is one or more statements, separated by "; ", the last of which answers the question:
//
//     those of sasl_events.h
//     ok [CODE] TEXT      no [CODE] TEXT      bad TEXT      proceed      shutdown TEXT      accept
//     exists N   recent N   expunge N   flags KEYWORD…   untagged-ok [CODE] TEXT   untagged-no …
//     list NAME ATTRIBUTE…   lsub NAME ATTRIBUTE…   delimiter   status NAME ITEM=N…   search N…
//     quota-root NAME ROOT…   quota ROOT RESOURCE=USAGE/LIMIT…
//     fetch N FLAGS=\Seen,\Recent,KEYWORD ITEM=TEXT ITEM={octets with escapes} ITEM={}…
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "imap/print_command.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/imap/server_session.h"
#include "support/transcript.h"
#include "transcripts/sasl_events.h"

namespace mail::test {
namespace {

using imap::ServerOptions;
using imap::ServerSession;

EventText question(std::string text) { return {.text = std::move(text), .is_question = true}; }
EventText notice(std::string text) { return {.text = std::move(text)}; }

std::uint32_t number_of(std::string_view text) {
  return static_cast<std::uint32_t>(ascii::parse_number(text, UINT32_MAX).value_or(0));
}

/// Flags and quoted strings are full of backslashes: only a command that needs it is escaped.
std::string shown(const imap::Command& command) {
  std::string text = imap::print(command);
  const bool is_plain = std::all_of(text.begin(), text.end(), ascii::is_printable);
  return is_plain ? text : escape(text);
}

/// Takes up to the separator, or all.
std::string_view take(std::string_view& text, std::string_view separator) {
  const auto end = text.find(separator);
  const auto first = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : text.substr(end + separator.size());
  return first;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (!text.empty()) found.push_back(take(text, " "));
  return found;
}

/// "[CODE] text"
std::string_view take_code(std::string_view& text) {
  if (!text.starts_with('[')) return {};
  text.remove_prefix(1);
  const auto code = take(text, "]");
  if (text.starts_with(' ')) text.remove_prefix(1);
  return code;
}

class ImapUnderTest : public EngineUnderTest<ServerSession> {
 public:
  using EngineUnderTest::EngineUnderTest;

  std::string answer(std::string_view text) override {
    if (scram_.answer(session_, text)) return {};
    while (!text.empty()) {
      std::string_view rest = take(text, "; ");
      const std::string_view verb = take(rest, " ");
      if (!final_answer(verb, rest) && !untagged(verb, rest)) return cat("unknown answer: ", verb);
    }
    return {};
  }

 protected:
  EventText print(const ServerSession::Event& event) override {
    scram_.see(event);
    is_idle_ =
        std::holds_alternative<imap::Idle>(event) || std::holds_alternative<imap::Append>(event);
    return std::visit(
        Overloaded{
            [](const imap::Connected&) { return question("connected"); },
            [](const imap::Authenticate& e) {
              return question(cat("AUTHENTICATE ", shown_login(e)));
            },
            [](const imap::ScramUser& e) { return question(test::shown(e)); },
            [](const imap::ScramProof& e) { return question(test::shown(e)); },
            [](const imap::Append& a) { return question(cat(shown(a), "{", a.octets, "}")); },
            [](const imap::AppendChunk& c) {
              return EventText{.text = "data", .is_question = false, .data = std::string(c.bytes)};
            },
            [](const imap::AppendEnd&) { return question("append-end"); },
            [](const imap::AppendAborted&) { return notice("append-aborted"); },
            [](const imap::IdleDone&) { return question("idle-done"); },
            [](const imap::Violated& v) {
              return notice(cat("violation ", to_string(v.violation)));
            },
            [](const imap::Logout&) { return notice("logout"); },
            [](const auto& command) { return question(shown(command)); },
        },
        event);
  }

 private:
  bool final_answer(std::string_view verb, std::string_view rest) {
    if (verb == "accept") {
      is_idle_ ? session_.proceed() : session_.ok("", "");
    } else if (verb == "ok" || verb == "no") {
      const auto code = take_code(rest);
      verb == "ok" ? session_.ok(code, rest) : session_.no(code, rest);
    } else if (verb == "bad") {
      session_.bad(rest);
    } else if (verb == "proceed") {
      session_.proceed();
    } else if (verb == "shutdown") {
      session_.shut_down(rest);
    } else {
      return false;
    }
    return true;
  }

  bool untagged(std::string_view verb, std::string_view rest) {
    if (verb == "exists") {
      session_.exists(number_of(rest));
    } else if (verb == "recent") {
      session_.recent(number_of(rest));
    } else if (verb == "expunge") {
      session_.expunge(number_of(rest));
    } else if (verb == "untagged-ok") {
      const auto code = take_code(rest);
      session_.untagged_ok(code, rest);
    } else if (verb == "untagged-no") {
      const auto code = take_code(rest);
      session_.untagged_no(code, rest);
    } else if (verb == "delimiter") {
      session_.list_delimiter();
    } else if (verb == "flags") {
      const auto given = words(rest);
      session_.flags(std::vector<std::string>(given.begin(), given.end()));
    } else if (verb == "search") {
      std::vector<std::uint32_t> numbers;
      for (const auto word : words(rest)) numbers.push_back(number_of(word));
      session_.search(numbers);
    } else if (verb == "list" || verb == "lsub") {
      const auto name = unescape(take(rest, " "));
      session_.list({name.value_or(""), words(rest), verb == "lsub"});
    } else if (verb == "status") {
      const auto name = unescape(take(rest, " "));
      std::vector<ServerSession::StatusItem> items;
      for (auto word : words(rest)) {
        const auto item = take(word, "=");
        const bool is_number = ascii::parse_number(word, UINT32_MAX).has_value();
        items.push_back({item, number_of(word), is_number ? std::string_view() : word});
      }
      session_.status(name.value_or(""), items);
    } else if (verb == "quota-root") {
      const auto name = unescape(take(rest, " "));
      std::vector<std::string> roots;
      for (const auto word : words(rest)) roots.push_back(unescape(word).value_or(""));
      session_.quota_root(name.value_or(""),
                          std::vector<std::string_view>(roots.begin(), roots.end()));
    } else if (verb == "quota") {
      const auto root = unescape(take(rest, " "));
      std::vector<ServerSession::QuotaResource> resources;
      for (auto word : words(rest)) {
        const auto name = take(word, "=");
        const auto usage = ascii::parse_number(take(word, "/")).value_or(0);
        resources.push_back({name, usage, ascii::parse_number(word).value_or(0)});
      }
      session_.quota(root.value_or(""), resources);
    } else if (verb == "fetch") {
      fetch(rest);
    } else {
      return false;
    }
    return true;
  }

  void fetch(std::string_view rest) {
    session_.fetch_begin(number_of(take(rest, " ")));
    while (!rest.empty()) {
      const std::string_view label = take(rest, "=");
      if (rest.starts_with('{')) {
        rest.remove_prefix(1);
        auto octets = std::make_shared<const std::string>(unescape(take(rest, "}")).value_or(""));
        if (rest.starts_with(' ')) rest.remove_prefix(1);
        session_.fetch_literal(label, imap::make_source(octets, *octets));
        continue;
      }
      const std::string_view value = take(rest, " ");
      if (label == "FLAGS") {
        fetch_flags(value);
      } else if (value == "NIL") {
        session_.fetch_literal(label, nullptr);
      } else {
        session_.fetch_text(label, value);
      }
    }
    session_.fetch_end();
  }

  void fetch_flags(std::string_view list) {
    constexpr std::array<std::string_view, 5> kSystem = {"\\Answered", "\\Flagged", "\\Deleted",
                                                         "\\Seen", "\\Draft"};
    std::uint8_t system = 0;
    bool is_recent = false;
    std::vector<std::string> keywords;
    while (!list.empty()) {
      const auto flag = take(list, ",");
      const auto at = std::find(kSystem.begin(), kSystem.end(), flag);
      if (at != kSystem.end()) {
        system = static_cast<std::uint8_t>(system | 1U << (at - kSystem.begin()));
      } else if (flag == "\\Recent") {
        is_recent = true;
      } else {
        keywords.emplace_back(flag);
      }
    }
    session_.fetch_flags(system, is_recent, (std::uint64_t{1} << keywords.size()) - 1, keywords);
  }

  bool is_idle_ = false;
  ScramDialog scram_;
};

bool set_option(ServerOptions& o, std::string_view name, const std::string& value) {
  const auto n = ascii::parse_number(value).value_or(0);
  const bool is_on = value == "1";
  if (name == "host") {
    o.hostname = value;
  } else if (name == "offers_starttls") {
    o.offers_starttls = is_on;
  } else if (name == "allows_cleartext_auth") {
    o.allows_cleartext_auth = is_on;
  } else if (name == "offers_scram") {
    o.sasl.offers_scram = is_on;
  } else if (name == "allows_authorization_identity") {
    o.sasl.allows_authorization_identity = is_on;
  } else if (name == "hierarchy_separator") {
    o.hierarchy_separator = value.empty() ? '.' : value.front();
  } else if (name == "literal_minus") {
    o.literal_minus = is_on;
  } else if (name == "command_before_login") {
    o.command_before_login = n;
  } else if (name == "command") {
    o.command = n;
  } else if (name == "append") {
    o.append = n;
  } else if (name == "search_depth") {
    o.search_depth = n;
  } else if (name == "search_nodes") {
    o.search_nodes = n;
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
      error = cat("imap has no option ", name);
      return nullptr;
    }
  }
  ServerSession session(server, now);
  if (has_tls)
    session.tls_started({.version = "TLSv1.3",
                         .cipher = {},
                         .server_name = {},
                         .bindings = {.exporter = "EXPORTER", .end_point = {}}});
  return std::make_unique<ImapUnderTest>(std::move(session));
}

}  // namespace

Protocol imap_protocol();
Protocol imap_protocol() { return {.name = "imap", .make = make}; }

}  // namespace mail::test
