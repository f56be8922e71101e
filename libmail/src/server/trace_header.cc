// Every value from the peer is cleaned before it enters a header: a HELO name with a parenthesis or
// a line end must not be able to write a field of its own (RFC 5321 §4.4 wants the name as it was
// given, an attacker wants more).
//
// Tested by tests/unit/server/trace_header_test.cc.
#include "server/trace_header.h"

#include <array>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/date.h"
#include "mail/message/header.h"

namespace mail::server {
namespace {

std::string clean(std::string_view value) {
  std::string cleaned;
  for (char c : value) {
    const bool is_plain = ascii::is_printable(c) && c != ' ' && c != '(' && c != ')' && c != '\\' &&
                          c != ';' && c != '"' && c != '<' && c != '>';
    cleaned += is_plain ? c : '?';
  }
  return cleaned.empty() ? "unknown" : cleaned;
}

/// RFC 3848: ESMTP or LMTP, with S for TLS and A for AUTH; RFC 6531 §4.3: UTF8SMTP, UTF8LMTP.
std::string protocol_name(const TraceFacts& facts) {
  if (!facts.is_extended) return "SMTP";
  std::string name = facts.is_smtputf8 ? "UTF8" : facts.is_lmtp ? "" : "E";
  name += facts.is_lmtp ? "LMTP" : "SMTP";
  if (facts.tls != nullptr) name += 'S';
  if (facts.is_authenticated) name += 'A';
  return name;
}

/// Extended-Domain (RFC 5321 §4.4): the name that was given, then what is known.
std::string from_clause(const TraceFacts& facts) {
  std::string clause = cat("from ", clean(facts.helo_domain));
  if (facts.peer_address.empty()) return clause;
  const bool is_ipv6 = facts.peer_address.find(':') != std::string_view::npos;
  append(clause, " (");
  if (!facts.peer_name.empty()) append(clause, clean(facts.peer_name), " ");
  append(clause, "[", is_ipv6 ? "IPv6:" : "", clean(facts.peer_address), "])");
  return clause;
}

}  // namespace

std::string received_field(const TraceFacts& facts) {
  std::string field = "Received: ";
  if (!facts.hides_client) append(field, from_clause(facts), "\r\n\t");
  append(field, "by ", facts.hostname, " (libmail) with ", protocol_name(facts), " id ", facts.id);
  if (facts.tls != nullptr) {
    append(field, "\r\n\t(using ", clean(facts.tls->version), " with cipher ",
           clean(facts.tls->cipher), ")");
  }
  // Two recipients must not learn of each other (RFC 5321 §7.2), so `for` stands only with one.
  if (!facts.only_recipient.empty()) append(field, "\r\n\tfor <", facts.only_recipient, ">");
  const message::DateTime date{std::chrono::floor<std::chrono::seconds>(facts.time),
                               facts.utc_offset};
  append(field, ";\r\n\t", message::format_date(date), "\r\n");
  return field;
}

std::string return_path_field(std::string_view reverse_path) {
  return cat("Return-Path: <", reverse_path, ">\r\n");
}

std::string delivered_to_field(std::string_view address) {
  return cat("Delivered-To: ", address, "\r\n");
}

std::size_t count_hops(std::string_view message) {
  std::size_t hops = 0;
  for (const message::HeaderField& field : message::HeaderFields(message)) {
    if (ascii::equal_ignoring_case(field.name, "Received")) ++hops;
  }
  return hops;
}

std::string make_message_id(Random& random) {
  // No vowels and nothing that looks like something else: people read these to each other.
  static constexpr std::string_view kLetters = "23456789BCDFGHJKLMNPQRSTVWXYZbcd";
  static_assert(kLetters.size() == 32);
  std::array<std::byte, 12> bytes;
  random.fill(bytes);
  std::string id;
  for (std::byte byte : bytes) id += kLetters[static_cast<std::size_t>(byte) % kLetters.size()];
  return id;
}

}  // namespace mail::server
