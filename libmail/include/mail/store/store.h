// The mail store: accounts, their folders, the messages in them. Two implementations, one
// conformance suite: `make_maildir_store` (mail/store/maildir.h) and `make_memory_store`
// (mail/store/memory.h).
//
// Nothing outside `store` knows that a message is a file. All calls block (run them through the
// `Worker` port) and are safe from any thread. Every call that changes something returns OK only
// when a power cut can no longer undo it, and leaves nothing visible when it fails. No lock is held
// when a call returns.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"
#include "mail/base/time.h"
#include "mail/store/types.h"
#include "mail/store/usage.h"

namespace mail::store {

/// The bytes of one message with CRLF line ends, whatever the file holds. Immutable, shared.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::string_view bytes() const = 0;
};

/// What clients ask of a message before they open it: made of its octets once, ready to send.
struct Summary {
  std::string_view envelope;          // ENVELOPE (RFC 3501 §7.4.2)
  std::string_view body_structure;    // BODYSTRUCTURE
  std::string_view body;              // BODY
  std::string_view preview;           // PREVIEW (RFC 8970)
  std::string_view header;            // the fields that `is_summarized` knows, and the empty line
  std::shared_ptr<const void> owner;  // keeps them alive
};

/// Whether `Summary::header` has all of these fields that the message has.
bool is_summarized(std::span<const std::string> fields);

/// What happened to a folder after a mark.
struct Changes {
  ModSeq now{};                       // the next mark
  std::vector<MessageInfo> messages;  // new ones and those whose flags changed, ascending by UID
  std::vector<Uid> expunged;          // ascending
  bool is_complete = true;            // false: the mark is so old that `expunged` may lack some
};

/// Which messages a folder has. Shared with it and with others: never changed.
struct UidSet {
  ModSeq now{};                                  // the mark they were true at
  std::shared_ptr<const std::vector<Uid>> uids;  // ascending
  std::uint32_t first_unseen = 0;  // position from 1 of the first without \Seen; 0: all have it
};

/// One folder's state, shared by all its sessions.
class Mailbox {
 public:
  virtual ~Mailbox() = default;

  virtual FolderStatus status() = 0;
  /// MAILBOXID (RFC 8474 §4). Of the folder as long as it keeps its UIDVALIDITY, whatever its name
  /// is; never of another. A Maildir without one gets it now: on disk before it is told. Blocks.
  virtual std::string mailbox_id() = 0;
  /// Names of the keyword bits, in order. Grows, never changes while the folder is open.
  virtual std::vector<std::string> keywords() = 0;

  /// What a session needs of all messages to begin with.
  virtual UidSet uids() = 0;
  /// All messages, ascending by UID, and the mark they were true at.
  virtual Changes snapshot() = 0;
  /// What happened after `since`, a mark of this folder, perhaps of an earlier opening.
  virtual Changes changes(ModSeq since) = 0;
  /// The current facts; none for a UID that is gone.
  virtual std::vector<std::optional<MessageInfo>> find(std::span<const Uid> uids) = 0;

  /// EMAILID (RFC 8474 §5.1) of each: copied and moved messages keep it. Empty for a UID that is
  /// gone.
  virtual std::vector<std::string> email_ids(std::span<const Uid> uids) = 0;

  /// Makes sure that INTERNALDATE of these is known: in a folder that was seen for the first time
  /// it is in the files only. Blocks.
  virtual void learn_dates(std::span<const Uid> uids) = 0;

  /// All messages in the order and with the unique-ids that POP3 clients know them by, also from
  /// the server that the mail came from.
  virtual std::vector<Pop3Message> pop3_messages() = 0;

  /// Looks for what other programs did to the folder. Cheap when nothing changed.
  virtual Status refresh() = 0;

  /// While the result lives, what other programs do to the folder is published as what sessions do
  /// is. None: nobody will tell, so one has to look now and then. Blocks.
  virtual std::shared_ptr<const void> watch() { return nullptr; }

  /// The messages that are \Recent for the session that asks: no other session will be told of
  /// them. In a Maildir they move from new/ to cur/.
  virtual StatusOr<std::vector<Uid>> claim_recent() = 0;

  /// Fails: NotFound when it was expunged (perhaps by another program).
  virtual StatusOr<std::shared_ptr<const Content>> read(Uid uid) = 0;

  /// In the order of `uids`; none for a message that is gone or cannot be read. A message is read
  /// at most the first time.
  virtual std::vector<std::optional<Summary>> summaries(std::span<const Uid> uids) = 0;

  /// All or none (RFC 3502 §6.3.11). The UIDs, in order. Fails: `is_over_quota` when the account
  /// would hold more than `limit` then.
  virtual StatusOr<std::vector<Uid>> append(std::span<const NewMessage> messages,
                                            const UsageLimit& limit = {}) = 0;

