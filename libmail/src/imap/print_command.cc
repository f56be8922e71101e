// One printer for each command, the mirror of its parser. There for tests and the fuzzer: what was
// parsed must print, and parse again to the same (STYLE: print, parse, print).
//
// Tested by tests/unit/imap/grammar_test.cc, fuzz/imap_command.cc.
#include "imap/print_command.h"

#include <algorithm>

#include "imap/search_keys.h"
#include "imap/wire.h"
#include "mail/base/overloaded.h"
#include "mail/base/status.h"
#include "mail/message/date.h"
#include "mail/text/utf7.h"
#include "mail/text/utf8.h"

namespace mail::imap {
namespace {

constexpr LiteralForm kForm = LiteralForm::kNonSync;

std::string with_mailbox(std::string_view verb, std::string_view mailbox) {
  std::string text = cat(verb, " ");
  append_mailbox(text, mailbox, kForm);
  return text;
}

std::string with_set(bool by_uid, std::string_view verb, const SequenceSet& set) {
  std::string text = cat(by_uid ? "UID " : "", verb, " ");
  append_set(text, set);
  return text;
}

std::string print_list(const List& list) {
  // "&" alone is no modified UTF-7.
  if (list.is_impossible) return list.is_lsub ? "LSUB \"\" &" : "LIST \"\" &";
  if (list.is_delimiter_query) return "LIST \"\" \"\"";
  std::string text = list.is_lsub               ? "LSUB \"\" "
                     : list.selects_special_use ? "LIST (SPECIAL-USE) \"\" "
                                                : "LIST \"\" ";
  // A pattern is quoted: its wildcards are no atom characters of `append_astring`.
  append_string(text, text::to_modified_utf7(list.pattern).value_or(""), kForm);
  return text;
}

std::string print_status(const Status& status) {
  std::string text = with_mailbox("STATUS", status.mailbox);
  text += " (";
  const auto item = [&](Status::Item bit, std::string_view name) {
    if ((status.items & bit) == 0) return;
    append(text, text.ends_with('(') ? "" : " ", name);
  };
  item(Status::kMessages, "MESSAGES");
  item(Status::kRecent, "RECENT");
  item(Status::kUidNext, "UIDNEXT");
  item(Status::kUidValidity, "UIDVALIDITY");
  item(Status::kUnseen, "UNSEEN");
  item(Status::kDeleted, "DELETED");
  item(Status::kDeletedStorage, "DELETED-STORAGE");
  item(Status::kMailboxId, "MAILBOXID");
  return text + ")";
}

std::string print_set_quota(const SetQuota& set) {
  std::string text = "SETQUOTA ";
  append_astring(text, set.root, kForm);
  text += " (";
  for (const SetQuota::Limit& limit : set.limits) {
    append(text, text.ends_with('(') ? "" : " ", limit.resource, " ", limit.limit);
  }
  return text + ")";
}

std::string print_append(const Append& append) {
  std::string text = with_mailbox("APPEND", append.mailbox) + " ";
  append_flags(text, append.flags);
  text += ' ';
  if (append.date) {
    mail::append(text, "\"", message::format_internal_date({*append.date, {}}), "\" ");
  }
  return text;
}

std::string print_fetch_attribute(const FetchAttribute& attribute) {
  if (attribute.kind != FetchAttribute::Kind::kSection || !attribute.label.starts_with("BODY[")) {
    return attribute.label;
  }
  std::string text =
      cat(attribute.is_peek ? "BODY.PEEK[" : "BODY[", message::to_string(attribute.section), "]");
  if (attribute.partial) {
    append(text, "<", attribute.partial->offset, ".", attribute.partial->octets, ">");
  }
  return text;
}

std::string print_fetch(const Fetch& fetch) {
  std::string text = with_set(fetch.by_uid, "FETCH", fetch.set);
  text += " (";
  for (const FetchAttribute& attribute : fetch.attributes) {
    append(text, text.ends_with('(') ? "" : " ", print_fetch_attribute(attribute));
  }
  return text + ")";
}

std::string print_store(const Store& store) {
  std::string text = with_set(store.by_uid, "STORE", store.set);
  text += ' ';
  if (store.mode == Store::Mode::kAdd) text += '+';
  if (store.mode == Store::Mode::kRemove) text += '-';
  text += store.is_silent ? "FLAGS.SILENT " : "FLAGS ";
  append_flags(text, store.flags);
  return text;
}

std::string print_date(const std::chrono::year_month_day& date) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const unsigned month = static_cast<unsigned>(date.month());
  std::string year = cat(static_cast<int>(date.year()));
  year.insert(0, 4 - std::min<std::size_t>(4, year.size()), '0');
  return cat(static_cast<unsigned>(date.day()), "-", kMonths.substr((month - 1) * 3, 3), "-", year);
}

void print_search_leaf(std::string& to, const SearchNode& node) {
  if (node.kind == SearchNode::Kind::kSequence) {
    append_set(to, node.set);
    return;
  }
  const auto key = std::find_if(kSearchKeys.begin(), kSearchKeys.end(),
                                [&](const SearchKey& k) { return k.kind == node.kind; });
  if (key == kSearchKeys.end()) return;
  append(to, key->name, key->argument == SearchArgument::kNone ? "" : " ");
  switch (key->argument) {
    case SearchArgument::kNone: break;
    case SearchArgument::kFieldAndText:
      append_astring(to, node.field, kForm);
      to += ' ';
      [[fallthrough]];
    case SearchArgument::kText: append_string(to, node.text, kForm); break;
    case SearchArgument::kKeyword:
    case SearchArgument::kObjectId: to += node.text; break;
    case SearchArgument::kDate: to += print_date(node.date); break;
    case SearchArgument::kNumber: append(to, node.number); break;
    case SearchArgument::kSet: append_set(to, node.set); break;
  }
}

// Walks the arena with a path of its own: how deep it is was chosen by the peer.
std::string print_search(const Search& search) {
  std::string text = search.by_uid ? "UID SEARCH" : "SEARCH";
  const bool is_ascii =
      std::all_of(search.nodes.begin(), search.nodes.end(),
                  [](const SearchNode& node) { return text::is_ascii(node.text); });
  if (!is_ascii) text += " CHARSET UTF-8";
  struct Place {
    std::uint32_t node;
    std::size_t child;
  };
  std::vector<Place> path = {{0, 0}};
  while (!path.empty()) {
    Place& place = path.back();
    const SearchNode& parent = search.nodes[place.node];
    if (place.child == parent.children.size()) {
      if (parent.kind == SearchNode::Kind::kAnd && path.size() > 1) text += ')';
      path.pop_back();
      continue;
    }
    const std::uint32_t index = parent.children[place.child++];
    const SearchNode& node = search.nodes[index];
    // By count, not by looking back: a literal may end in "(" as well.
    const bool follows_parenthesis =
        parent.kind == SearchNode::Kind::kAnd && path.size() > 1 && place.child == 1;
    if (!follows_parenthesis) text += ' ';
    switch (node.kind) {
      case SearchNode::Kind::kAnd: text += '('; break;
      case SearchNode::Kind::kNot: text += "NOT"; break;
      case SearchNode::Kind::kOr: text += "OR"; break;
      default: print_search_leaf(text, node); continue;
    }
    path.push_back({index, 0});
  }
  return text;
}

std::string print_enable(const Enable& enable) {
  std::string text = "ENABLE";
  for (const std::string& capability : enable.capabilities) append(text, " ", capability);
  return text;
}

std::string print_login(const Login& login) {
  std::string text = "LOGIN ";
  append_astring(text, login.user, kForm);
  text += ' ';
  append_astring(text, login.password, kForm);
  return text;
}

std::string print_identify(const Identify& id) {
  if (id.fields.empty()) return "ID NIL";
  std::string text = "ID (";
  for (const auto& [field, value] : id.fields) {
    if (&field != &id.fields.front().first) text += ' ';
    append_string(text, field, kForm);
    text += ' ';
    if (value) {
      append_string(text, *value, kForm);
    } else {
      text += "NIL";
    }
  }
  return text + ")";
}

}  // namespace

