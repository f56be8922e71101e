// The trace fields that this server adds to a message (RFC 5321 §4.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/base/ports.h"
#include "mail/base/session.h"
#include "mail/base/time.h"

namespace mail::server {

struct TraceFacts {
  std::string_view helo_domain;
  std::string_view peer_name;  // of the address, where somebody looked; may be empty
  std::string_view peer_address;
  std::string_view hostname;
  std::string_view id;
  bool is_lmtp = false;
  bool is_extended = false;  // EHLO
  bool is_smtputf8 = false;  // of this transaction
  /// No `from`: it would tell where a user of ours sits.
  bool hides_client = false;
  bool is_authenticated = false;
  const TlsInfo* tls = nullptr;
  std::string_view only_recipient;  // empty: several, none is named (RFC 5321 §7.2)
  WallTime time{};
  std::chrono::minutes utc_offset{0};  // of the local clock
};

/// "Received: from … by … with ESMTPS id …; date" CRLF.
std::string received_field(const TraceFacts& facts);

/// "Return-Path: <…>" CRLF (RFC 5321 §4.4: final delivery adds it).
std::string return_path_field(std::string_view reverse_path);

/// "Delivered-To: …" CRLF, as Dovecot's LMTP writes it.
std::string delivered_to_field(std::string_view address);

/// How many servers the message has passed: its Received fields (RFC 5321 §6.3).
std::size_t count_hops(std::string_view message);

/// Twelve letters and digits, in the log and in "queued as": enough that none comes twice in years.
std::string make_message_id(Random& random);

}  // namespace mail::server
