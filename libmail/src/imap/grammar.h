// The commands of IMAP as values, and a parser for each: what stands behind the verb.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "imap/reader.h"
#include "mail/imap/command.h"

namespace mail::imap {

// What the engine answers by itself has no place in command.h.
struct Capability {};
struct StartTls {};
struct Leave {};      // LOGOUT
struct Namespace {};  // RFC 2342
/// ID (RFC 2971): what the client says about itself.
struct Identify {
  std::vector<std::pair<std::string, std::optional<std::string>>> fields;
};
/// ENABLE (RFC 5161).
struct Enable {
  std::vector<std::string> capabilities;
};
/// AUTHENTICATE before its exchange.
struct AuthenticateStart {
  std::string mechanism;                        // upper case
  std::optional<std::string> initial_response;  // base64, or "=" (RFC 4959)
};

using Command = std::variant<Capability, StartTls, Leave, Namespace, Identify, Enable,
                             AuthenticateStart, Login, Select, Create, Delete, Rename, Subscribe,
                             List, Status, GetQuota, GetQuotaRoot, SetQuota, Append, Fetch, Store,
                             Search, Copy, Expunge, Check, Close, Unselect, Noop, Idle>;

// Each reads from behind the verb to the end of the command, with its leading space. What may stand
// behind the end is checked by `parse_command`. The `uid_` forms are those behind UID.
using Parse = std::optional<Command> (*)(Reader&);

std::optional<Command> parse_capability(Reader& reader);
std::optional<Command> parse_starttls(Reader& reader);
std::optional<Command> parse_logout(Reader& reader);
std::optional<Command> parse_namespace(Reader& reader);
std::optional<Command> parse_id(Reader& reader);
std::optional<Command> parse_enable(Reader& reader);
std::optional<Command> parse_authenticate(Reader& reader);
std::optional<Command> parse_login(Reader& reader);

std::optional<Command> parse_select(Reader& reader);
std::optional<Command> parse_examine(Reader& reader);
std::optional<Command> parse_create(Reader& reader);
std::optional<Command> parse_delete(Reader& reader);
std::optional<Command> parse_rename(Reader& reader);
std::optional<Command> parse_subscribe(Reader& reader);
std::optional<Command> parse_unsubscribe(Reader& reader);
std::optional<Command> parse_list(Reader& reader);
std::optional<Command> parse_lsub(Reader& reader);
std::optional<Command> parse_status(Reader& reader);
std::optional<Command> parse_getquota(Reader& reader);
std::optional<Command> parse_getquotaroot(Reader& reader);
std::optional<Command> parse_setquota(Reader& reader);
/// Up to the message's literal, whose octets the caller fills in.
std::optional<Command> parse_append(Reader& reader);
/// append-message without its literal: what stands between two messages (RFC 3502 §6.3.11).
std::optional<Append> parse_append_message(Reader& reader);

std::optional<Command> parse_fetch(Reader& reader);
std::optional<Command> uid_parse_fetch(Reader& reader);
std::optional<Command> parse_store(Reader& reader);
std::optional<Command> uid_parse_store(Reader& reader);
std::optional<Command> parse_search(Reader& reader);
std::optional<Command> uid_parse_search(Reader& reader);
std::optional<Command> parse_copy(Reader& reader);
std::optional<Command> uid_parse_copy(Reader& reader);
std::optional<Command> parse_move(Reader& reader);
std::optional<Command> uid_parse_move(Reader& reader);
std::optional<Command> parse_expunge(Reader& reader);
std::optional<Command> uid_parse_expunge(Reader& reader);
std::optional<Command> parse_check(Reader& reader);
std::optional<Command> parse_close(Reader& reader);
std::optional<Command> parse_unselect(Reader& reader);
std::optional<Command> parse_noop(Reader& reader);
std::optional<Command> parse_idle(Reader& reader);

}  // namespace mail::imap