std::string print(const Command& command) {
  return std::visit(
      Overloaded{
          [](const Capability&) -> std::string { return "CAPABILITY"; },
          [](const StartTls&) -> std::string { return "STARTTLS"; },
          [](const Leave&) -> std::string { return "LOGOUT"; },
          [](const Namespace&) -> std::string { return "NAMESPACE"; },
          [](const Identify& id) { return print_identify(id); },
          [](const Enable& enable) { return print_enable(enable); },
          [](const AuthenticateStart& start) {
            return cat("AUTHENTICATE ", start.mechanism, start.initial_response ? " " : "",
                       start.initial_response.value_or(""));
          },
          [](const Login& login) { return print_login(login); },
          [](const Select& select) {
            return with_mailbox(select.is_read_only ? "EXAMINE" : "SELECT", select.mailbox);
          },
          [](const Create& create) { return with_mailbox("CREATE", create.mailbox); },
          [](const Delete& gone) { return with_mailbox("DELETE", gone.mailbox); },
          [](const Rename& rename) {
            std::string text = with_mailbox("RENAME", rename.from) + " ";
            append_mailbox(text, rename.to, kForm);
            return text;
          },
          [](const Subscribe& s) {
            return with_mailbox(s.is_subscribed ? "SUBSCRIBE" : "UNSUBSCRIBE", s.mailbox);
          },
          [](const List& list) { return print_list(list); },
          [](const Status& status) { return print_status(status); },
          [](const GetQuota& get) {
            std::string text = "GETQUOTA ";
            append_astring(text, get.root, kForm);
            return text;
          },
          [](const GetQuotaRoot& get) { return with_mailbox("GETQUOTAROOT", get.mailbox); },
          [](const SetQuota& set) { return print_set_quota(set); },
          [](const Append& append) { return print_append(append); },
          [](const Fetch& fetch) { return print_fetch(fetch); },
          [](const Store& store) { return print_store(store); },
          [](const Search& search) { return print_search(search); },
          [](const Copy& copy) {
            std::string text = with_set(copy.by_uid, copy.is_move ? "MOVE" : "COPY", copy.set);
            text += ' ';
            append_mailbox(text, copy.mailbox, kForm);
            return text;
          },
          [](const Expunge& expunge) {
            return expunge.uids ? with_set(true, "EXPUNGE", *expunge.uids) : std::string("EXPUNGE");
          },
          [](const Check&) -> std::string { return "CHECK"; },
          [](const Close&) -> std::string { return "CLOSE"; },
          [](const Unselect&) -> std::string { return "UNSELECT"; },
          [](const Noop&) -> std::string { return "NOOP"; },
          [](const Idle&) -> std::string { return "IDLE"; },
      },
      command);
}

}  // namespace mail::imap
