// What must be true of the mail, from what clients were told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/world.h"

namespace mail::sim {

/// A message that a client makes. Its id, in the field X-Sim-Id, is unique in the run; the id's
/// last letter says what clients may do with it: S stays, D may be expunged, M may be copied and
/// moved.
struct Made {
  std::string id;
  std::string bytes;  // CRLF line ends
};
Made make_message(Dice& dice, std::string id);

/// The id in a message or a header; empty when it has none.
std::string id_in(std::string_view bytes);

/// Everything that clients were told, and what follows from it. A claim that contradicts an earlier
/// one is reported to the simulation at once; `judge` does the sums at the end.
class Model {
 public:
  explicit Model(Simulation& sim) : sim_(sim) {}

  /// A message exists that may be sent; needed before anything else is said about its id.
  void made(const Made& message) { messages_[message.id] = message.bytes; }

  /// An attempt to store one more copy: `began` before the first octet that can have effect, then
  /// `done` when it was acknowledged, `undone` when it was refused, neither when nobody knows.
  void copy_began(std::string_view account, const std::string& id) { ++copies(account, id).most; }
  void copy_done(std::string_view account, const std::string& id) { ++copies(account, id).least; }
  void copy_undone(std::string_view account, const std::string& id) { --copies(account, id).most; }

  // ---- one folder, named "ann@example.com/INBOX"

  void saw_uid_validity(const std::string& folder, std::uint32_t validity);
  /// A UID names this message, for ever.
  void saw_id(const std::string& folder, std::uint32_t uid, const std::string& id);
  /// And these bytes.
  void saw_bytes(const std::string& folder, std::uint32_t uid, std::string_view bytes);
  /// From a moment when all messages below `uid_next` were listed: no other UID below it can exist
  /// later. `asked`: when the folder was selected; `told`: when the list was complete.
  void saw_all(const std::string& folder, TimePoint asked, TimePoint told, std::uint32_t uid_next,
               const std::vector<std::uint32_t>& uids);
  /// The UID may go from now on: by an expunge, which takes a copy away, or by a move, which does
  /// not.
  void removal_began(const std::string& folder, std::uint32_t uid, bool takes_copy);
  /// It must be gone.
  void removal_done(const std::string& folder, std::uint32_t uid);
  /// A flag was set and acknowledged; nobody ever takes one away.
  void flag_set(const std::string& folder, std::uint32_t uid, const std::string& flag);
  std::optional<std::string> id_of(const std::string& folder, std::uint32_t uid) const;

  // ---- the end: what a client finds in a calm world

  struct Found {
    std::uint32_t uid = 0;
    std::string flags;
    std::string bytes;
  };
  void judge_folder(const std::string& folder, std::uint32_t uid_next,
                    const std::vector<Found>& messages);
  void judge_copies();

  std::size_t acknowledged() const;
  std::size_t found() const { return found_; }

 private:
  struct Copies {
    long least = 0;
    long most = 0;
    long found = 0;
  };
  struct Known {
    std::string id;
    std::optional<std::uint64_t> hash;
    std::set<std::string> flags;
    bool may_go = false;
    bool is_expunged = false;  // an expunge, that is: counted once
    bool is_gone = false;
  };
  struct Listing {
    TimePoint told;
    std::uint32_t uid_next = 0;
    std::set<std::uint32_t> uids;
  };
  struct Folder {
    std::optional<std::uint32_t> validity;
    std::map<std::uint32_t, Known> known;
    std::vector<Listing> listings;  // the latest few
  };

  Copies& copies(std::string_view account, const std::string& id) {
    return copies_[{std::string(account), id}];
  }
  void check_bytes(const std::string& where, std::string_view bytes);

  Simulation& sim_;
  std::map<std::string, std::string> messages_;
  std::map<std::pair<std::string, std::string>, Copies> copies_;
  std::map<std::string, Folder> folders_;
  std::size_t found_ = 0;
};

}  // namespace mail::sim
