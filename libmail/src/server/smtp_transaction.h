// What is known of one SMTP or LMTP transaction between MAIL and its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/directory/snapshot.h"
#include "mail/smtp/types.h"
#include "server/shared.h"

namespace mail::server {

/// One copy to be stored.
struct Copy {
  std::string mailbox;    // the account's address
  std::string delivered;  // the address that led there at last: `ann+news@example.com`
  std::string recipient;  // the forward path that was given

  bool operator==(const Copy&) const = default;
};

/// An accepted RCPT, discarded ones included.
struct AcceptedRecipient {
  std::string forward_path;
  /// LMTP: which of the copies is this recipient's.
  std::size_t copy = 0;
  // RFC 3461: for the queue, which keeps the promise.
  smtp::DsnNotify notify;
  std::string original_type;
  std::string original_recipient;
};

struct Transaction {
  explicit Transaction(std::shared_ptr<Shared> shared) : message(std::move(shared)) {}

  std::string reverse_path;
  std::uint64_t declared_size = 0;  // SIZE= (RFC 1870); 0: not told
  smtp::BodyType body = smtp::BodyType::kSevenBit;
  bool is_smtputf8 = false;
  smtp::DsnReturn dsn_return = smtp::DsnReturn::kUnspecified;
  std::string envelope_id;
  std::vector<AcceptedRecipient> recipients;
  std::vector<Copy> copies;
  std::shared_ptr<const directory::Snapshot> snapshot;  // of MAIL
  const directory::AccessRule* sender_rule = nullptr;   // in `snapshot`
  bool is_discarded = false;  // DISCARD in an access file: accept and forget
  MessageBuffer message;
};

}  // namespace mail::server
