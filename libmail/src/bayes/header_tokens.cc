// Fields by their names. What another filter said, what the receiving side wrote, and when, is no
// property of the message: a classifier that reads it learns who labelled the mail.
//
// Tested by tests/unit/bayes/tokens_test.cc.
#include "bayes/header_tokens.h"

#include <algorithm>
#include <array>
#include <string>

#include "bayes/sink.h"
#include "bayes/words.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/header.h"
#include "mail/message/search_text.h"
#include "mail/text/utf8.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kFieldOctets = 2000;
constexpr std::size_t kFieldWords = 60;
constexpr std::size_t kNameOctets = 36;
constexpr std::size_t kReceivedFields = 8;
constexpr std::size_t kAddresses = 20;

// Lower case. Verdicts, marks of mailboxes and mail programs, and what delivery added.
constexpr std::array<std::string_view, 26> kIgnoredFields = {"arc-authentication-results",
                                                             "arc-message-signature",
                                                             "arc-seal",
                                                             "authentication-results",
                                                             "bcc",
                                                             "content-length",
                                                             "delivered-to",
                                                             "dkim-signature",
                                                             "domainkey-signature",
                                                             "envelope-to",
                                                             "lines",
                                                             "received-spf",
                                                             "replied",
                                                             "return-path",
                                                             "status",
                                                             "x-account-key",
                                                             "x-bogosity",
                                                             "x-dspam-result",
                                                             "x-evolution",
                                                             "x-gmail-labels",
                                                             "x-keywords",
                                                             "x-original-to",
                                                             "x-sieve",
                                                             "x-status",
                                                             "x-uid",
                                                             "x-uidl"};
constexpr std::array<std::string_view, 16> kIgnoredBeginnings = {"x-antispam",
                                                                 "x-antivirus",
                                                                 "x-amavis",
                                                                 "x-barracuda",
                                                                 "x-dspam",
                                                                 "x-ironport",
                                                                 "x-microsoft-antispam",
                                                                 "x-ms-exchange",
                                                                 "x-mozilla",
                                                                 "x-proofpoint",
                                                                 "x-pyzor",
                                                                 "x-rspamd",
                                                                 "x-spam",
                                                                 "x-sa-",
                                                                 "x-virus",
                                                                 "x-crm114"};

