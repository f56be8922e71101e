// ENVELOPE. The text is written field by field while the header is read: FETCH asks for it for
// every message of a folder, so no value is made on the way. `parse_envelope` is the same for those
// who want values; a test holds the two together.
//
// Tested by tests/unit/message/mime_test.cc, tests/unit/message/every_mail_test.cc,
// tests/unit/message/dovecot_oracle_test.cc.
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/header.h"
#include "mail/message/structure.h"

namespace mail::message {
namespace {

// The order of RFC 3501 §7.4.2; of texts the last field counts (Dovecot's choice, and RFC 8621
// §4.1.2's), lists are joined.
struct TextMember {
  std::string_view field;
  std::optional<std::string> Envelope::* member;
};
constexpr std::array<TextMember, 4> kTextMembers = {{
    {"Date", &Envelope::date},
    {"Subject", &Envelope::subject},
    {"In-Reply-To", &Envelope::in_reply_to},
    {"Message-ID", &Envelope::message_id},
}};

struct ListMember {
  std::string_view field;
  std::vector<Address> Envelope::* member;
};
constexpr std::array<ListMember, 6> kListMembers = {{
    {"From", &Envelope::from},
    {"Sender", &Envelope::sender},
    {"Reply-To", &Envelope::reply_to},
    {"To", &Envelope::to},
    {"Cc", &Envelope::cc},
    {"Bcc", &Envelope::bcc},
}};

/// Calls `on_text(index, value)` or `on_list(index, value)` for each field of an envelope.
template <class OnText, class OnList>
void for_each_member(std::string_view header, OnText on_text, OnList on_list) {
  for (const HeaderField& field : HeaderFields(header)) {
    for (std::size_t i = 0; i < kTextMembers.size(); ++i) {
      if (ascii::equal_ignoring_case(field.name, kTextMembers[i].field)) on_text(i, field.value);
    }
    for (std::size_t i = 0; i < kListMembers.size(); ++i) {
      if (ascii::equal_ignoring_case(field.name, kListMembers[i].field)) on_list(i, field.value);
    }
  }
}

void append_nonempty(std::string& to, std::string_view value) {
  if (value.empty()) {
    to += "NIL";
  } else {
    append_imap_string(to, value);
  }
}

// RFC 3501 §7.4.2: a group begins with its name where the mailbox stands and NIL for the host, and
// ends with four NILs. So NIL must not stand for the host of a mailbox: where one is missing, this
// says what Dovecot says.
void append_address(std::string& to, const Address& address) {
  to.push_back('(');
  switch (address.kind) {
    case Address::Kind::kGroupStart:
      to += "NIL NIL ";
      append_imap_string(to, address.name);
      to += " NIL";
      break;
    case Address::Kind::kGroupEnd: to += "NIL NIL NIL NIL"; break;
    case Address::Kind::kMailbox:
      append_nonempty(to, address.name);
      to.push_back(' ');
      append_nonempty(to, address.route);
      to.push_back(' ');
      append_imap_string(to, address.local_part.empty() ? "MISSING_MAILBOX" : address.local_part);
      to.push_back(' ');
      append_imap_string(to, address.domain.empty() ? "MISSING_DOMAIN" : address.domain);
      break;
  }
  to.push_back(')');
}

/// What stands between the parentheses of a list, so that lists can be joined.
struct ListText {
  std::string text;
  std::size_t count = 0;

  void add(std::string_view value) {
    if (count >= kAddressLimit) return;
    const std::vector<Address> addresses = parse_addresses(value, kAddressLimit - count);
    count += addresses.size();
    text.reserve(text.size() + value.size() + 24 * addresses.size());
    for (const Address& address : addresses) append_address(text, address);
  }
};

struct EnvelopeText {
  std::array<std::optional<std::string>, kTextMembers.size()> texts;
  std::array<ListText, kListMembers.size()> lists;

  void append_text(std::string& to, std::size_t index) const {
    if (texts[index]) {
      append_imap_string(to, *texts[index]);
    } else {
      to += "NIL";
    }
  }

  // RFC 3501 §7.4.2: "If the Sender or Reply-To lines are absent in the [header], or are present
  // but empty, the server sets the corresponding member of the envelope to be the same value as
  // the From member".
  void append_list(std::string& to, std::size_t index) const {
    const bool is_from = lists[index].text.empty() && (index == 1 || index == 2);
    const std::string& list = lists[is_from ? 0 : index].text;
    if (list.empty()) {
      to += " NIL";
    } else {
      append(to, " (", list, ")");
    }
  }

  std::string text() const {
    std::string out;
    std::size_t size = 64;
    for (const auto& member : texts) size += member ? member->size() : 0;
    for (const ListText& list : lists) size += list.text.size();
    out.reserve(size + 2 * lists[0].text.size());
    out.push_back('(');
    append_text(out, 0);
    out.push_back(' ');
    append_text(out, 1);
    for (std::size_t i = 0; i < lists.size(); ++i) append_list(out, i);
    out.push_back(' ');
    append_text(out, 2);
    out.push_back(' ');
    append_text(out, 3);
    out.push_back(')');
    return out;
  }
};

/// A list that was written twice is one list, up to the limit of one field.
void add_addresses(std::vector<Address>& to, std::string_view value) {
  if (to.size() >= kAddressLimit) return;
  std::vector<Address> more = parse_addresses(value, kAddressLimit - to.size());
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Envelope parse_envelope(std::string_view header) {
  Envelope envelope;
  for_each_member(
      header,
      [&](std::size_t i, std::string_view value) {
        envelope.*kTextMembers[i].member = unfold(value);
      },
      [&](std::size_t i, std::string_view value) {
        add_addresses(envelope.*kListMembers[i].member, value);
      });
  if (envelope.sender.empty()) envelope.sender = envelope.from;
  if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
  return envelope;
}

std::string envelope_text(std::string_view header) {
  EnvelopeText parts;
  for_each_member(
      header, [&](std::size_t i, std::string_view value) { parts.texts[i] = unfold(value); },
      [&](std::size_t i, std::string_view value) { parts.lists[i].add(value); });
  return parts.text();
}

std::string envelope_text(const Envelope& envelope) {
  EnvelopeText parts;
  for (std::size_t i = 0; i < kTextMembers.size(); ++i) {
    parts.texts[i] = envelope.*kTextMembers[i].member;
  }
  for (std::size_t i = 0; i < kListMembers.size(); ++i) {
    for (const Address& address : envelope.*kListMembers[i].member) {
      append_address(parts.lists[i].text, address);
    }
  }
  return parts.text();
}

}  // namespace mail::message
