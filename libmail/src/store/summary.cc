// What IMAP clients ask of each message before they open one: made of its octets once.
//
// The fields are those that mail programs list (Thunderbird, Apple Mail, mutt, Outlook, K-9,
// Roundcube), as in Dovecot's cache. A field that is not among them is read from the message.
//
// Tested by tests/unit/store/index_format_test.cc, tests/store/conformance_test.cc.
#include "store/summary.h"

#include <algorithm>
#include <array>
#include <vector>

#include "mail/base/ascii.h"
#include "mail/message/header.h"
#include "mail/message/mime.h"
#include "mail/message/preview.h"
#include "mail/message/structure.h"
#include "store/checksum.h"

namespace mail::store {
namespace {

constexpr std::array<std::string_view, 26> kFields = {"Auto-Submitted",
                                                      "Bcc",
                                                      "Cc",
                                                      "Content-Type",
                                                      "Content-Transfer-Encoding",
                                                      "Date",
                                                      "Delivered-To",
                                                      "Disposition-Notification-To",
                                                      "From",
                                                      "Importance",
                                                      "In-Reply-To",
                                                      "List-Id",
                                                      "List-Post",
                                                      "List-Unsubscribe",
                                                      "Message-ID",
                                                      "MIME-Version",
                                                      "Newsgroups",
                                                      "Precedence",
                                                      "Priority",
                                                      "References",
                                                      "Reply-To",
                                                      "Sender",
                                                      "Subject",
                                                      "To",
                                                      "X-Label",
                                                      "X-Priority"};

/// Of what is packed: a record of another one is not believed, and made anew.
constexpr std::uint64_t kVersion = 2;
constexpr std::size_t kLengths = 4;
constexpr std::size_t kPackedHead = kLengths * 4;
constexpr std::size_t kRecordHead = 8;

void put(std::string& to, std::uint64_t value, int octets) {
  for (int octet = 0; octet < octets; ++octet) to += static_cast<char>(value >> (8 * octet));
}
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t octet = 4; octet-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + octet]);
  }
  return value;
}

std::uint32_t checksum_of(std::uint64_t id, std::string_view uid_and_packed) {
  std::string head;
  put(head, id, 8);
  put(head, kVersion, 1);
  return checksum(uid_and_packed, checksum(head));
}

}  // namespace

bool is_summarized(std::span<const std::string> fields) {
  return std::all_of(fields.begin(), fields.end(), [](const std::string& field) {
    return std::any_of(kFields.begin(), kFields.end(), [&field](std::string_view known) {
      return ascii::equal_ignoring_case(field, known);
    });
  });
}

std::string pack_summary(std::string_view bytes) {
  const std::vector<std::string> fields(kFields.begin(), kFields.end());
  const std::string_view header = bytes.substr(0, message::header_length(bytes));
  const message::MimeTree tree(bytes);
  std::string preview;
  message::append_imap_string(preview, message::preview_text(tree));
  const std::string texts[] = {message::envelope_text(header),
                               message::body_structure_text(tree, true),
                               message::body_structure_text(tree, false), preview};
  std::string packed;
  for (const std::string& text : texts) put(packed, text.size(), 4);
  for (const std::string& text : texts) packed += text;
  packed += message::select_fields(header, fields);
  return packed;
}

std::optional<Summary> unpack_summary(std::string_view packed, std::shared_ptr<const void> owner) {
  if (packed.size() < kPackedHead) return std::nullopt;
  Summary summary;
  std::string_view rest = packed.substr(kPackedHead);
  std::string_view* const texts[] = {&summary.envelope, &summary.body_structure, &summary.body,
                                     &summary.preview};
  for (std::size_t i = 0; i < kLengths; ++i) {
    const std::size_t octets = number_at(packed, 4 * i);
    if (octets > rest.size()) return std::nullopt;
    *texts[i] = rest.substr(0, octets);
    rest.remove_prefix(octets);
  }
  summary.header = rest;
  summary.owner = std::move(owner);
  return summary;
}

std::string summary_record(std::string_view packed, std::uint64_t id, Uid uid) {
  std::string rest;
  put(rest, number(uid), 4);
  rest += packed;
  std::string record;
  put(record, checksum_of(id, rest), 4);
  record += rest;
  return record;
}

std::optional<Summary> parse_summary_record(std::string_view record, std::uint64_t id, Uid uid,
                                            std::shared_ptr<const void> owner) {
  if (record.size() < kRecordHead || number_at(record, 4) != number(uid) ||
      number_at(record, 0) != checksum_of(id, record.substr(4))) {
    return std::nullopt;
  }
  return unpack_summary(record.substr(kRecordHead), std::move(owner));
}

}  // namespace mail::store