bool is_ignored(std::string_view name) {
  return std::find(kIgnoredFields.begin(), kIgnoredFields.end(), name) != kIgnoredFields.end() ||
         std::any_of(kIgnoredBeginnings.begin(), kIgnoredBeginnings.end(),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

/// Which list it is, in the list's own fields; that it is one is told by the field.
bool is_list_label(std::string_view name) {
  return name.starts_with("list-") || name.starts_with("x-list") || name == "mailing-list" ||
         name == "x-beenthere" || name == "x-mailing-list" || name == "x-loop";
}

/// When something was, as a program wrote it.
bool is_time(std::string_view name) {
  return name == "expires" || name == "reply-by" || name == "thread-index" ||
         name == "x-originalarrivaltime" || name == "x-received" || name == "x-trace";
}

/// `message::decoded_value` in plain characters, without a copy where it would change nothing.
std::string_view decoded(std::string_view value, std::string& storage) {
  const bool is_plain = value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos &&
                        value.find("=?") == value.npos && text::is_ascii(value);
  if (is_plain) return ascii::trim(value);
  storage = message::decoded_value(value);
  make_plain(storage);
  return storage;
}

bool is_address_field(std::string_view name) {
  return name == "from" || name == "to" || name == "cc" || name == "reply-to" || name == "sender" ||
         name == "errors-to" || name == "resent-from" || name == "resent-to";
}

void add_addresses(std::string_view kind, std::string_view value, Sink& sink) {
  std::size_t count = 0;
  for (std::size_t at = value.find('@'); at != value.npos; at = value.find('@', at + 1)) {
    if (++count > kAddresses) break;
    const auto ends = [](char c) {
      return ascii::is_space(c) || c == '<' || c == '>' || c == ',' || c == '"' || c == '(' ||
             c == ')' || c == ';' || c == ':';
    };
    std::size_t begin = at;
    while (begin > 0 && !ends(value[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < value.size() && !ends(value[end])) ++end;
    sink.add_lower(kind, value.substr(begin, end - begin));
    sink.add_lower(kind, value.substr(begin, at + 1 - begin));
    add_host(kind, value.substr(at + 1, end - at - 1), sink);
  }
}

/// "192.0.2.17" is also of 192.0.2 and of 192.0: neighbours send alike.
void add_networks(std::string_view kind, std::string_view address, Sink& sink) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t dot = address.rfind('.');
    if (dot == address.npos) return;
    address = address.substr(0, dot);
    sink.add(kind, address);
  }
}

/// The part before "by", which the receiving side chose: whom it said it was, where it came from.
void add_received(std::string_view value, Sink& sink) {
  std::size_t end = value.find(" by ");
  if (end == value.npos) end = value.find("\tby ");
  value = value.substr(0, std::min(end, value.find(';')));
  std::size_t at = 0;
  while (at < value.size()) {
    const auto is_part = [](char c) {
      return ascii::is_alnum(c) || c == '.' || c == '-' || c == '_';
    };
    std::size_t stop = at;
    bool is_address = true;
    while (stop < value.size() && is_part(value[stop])) {
      is_address &= ascii::is_digit(value[stop]) || value[stop] == '.';
      ++stop;
    }
    const std::string_view word = value.substr(at, stop - at);
    if (is_address && std::count(word.begin(), word.end(), '.') == 3) {
      sink.add("received:", word);
      add_networks("received:", word, sink);
    } else if (word.find('.') != word.npos) {
      add_host("received:", word, sink);
    } else if (word.size() >= 2) {
      sink.add_lower("received:", word);
    }
    at = stop + 1;
  }
}

/// "<20021121.AB12@example.com>" → "9.A9": runs of digits, capitals and small letters.
void add_message_id(std::string_view value, Sink& sink) {
  value = ascii::trim(value);
  const std::size_t at = value.find('@');
  std::string shape;
  for (const char c : value.substr(0, std::min<std::size_t>(at, 60))) {
    const char kind = ascii::is_digit(c)   ? '9'
                      : ascii::is_upper(c) ? 'A'
                      : ascii::is_lower(c) ? 'a'
                                           : c;
    if (shape.empty() || shape.back() != kind) shape.push_back(kind);
  }
  sink.add("message-id-shape:", shape);
  if (at == value.npos) return sink.add("message-id:", "no-domain");
  std::string_view host = value.substr(at + 1);
  add_host("message-id:", host.substr(0, host.find('>')), sink);
}

/// The zone and whether a comment follows; never the day.
void add_date(std::string_view kind, std::string_view value, Sink& sink) {
  value = ascii::trim(value);
  const std::size_t colon = value.rfind(':');
  if (colon == value.npos) return sink.add(kind, "odd");
  const std::size_t blank = value.find(' ', colon);
  sink.add(kind, blank == value.npos ? "no-zone" : value.substr(blank + 1));
}

void add_subject(std::string_view value, Sink& sink) {
  std::string storage;
  const std::string_view text = decoded(value.substr(0, kFieldOctets), storage);
  WordBudget budget{kFieldWords};
  add_words("subject:", text, budget, sink);
  WordBudget again{kFieldWords};
  add_words("", text, again, sink);
  const bool shouts = std::none_of(text.begin(), text.end(), ascii::is_lower) &&
                      std::count_if(text.begin(), text.end(), ascii::is_upper) > 3;
  if (shouts) sink.add("subject:", "ALL CAPITALS");
  if (value.find("=?") != value.npos) {
    const std::size_t begin = value.find("=?") + 2;
    sink.add_lower("subject-charset:", value.substr(begin, value.find('?', begin) - begin));
  }
}

void add_field(std::string_view name, std::string_view value, Sink& sink) {
  if (name.ends_with("date")) return add_date(cat(name, ":"), value, sink);
  if (name == "message-id") return add_message_id(value, sink);
  if (name == "subject") return add_subject(value, sink);
  if (is_list_label(name) || is_time(name)) return;
  const std::string kind = cat(name, ":");
  std::string storage;
  const std::string_view text = decoded(value.substr(0, kFieldOctets), storage);
  if (is_address_field(name)) add_addresses(kind, text, sink);
  WordBudget budget{kFieldWords};
  add_words(kind, text, budget, sink);
}

}  // namespace

void add_message_header(std::string_view header, Sink& sink) {
  std::string name;
  std::string order;  // "before>name"
  std::size_t received = 0;
  for (const message::HeaderField& field : message::HeaderFields(header)) {
    const std::size_t before = name.size();
    order.assign(name).push_back('>');
    name.assign(field.name.substr(0, kNameOctets));
    for (char& c : name) c = ascii::to_lower(c);
    if (is_ignored(name)) {
      name.assign(order, 0, before);
      continue;
    }
    sink.add_structure("field:", name);
    sink.add_structure("order:", order.append(name));
    if (name == "received") {
      if (++received <= kReceivedFields)
        add_received(message::unfold(field.value.substr(0, kFieldOctets)), sink);
      continue;
    }
    add_field(name, field.value, sink);
  }
  sink.add_structure("received-fields:", cat(std::min<std::size_t>(received, 9)));
}

void add_part_header(const message::PartDescription& about, Sink& sink) {
  sink.add_structure("type:", cat(about.content_type.type, "/", about.content_type.subtype));
  for (const message::Parameter& parameter : about.content_type.parameters) {
    if (parameter.name == "boundary") continue;
    sink.add_structure(cat("type.", parameter.name.substr(0, 20), "="), parameter.value);
  }
  sink.add_structure("encoding:", about.encoding);
  if (about.disposition) sink.add_structure("disposition:", about.disposition->kind);
  for (const auto* parameters : {&about.content_type.parameters,
                                 about.disposition ? &about.disposition->parameters : nullptr}) {
    if (parameters == nullptr) continue;
    for (const std::string_view key : {"name", "filename"}) {
      const auto file = message::parameter_text(*parameters, key);
      if (!file) continue;
      const std::size_t dot = file->rfind('.');
      if (dot != file->npos) sink.add_lower("extension:", std::string_view(*file).substr(dot + 1));
    }
  }
}

}  // namespace mail::bayes
