// Bounds, not a replica: the model does not predict what the server does, it adds up what the
// server *said*. Each acknowledged delivery raises the least and the most number of copies that may
// exist; one whose answer was lost raises only the most. So the model needs no knowledge of
// interleavings, and every claim it checks is one that a user could make.
//
// Tested by use: a fault planted in the server must be found (docs/simulator.md tells how to try).
#include "sim/model.h"

#include <algorithm>

namespace mail::sim {

namespace {
constexpr std::string_view kIdField = "X-Sim-Id: ";
constexpr std::size_t kListingsKept = 8;

std::string place(const std::string& folder, std::uint32_t uid) {
  return cat(folder, " uid ", uid);
}
}  // namespace

std::string id_in(std::string_view bytes) {
  std::size_t at = bytes.find(kIdField);
  if (at == std::string_view::npos) return {};
  at += kIdField.size();
  return std::string(bytes.substr(at, bytes.find("\r\n", at) - at));
}

Made make_message(Dice& dice, std::string id) {
  Made made;
  made.bytes = cat("From: sim@client.example\r\nSubject: ", id, "\r\n", kIdField, id, "\r\n\r\n");
  // Mostly short; a few are larger than any buffer on the way.
  const std::uint64_t octets = dice.percent(3) ? dice.below(150'000) : dice.below(2'000);
  while (made.bytes.size() < octets) {
    static constexpr std::string_view kLines[] = {"",
                                                  ".",
                                                  "..",
                                                  ".dot",
                                                  "From here it looks like mbox",
                                                  "a line of words",
                                                  "-- ",
                                                  "\xC3\xA4\xC3\xB6\xC3\xBC eight bits"};
    made.bytes += kLines[dice.below(std::size(kLines))];
    if (dice.percent(30)) made.bytes += hex(dice.next());
    made.bytes += "\r\n";
  }
  made.bytes += cat("end of ", id, "\r\n");
  made.id = std::move(id);
  return made;
}

void Model::saw_uid_validity(const std::string& folder, std::uint32_t validity) {
  auto& known = folders_[folder].validity;
  if (!known) known = validity;
  if (*known == validity) return;
  sim_.broken(cat(folder, ": UIDVALIDITY was ", *known, " and is ", validity));
  known = validity;
}

void Model::saw_id(const std::string& folder, std::uint32_t uid, const std::string& id) {
  if (!messages_.contains(id)) {
    sim_.broken(cat(place(folder, uid), ": '", id, "' is no message of ours"));
    return;
  }
  Known& known = folders_[folder].known[uid];
  if (known.id.empty()) known.id = id;
  if (known.id != id) sim_.broken(cat(place(folder, uid), ": was ", known.id, ", is ", id));
}

void Model::check_bytes(const std::string& where, std::string_view bytes) {
  const std::string id = id_in(bytes);
  const auto message = messages_.find(id);
  if (message == messages_.end()) {
    sim_.broken(cat(where, ": '", id, "' is no message of ours"));
  } else if (!bytes.ends_with(message->second)) {
    sim_.broken(
        cat(where, ": ", id, " is torn: ", bytes.size(), " octets, sent ", message->second.size()));
  }
}

void Model::saw_bytes(const std::string& folder, std::uint32_t uid, std::string_view bytes) {
  check_bytes(place(folder, uid), bytes);
  saw_id(folder, uid, id_in(bytes));
  auto& hash = folders_[folder].known[uid].hash;
  if (!hash) hash = hash_of(bytes);
  if (*hash != hash_of(bytes)) sim_.broken(cat(place(folder, uid), ": the bytes changed"));
}

void Model::saw_all(const std::string& folder, TimePoint asked, TimePoint told,
                    std::uint32_t uid_next, const std::vector<std::uint32_t>& uids) {
  Folder& known = folders_[folder];
  for (const Listing& listing : known.listings) {
    if (listing.told > asked) continue;
    if (uid_next < listing.uid_next) {
      sim_.broken(cat(folder, ": UIDNEXT went from ", listing.uid_next, " to ", uid_next));
    }
    for (const std::uint32_t uid : uids) {
      // One whose removal was asked for and not confirmed may come back with the power.
      const auto message = known.known.find(uid);
      const bool is_open = message != known.known.end() && message->second.may_go;
      if (is_open && !message->second.is_gone) continue;
      if (uid < listing.uid_next && !listing.uids.contains(uid)) {
        sim_.broken(cat(place(folder, uid), ": appeared below UIDNEXT ", listing.uid_next));
      }
    }
  }
  if (known.listings.size() == kListingsKept) known.listings.erase(known.listings.begin());
  known.listings.push_back({told, uid_next, std::set<std::uint32_t>(uids.begin(), uids.end())});
}

void Model::removal_began(const std::string& folder, std::uint32_t uid, bool takes_copy) {
  Known& known = folders_[folder].known[uid];
  known.may_go = true;
  if (!takes_copy || known.is_expunged) return;
  known.is_expunged = true;
  --copies(folder.substr(0, folder.find('/')), known.id).least;
}

void Model::removal_done(const std::string& folder, std::uint32_t uid) {
  Known& known = folders_[folder].known[uid];
  if (known.is_gone) return;
  known.is_gone = true;
  if (known.is_expunged) --copies(folder.substr(0, folder.find('/')), known.id).most;
}

void Model::flag_set(const std::string& folder, std::uint32_t uid, const std::string& flag) {
  folders_[folder].known[uid].flags.insert(flag);
}

std::optional<std::string> Model::id_of(const std::string& folder, std::uint32_t uid) const {
  const auto it = folders_.find(folder);
  if (it == folders_.end()) return std::nullopt;
  const auto known = it->second.known.find(uid);
  if (known == it->second.known.end() || known->second.id.empty()) return std::nullopt;
  return known->second.id;
}

void Model::judge_folder(const std::string& folder, std::uint32_t uid_next,
                         const std::vector<Found>& messages) {
  const std::string account = folder.substr(0, folder.find('/'));
  std::set<std::uint32_t> there;
  std::uint32_t last = 0;
  for (const Found& message : messages) {
    const std::string where = place(folder, message.uid);
    if (message.uid <= last) sim_.broken(cat(where, ": after ", last));
    last = message.uid;
    if (message.uid >= uid_next) sim_.broken(cat(where, ": not below UIDNEXT ", uid_next));
    there.insert(message.uid);
    saw_bytes(folder, message.uid, message.bytes);
    ++copies(account, id_in(message.bytes)).found;
    ++found_;
    for (const std::string& flag : folders_[folder].known[message.uid].flags) {
      if (message.flags.find(flag) == std::string::npos) {
        sim_.broken(cat(where, ": lost the flag ", flag, ", has ", message.flags));
      }
    }
  }
  for (const auto& [uid, known] : folders_[folder].known) {
    const bool is_there = there.contains(uid);
    if (!is_there && !known.may_go) {
      sim_.broken(cat(place(folder, uid), ": ", known.id, " is gone, nobody removed it"));
    }
    if (is_there && known.is_gone) {
      sim_.broken(cat(place(folder, uid), ": ", known.id, " is back"));
    }
  }
}

void Model::judge_copies() {
  for (const auto& [key, copies] : copies_) {
    if (copies.found >= copies.least && copies.found <= copies.most) continue;
    sim_.broken(cat(key.first, " has ", copies.found, " copies of ", key.second, ", not ",
                    copies.least, " to ", copies.most));
  }
}

std::size_t Model::acknowledged() const {
  std::size_t sum = 0;
  for (const auto& [key, copies] : copies_) sum += copies.least > 0 ? 1 : 0;
  return sum;
}

}  // namespace mail::sim