  /// Messages that are gone are passed over. Returns those that exist, with their flags after the
  /// change, ascending. Fails: ResourceExhausted when the folder has no room for another keyword.
  virtual StatusOr<std::vector<MessageInfo>> change_flags(std::span<const Uid> uids,
                                                          const FlagChange& change) = 0;

  /// Makes durable, and visible to other programs, what `change_flags` leaves for later in a store
  /// that is tended. For when a session leaves the folder.
  virtual Status settle() { return absl::OkStatus(); }

  /// Removes those of `uids` that carry \Deleted (RFC 4315 §2.1); returns what was removed,
  /// ascending. Fails when any could not be removed; those before it are gone all the same, and
  /// `changes` tells them: a removal cannot be taken back.
  virtual StatusOr<std::vector<Uid>> expunge(std::span<const Uid> uids) = 0;

  /// All or none (RFC 9051 §6.4.7), flags and internal dates kept. `to` must come from the same
  /// store. Messages that are gone are passed over. `limit` is of the account of `to`, as in
  /// `append`.
  virtual StatusOr<UidPairs> copy(std::span<const Uid> uids, Mailbox& to,
                                  const UsageLimit& limit = {}) = 0;
  /// RFC 6851 §3.3: each message is in exactly one of the two folders at any moment.
  virtual StatusOr<UidPairs> move(std::span<const Uid> uids, Mailbox& to) = 0;
};

/// One user's folders. "INBOX" always exists. Names are UTF-8 with '.' between levels; a name that
/// cannot be (empty level, control characters, "..", too long) fails with InvalidArgument, before
/// it comes near a path.
class Account {
 public:
  virtual ~Account() = default;

  /// Sorted by name, INBOX first; parents that do not exist themselves are listed as not
  /// selectable.
  virtual StatusOr<std::vector<Folder>> folders() = 0;
  /// The new folder's MAILBOXID. Fails: AlreadyExists; InvalidArgument.
  virtual StatusOr<std::string> create_folder(std::string_view name) = 0;
  /// Its children stay. Fails: NotFound; FailedPrecondition for INBOX.
  virtual Status delete_folder(std::string_view name) = 0;
  /// Children move along; UIDs and UIDVALIDITY stay. INBOX: its messages move to a new folder (RFC
  /// 9051 §6.3.6).
  virtual Status rename_folder(std::string_view from, std::string_view to) = 0;

  virtual StatusOr<std::vector<std::string>> subscriptions() = 0;
  /// The folder need not exist (RFC 9051 §6.3.7).
  virtual Status subscribe(std::string_view name) = 0;
  virtual Status unsubscribe(std::string_view name) = 0;

  /// Fails: NotFound.
  virtual StatusOr<FolderStatus> status(std::string_view name) = 0;
  /// The folder as it is now. The same object for all who hold it open. Fails: NotFound.
  virtual StatusOr<std::shared_ptr<Mailbox>> open(std::string_view name) = 0;
};

/// Whose mail, and where: `directory` overrides <mail>/<domain>/<user> (an account's
/// `userdb_mail`).
struct AccountPlace {
  std::string address;    // "ann@example.com", lower case
  std::string directory;  // usually empty

  bool operator==(const AccountPlace&) const = default;
};

/// One local recipient of a delivery.
struct Target {
  AccountPlace account;
  std::string folder = "INBOX";
  std::string header;     // lines put in front of the message for this recipient, CRLF ends
                          // ("Delivered-To: …")
  UsageLimit limit = {};  // what the account may hold then
};

class Store {
 public:
  virtual ~Store() = default;

  /// Makes the account's folders when they are missing. The same object for all who hold it.
  virtual StatusOr<std::shared_ptr<Account>> account(const AccountPlace& place) = 0;

  /// One message for all targets, or for none. `pieces` are its bytes in order, CRLF line ends.
  /// Written once and hard-linked where the bytes are the same. Fails: `is_over_quota` when an
  /// account would hold more than its limit then; parallel deliveries count each other.
  virtual Status deliver(std::span<const Target> targets, std::span<const std::string_view> pieces,
                         WallTime received) = 0;

  /// What all folders of the account hold, whoever put it there. Makes nothing, opens no message
  /// and no folder. An account that has no folders yet holds nothing.
  virtual StatusOr<Usage> usage(const AccountPlace& place) = 0;

  /// Does what may wait a little, but not for ever: what is there to do is announced by
  /// `upkeep_topic`. Blocks. How long until something is due again; none: until the next
  /// announcement.
  virtual std::optional<Duration> tend() { return std::nullopt; }
};

/// The EventBus topic that is published after every change of a folder.
std::string mailbox_topic(std::string_view address, std::string_view folder);
/// The one that is published when `Store::tend` has something to do.
std::string_view upkeep_topic();

}  // namespace mail::store
