// Parsers of the commands about the session and about whole mailboxes (RFC 3501 §6.1-§6.3).
//
// Each reads what stands behind its verb, with the leading space, and wears its ABNF.
//
// Tested by tests/unit/imap/grammar_test.cc, tests/transcripts/imap, fuzz/imap_command.cc.
#include <algorithm>
#include <array>
#include <span>

#include "imap/grammar.h"
#include "mail/base/ascii.h"
#include "mail/base/status.h"
#include "mail/message/date.h"

namespace mail::imap {
namespace {

template <class C>
std::optional<Command> one_mailbox(Reader& reader, C command) {
  if (!reader.space()) return std::nullopt;
  auto mailbox = reader.mailbox();
  if (!mailbox) return std::nullopt;
  command.mailbox = std::move(*mailbox);
  return command;
}

// "(" [option *(SP option)] ")", each one of `known`; those that came are or-ed as bits.
std::optional<unsigned> list_options(Reader& reader, std::span<const std::string_view> known) {
  unsigned found = 0;
  if (!reader.expect('(')) return std::nullopt;
  if (reader.skip(')')) return found;
  do {
    const auto option = reader.atom();
    if (!option) return std::nullopt;
    const auto is_it = [&](std::string_view k) { return ascii::equal_ignoring_case(k, *option); };
    const auto at = std::find_if(known.begin(), known.end(), is_it);
    if (at == known.end()) return reader.bad(cat("Unknown LIST option ", *option));
    found |= 1U << (at - known.begin());
  } while (reader.skip(' '));
  if (!reader.expect(')')) return std::nullopt;
  return found;
}

// list            = "LIST" [SP list-select-opts] SP mailbox SP list-mailbox
//                   [SP "RETURN" SP "(" [return-option *(SP return-option)] ")"]
// lsub            = "LSUB" SP mailbox SP list-mailbox
//
// Of the options of RFC 5258 those that RFC 6154 needs: SPECIAL-USE on both sides, and CHILDREN,
// whose attributes are always returned. Reference and pattern are joined by plain concatenation, as
// Dovecot does for Maildir.
std::optional<Command> parse_listing(Reader& reader, bool is_lsub) {
  constexpr std::array<std::string_view, 1> kSelections = {"SPECIAL-USE"};
  constexpr std::array<std::string_view, 2> kReturns = {"SPECIAL-USE", "CHILDREN"};
  if (!reader.space()) return std::nullopt;
  unsigned selections = 0;
  if (!is_lsub && reader.is_at('(')) {
    const auto given = list_options(reader, kSelections);
    if (!given || !reader.space()) return std::nullopt;
    selections = *given;
  }
  const auto reference = reader.astring();
  if (!reference || !reader.space()) return std::nullopt;
  const auto pattern = reader.list_mailbox();
  if (!pattern) return std::nullopt;
  if (!is_lsub && reader.is_at(' ')) {
    if (!reader.space() || !reader.skip_word("RETURN")) return reader.bad("RETURN expected");
    if (!reader.space() || !list_options(reader, kReturns)) return std::nullopt;
  }
  List list;
  list.is_lsub = is_lsub;
  if (pattern->empty() && !is_lsub) {
    list.is_delimiter_query = true;
    return list;
  }
  list.selects_special_use = selections != 0;
  // A pattern that is no name is no error: it matches nothing.
  Reader lenient = reader;
  auto joined = lenient.decode_mailbox(cat(*reference, *pattern));
  list.is_impossible = !joined;
  list.pattern = joined.value_or("");
  return list;
}

// nstring         = string / nil
std::optional<std::optional<std::string>> nstring(Reader& reader) {
  if (reader.skip_word("NIL")) return std::optional<std::string>();
  auto text = reader.string();
  if (!text) return std::nullopt;
  return std::optional<std::string>(std::move(*text));
}

}  // namespace

std::optional<Command> parse_capability(Reader&) { return Capability{}; }
std::optional<Command> parse_starttls(Reader&) { return StartTls{}; }
std::optional<Command> parse_logout(Reader&) { return Leave{}; }
std::optional<Command> parse_namespace(Reader&) { return Namespace{}; }
std::optional<Command> parse_noop(Reader&) { return Noop{}; }
std::optional<Command> parse_idle(Reader&) { return Idle{}; }
std::optional<Command> parse_check(Reader&) { return Check{}; }
std::optional<Command> parse_close(Reader&) { return Close{}; }
std::optional<Command> parse_unselect(Reader&) { return Unselect{}; }

// id              = "ID" SP id-params-list                            RFC 2971 §4
// id-params-list  = "(" *(string SP nstring) ")" / nil
//
// The pairs are separated by spaces, as in the RFC's own examples.
std::optional<Command> parse_id(Reader& reader) {
  constexpr std::size_t kPairs = 30;  // RFC 2971 §3.3
  Identify id;
  if (!reader.space()) return std::nullopt;
  if (reader.skip_word("NIL")) return id;
  if (!reader.expect('(')) return std::nullopt;
  while (!reader.skip(')')) {
    if (!id.fields.empty() && !reader.space()) return std::nullopt;
    auto field = reader.string();
    if (!field || !reader.space()) return std::nullopt;
    auto value = nstring(reader);
    if (!value) return std::nullopt;
    if (id.fields.size() == kPairs) return reader.bad("More than 30 pairs in ID");
    id.fields.emplace_back(std::move(*field), std::move(*value));
  }
  return id;
}

// enable          = "ENABLE" 1*(SP capability)                        RFC 5161 §4
std::optional<Command> parse_enable(Reader& reader) {
  Enable enable;
  do {
    if (!reader.space()) return std::nullopt;
    const auto capability = reader.atom();
    if (!capability) return std::nullopt;
    enable.capabilities.push_back(ascii::to_upper(*capability));
  } while (!reader.is_at_end());
  return enable;
}

// authenticate    = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)   RFC 4959 §7
std::optional<Command> parse_authenticate(Reader& reader) {
  AuthenticateStart start;
  if (!reader.space()) return std::nullopt;
  const auto mechanism = reader.atom();
  if (!mechanism) return std::nullopt;
  start.mechanism = ascii::to_upper(*mechanism);
  if (reader.is_at_end()) return start;
  if (!reader.space()) return std::nullopt;
  const auto response = reader.atom();
  if (!response) return std::nullopt;
  start.initial_response = std::string(*response);
  return start;
}

// login           = "LOGIN" SP userid SP password
// userid          = astring
// password        = astring
std::optional<Command> parse_login(Reader& reader) {
  if (!reader.space()) return std::nullopt;
  auto user = reader.astring();
  if (!user || !reader.space()) return std::nullopt;
  auto password = reader.astring();
  if (!password) return std::nullopt;
  Login login{std::move(*user), std::string_view(*password)};
  wipe(*password);
  return login;
}

// select          = "SELECT" SP mailbox
std::optional<Command> parse_select(Reader& reader) {
  return one_mailbox(reader, Select{"", false});
}
// examine         = "EXAMINE" SP mailbox
std::optional<Command> parse_examine(Reader& reader) {
  return one_mailbox(reader, Select{"", true});
}

// create          = "CREATE" SP mailbox
//
// A trailing separator declares that names will be made under this one and is no part of the name
// (RFC 3501 §6.3.3).
std::optional<Command> parse_create(Reader& reader) {
  auto command = one_mailbox(reader, Create{});
  if (!command) return std::nullopt;
  std::string& mailbox = std::get<Create>(*command).mailbox;
  if (mailbox.ends_with(reader.options().hierarchy_separator)) mailbox.pop_back();
  return command;
}

// delete          = "DELETE" SP mailbox
std::optional<Command> parse_delete(Reader& reader) { return one_mailbox(reader, Delete{}); }

// rename          = "RENAME" SP mailbox SP mailbox
std::optional<Command> parse_rename(Reader& reader) {
  if (!reader.space()) return std::nullopt;
  auto from = reader.mailbox();
  if (!from || !reader.space()) return std::nullopt;
  auto to = reader.mailbox();
  if (!to) return std::nullopt;
  return Rename{std::move(*from), std::move(*to)};
}

// subscribe       = "SUBSCRIBE" SP mailbox
std::optional<Command> parse_subscribe(Reader& reader) {
  return one_mailbox(reader, Subscribe{"", true});
}
// unsubscribe     = "UNSUBSCRIBE" SP mailbox
std::optional<Command> parse_unsubscribe(Reader& reader) {
  return one_mailbox(reader, Subscribe{"", false});
}

std::optional<Command> parse_list(Reader& reader) { return parse_listing(reader, false); }
std::optional<Command> parse_lsub(Reader& reader) { return parse_listing(reader, true); }

// status          = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
// status-att      = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" /
//                   "DELETED" / "DELETED-STORAGE" /                   RFC 9208 §7
//                   "MAILBOXID"                                       RFC 8474 §7
std::optional<Command> parse_status(Reader& reader) {
  constexpr std::array<std::string_view, 8> kItems = {"MESSAGES",        "RECENT",   "UIDNEXT",
                                                      "UIDVALIDITY",     "UNSEEN",   "DELETED",
                                                      "DELETED-STORAGE", "MAILBOXID"};
  Status status;
  if (!reader.space()) return std::nullopt;
  auto mailbox = reader.mailbox();
  if (!mailbox || !reader.space() || !reader.expect('(')) return std::nullopt;
  status.mailbox = std::move(*mailbox);
  do {
    std::string item(reader.keyword());
    if (reader.skip('-')) append(item, "-", reader.keyword());
    std::size_t i = 0;
    while (i < kItems.size() && !ascii::equal_ignoring_case(item, kItems[i])) ++i;
    if (i == kItems.size()) return reader.bad(cat("Unknown STATUS item \"", item, "\""));
    status.items = static_cast<std::uint8_t>(status.items | (1U << i));
  } while (reader.skip(' '));
  if (!reader.expect(')')) return std::nullopt;
  return status;
}

// getquota        = "GETQUOTA" SP quota-root-name                     RFC 9208 §7
// quota-root-name = astring
std::optional<Command> parse_getquota(Reader& reader) {
  if (!reader.space()) return std::nullopt;
  auto root = reader.astring();
  if (!root) return std::nullopt;
  return GetQuota{std::move(*root)};
}

// getquotaroot    = "GETQUOTAROOT" SP mailbox                         RFC 9208 §7
std::optional<Command> parse_getquotaroot(Reader& reader) {
  return one_mailbox(reader, GetQuotaRoot{});
}

// setquota        = "SETQUOTA" SP quota-root-name SP setquota-list    RFC 9208 §7
// setquota-list   = "(" [setquota-resource *(SP setquota-resource)] ")"
// setquota-resource = resource-name SP resource-limit
// resource-limit  = number64                                          63 bits, RFC 9051 §9
std::optional<Command> parse_setquota(Reader& reader) {
  SetQuota set;
  if (!reader.space()) return std::nullopt;
  auto root = reader.astring();
  if (!root || !reader.space() || !reader.expect('(')) return std::nullopt;
  set.root = std::move(*root);
  if (reader.skip(')')) return set;
  do {
    const auto resource = reader.atom();
    if (!resource || !reader.space()) return std::nullopt;
    const auto limit = ascii::parse_number(reader.keyword(), INT64_MAX);
    if (!limit) return reader.bad("The limit of a resource expected");
    set.limits.push_back({ascii::to_upper(*resource), *limit});
  } while (reader.skip(' '));
  if (!reader.expect(')')) return std::nullopt;
  return set;
}

// append-message  = SP [flag-list SP] [date-time SP] literal          RFC 3502, RFC 4466
// date-time       = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
std::optional<Append> parse_append_message(Reader& reader) {
  Append append;
  if (!reader.space()) return std::nullopt;
  if (reader.is_at('(')) {
    auto flags = reader.flag_list();
    if (!flags || !reader.space()) return std::nullopt;
    append.flags = std::move(*flags);
  }
  if (reader.is_at('"')) {
    const auto text = reader.quoted();
    if (!text || !reader.space()) return std::nullopt;
    const auto date = message::parse_internal_date(*text);
    if (!date) return reader.bad("Date such as \"17-Jul-1996 02:44:25 -0700\" expected");
    append.date = date->time;
  }
  if (!reader.is_at_end()) return reader.bad("Literal with the message expected");
  return append;
}

// append          = "APPEND" SP mailbox 1*append-message              RFC 3502 §7
std::optional<Command> parse_append(Reader& reader) {
  if (!reader.space()) return std::nullopt;
  auto mailbox = reader.mailbox();
  if (!mailbox) return std::nullopt;
  auto append = parse_append_message(reader);
  if (!append) return std::nullopt;
  append->mailbox = std::move(*mailbox);
  return std::move(*append);
}

}  // namespace mail::imap
