// FETCH (RFC 3501 §6.4.5): what each attribute of one message reads on the wire.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/command.h"
#include "mail/store/store.h"

namespace mail::server {

/// One attribute, rendered: wire-ready text, or octets that `owner` keeps alive.
struct FetchedItem {
  const imap::FetchAttribute* attribute = nullptr;
  std::string text;
  bool is_literal = false;
  std::shared_ptr<const void> owner;
  std::string_view octets;

  std::string_view ready_text() const { return owner ? octets : std::string_view(text); }
};

/// What FETCH tells without a look at the message.
struct FetchFacts {
  store::MessageInfo info;
  std::string email_id;  // if the plan needs it
};

/// What a FETCH as a whole needs.
struct FetchPlan {
  explicit FetchPlan(const std::vector<imap::FetchAttribute>& attributes);

  bool needs_bytes = false;    // the message must be read
  bool needs_summary = false;  // what the store keeps ready is enough
  bool marks_seen = false;     // some section without PEEK (RFC 3501 §6.4.5)
  bool needs_dates = false;    // INTERNALDATE must be known
  bool wants_flags = false;
  bool wants_uid = false;
  bool needs_email_ids = false;
};

/// All attributes but FLAGS and UID, which the caller knows better. `content` may be null when the
/// plan needs none.
std::vector<FetchedItem> render(const std::vector<imap::FetchAttribute>& attributes,
                                const FetchFacts& facts,
                                const std::shared_ptr<const store::Content>& content);
/// For a plan that needs no bytes.
std::vector<FetchedItem> render(const std::vector<imap::FetchAttribute>& attributes,
                                const FetchFacts& facts, const store::Summary& summary);

}  // namespace mail::server
