// A mail program at random: looks, searches, flags, files, deletes, waits, and goes away in the
// middle. Before each thing that can change mail the model hears what may happen; afterwards, what
// the server said did.
//
// Tested by tests/sim/delivery_test.cc.
#include "sim/imap_client.h"

#include <algorithm>
#include <utility>

namespace mail::sim {

namespace {

constexpr std::size_t kAttempts = 400;
constexpr std::string_view kArchive = "Archive";

class ImapClient {
 public:
  ImapClient(Simulation& sim, Model& model, std::string name, std::string account)
      : sim_(sim),
        model_(model),
        name_(std::move(name)),
        account_(std::move(account)),
        dice_(sim.dice(name_)) {}

  Task<void> run(std::size_t actions);

 private:
  using Answer = ImapConnection::Answer;

  Task<void> connect();
  Task<void> select(std::string folder);
  Task<void> act();
  Task<void> look();
  Task<void> read_bodies();
  Task<void> search();
  Task<void> flag();
  Task<void> append();
  Task<void> copy(bool moves);
  Task<void> expunge();
  Task<void> idle();

  std::string place() const { return cat(account_, "/", connection_->folder()); }
  std::string place(std::string_view folder) const { return cat(account_, "/", folder); }
  /// A message whose id ends so; 0 when none is known.
  std::uint32_t some_uid(char letter);
  void learn(const Answer& answer);

  Simulation& sim_;
  Model& model_;
  const std::string name_;
  const std::string account_;
  Dice dice_;
  std::size_t appended_ = 0;
  std::unique_ptr<ImapConnection> connection_;
};

Task<void> ImapClient::connect() {
  const server::Protocol protocol =
      dice_.percent(50) ? server::Protocol::kImap : server::Protocol::kImaps;
  connection_ = std::make_unique<ImapConnection>(sim_, name_, sim_.connect(protocol, dice_, name_));
  const bool is_in = co_await connection_->log_in(account_, protocol);
  if (!is_in) {
    connection_.reset();
    co_return;
  }
  co_await select("INBOX");
}

/// SELECT, and the list of everything that was there.
Task<void> ImapClient::select(std::string folder) {
  const TimePoint asked = sim_.scheduler.now();
  bool is_selected = co_await connection_->select(folder);
  if (!is_selected && !connection_->failed() && folder == kArchive) {
    // Another client may make it first: NO is no fault.
    co_await connection_->command("CREATE " + folder);
    is_selected = co_await connection_->select(folder);
  }
  if (!is_selected) co_return;
  model_.saw_uid_validity(place(), connection_->uid_validity());
  const std::uint32_t uid_next = connection_->uid_next();
  const std::size_t existed = connection_->uids().size();
  const auto answer = co_await connection_->command(
      "UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-Sim-Id)])");
  if (!answer.is_ok()) co_return;
  learn(answer);
  std::vector<std::uint32_t> listed;
  for (const auto& message : ImapConnection::fetched(answer)) listed.push_back(message.uid);
  std::sort(listed.begin(), listed.end());
  listed.erase(std::unique(listed.begin(), listed.end()), listed.end());
  if (listed.size() < existed) {
    // Some were expunged meanwhile by others: then they may be missing from the answer.
    sim_.trace.add(name_, cat("listed ", listed.size(), " of ", existed));
  }
  model_.saw_all(place(), asked, sim_.scheduler.now(), uid_next, listed);
}

void ImapClient::learn(const Answer& answer) {
  for (const auto& message : ImapConnection::fetched(answer)) {
    if (!message.body) continue;
    const std::string id = id_in(*message.body);
    if (!id.empty()) model_.saw_id(place(), message.uid, id);
  }
}

std::uint32_t ImapClient::some_uid(char letter) {
  const auto& uids = connection_->uids();
  for (int tries = 0; tries < 20 && !uids.empty(); ++tries) {
    const std::uint32_t uid = uids[dice_.below(uids.size())];
    if (uid == 0) continue;
    const auto id = model_.id_of(place(), uid);
    if (id && id->back() == letter) return uid;
  }
  return 0;
}

Task<void> ImapClient::look() {
  const auto answer = co_await connection_->command("NOOP");
  learn(answer);
  const auto list = co_await connection_->command(cat(
      "UID FETCH ", connection_->uid_next(), ":* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-Sim-Id)])"));
  learn(list);
}

Task<void> ImapClient::read_bodies() {
  if (connection_->uids().empty()) co_return;
  const std::uint64_t first = dice_.between(1, connection_->uids().size());
  const std::uint64_t last =
      std::min<std::uint64_t>(first + dice_.below(8), connection_->uids().size());
  const auto answer = co_await connection_->command(
      cat("FETCH ", first, ":", last, " (UID FLAGS RFC822.SIZE BODY.PEEK[])"));
  for (const auto& message : ImapConnection::fetched(answer)) {
    if (message.body) model_.saw_bytes(place(), message.uid, *message.body);
  }
}

Task<void> ImapClient::search() {
  const std::uint32_t uid = some_uid("SDM"[dice_.below(3)]);
  if (uid == 0) co_return;
  const auto id = model_.id_of(place(), uid);
  const auto answer = co_await connection_->command(cat("UID SEARCH HEADER X-Sim-Id ", *id));
  for (const auto& line : answer.lines) {
    if (!line.text.starts_with("* SEARCH ")) continue;
    std::string numbers = line.text.substr(9);
    std::replace(numbers.begin(), numbers.end(), ' ', ',');
    for (const std::uint32_t found : ImapConnection::numbers_of(numbers)) {
      model_.saw_id(place(), found, *id);
    }
  }
}

Task<void> ImapClient::flag() {
  const std::uint32_t uid = some_uid("SDM"[dice_.below(3)]);
  if (uid == 0) co_return;
  static constexpr std::string_view kFlags[] = {"\\Flagged", "\\Seen", "\\Answered", "$Forwarded",
                                                "simulated"};
  const std::string flag(kFlags[dice_.below(std::size(kFlags))]);
  const std::string where = place();
  const auto answer = co_await connection_->command(cat("UID STORE ", uid, " +FLAGS (", flag, ")"));
  // OK also when the message went meanwhile; then the flag went with it.
  if (answer.is_ok()) model_.flag_set(where, uid, flag);
}

Task<void> ImapClient::append() {
  const Made message =
      make_message(dice_, cat(name_, "-", ++appended_, "-", std::string(1, "SDM"[dice_.below(3)])));
  const std::string folder = dice_.percent(50) ? "INBOX" : std::string(kArchive);
  model_.made(message);
  model_.copy_began(account_, message.id);
  const auto answer = co_await connection_->append(folder, "\\Seen", message.bytes);
  if (answer.is_ok()) {
    model_.copy_done(account_, message.id);
    if (const auto code = answer.code("APPENDUID")) {
      const std::size_t blank = code->find(' ');
      for (const std::uint32_t uid : ImapConnection::numbers_of(code->substr(blank + 1))) {
        model_.saw_id(place(folder), uid, message.id);
      }
    } else {
      sim_.broken(cat(name_, ": APPEND without APPENDUID"));
    }
  } else if (!answer.status.empty()) {
    model_.copy_undone(account_, message.id);
  }
}

Task<void> ImapClient::copy(bool moves) {
  const std::uint32_t uid = some_uid('M');
  if (uid == 0) co_return;
  const std::string id = *model_.id_of(place(), uid);
  const std::string from = place();
  const std::string to = connection_->folder() == kArchive ? "INBOX" : std::string(kArchive);
  if (moves) {
    model_.removal_began(from, uid, false);
  } else {
    model_.copy_began(account_, id);
  }
  const std::string_view verb = moves ? "UID MOVE " : "UID COPY ";
  const auto answer = co_await connection_->command(cat(verb, uid, " ", to));
  const auto code = answer.code("COPYUID");
  if (answer.is_ok() && code) {
    const std::size_t first = code->find(' ');
    const std::size_t second = code->find(' ', first + 1);
    const auto there = ImapConnection::numbers_of(code->substr(second + 1));
    if (there.size() != 1) sim_.broken(cat(name_, ": COPYUID ", *code, " for one message"));
    for (const std::uint32_t new_uid : there) model_.saw_id(place(to), new_uid, id);
    if (moves) model_.removal_done(from, uid);
    if (!moves) model_.copy_done(account_, id);
  } else if (!answer.status.empty() && !moves) {
    model_.copy_undone(account_, id);
  }
}

Task<void> ImapClient::expunge() {
  const std::uint32_t uid = some_uid('D');
  if (uid == 0) co_return;
  const std::string where = place();
  model_.removal_began(where, uid, true);
  const auto marked =
      co_await connection_->command(cat("UID STORE ", uid, " +FLAGS.SILENT (\\Deleted)"));
  if (!marked.is_ok()) co_return;
  const std::string command = dice_.percent(50) ? std::string("EXPUNGE") : cat("UID EXPUNGE ", uid);
  const auto answer = co_await connection_->command(command);
  if (answer.is_ok()) model_.removal_done(where, uid);
}

Task<void> ImapClient::idle() {
  const TimePoint end = sim_.scheduler.now() + dice_.between(milliseconds(1), minutes(2));
  const auto answer = co_await connection_->idle(end);
  learn(answer);
}

Task<void> ImapClient::act() {
  const std::uint64_t choice = dice_.below(100);
  if (choice < 15) {
    std::string folder = dice_.percent(65) ? "INBOX" : std::string(kArchive);
    co_await select(std::move(folder));
  } else if (connection_->folder().empty()) {
    co_await select("INBOX");
  } else if (choice < 25) {
    co_await look();
  } else if (choice < 40) {
    co_await read_bodies();
  } else if (choice < 47) {
    co_await search();
  } else if (choice < 57) {
    co_await flag();
  } else if (choice < 65) {
    co_await append();
  } else if (choice < 73) {
    co_await copy(false);
  } else if (choice < 81) {
    co_await copy(true);
  } else if (choice < 90) {
    co_await expunge();
  } else if (choice < 96) {
    co_await idle();
  } else {
    if (choice < 98) co_await connection_->command("LOGOUT");
    connection_.reset();
  }
}

Task<void> ImapClient::run(std::size_t actions) {
  std::size_t failures = 0;
  for (std::size_t done = 0; done < actions;) {
    const Duration pause = dice_.between(milliseconds(0), seconds(3));
    co_await pause_for(sim_.scheduler, pause);
    if (connection_ && connection_->failed()) connection_.reset();
    if (!connection_) co_await connect();
    if (!connection_) {
      if (++failures == kAttempts) {
        sim_.broken(cat(name_, " cannot log in"));
        co_return;
      }
      co_await pause_for(sim_.scheduler, seconds(5));
      continue;
    }
    if (connection_->failed()) continue;
    ++done;
    co_await act();
  }
  if (connection_) co_await connection_->command("LOGOUT");
  connection_.reset();
}

Task<void> judge_account(Simulation& sim, Model& model, std::string account) {
  ImapConnection connection(sim, "judge", sim.connect(server::Protocol::kImap, Weather(), "judge"));
  const bool is_in = co_await connection.log_in(account, server::Protocol::kImap);
  if (!is_in) {
    sim.broken(cat("the judge cannot log in as ", account));
    co_return;
  }
  const auto list = co_await connection.command("LIST \"\" *");
  for (const auto& line : list.lines) {
    std::string folder = line.text.substr(line.text.rfind(' ') + 1);
    std::erase(folder, '"');
    const bool is_selected = co_await connection.select(folder);
    if (!is_selected) {
      sim.broken(cat("the judge cannot select ", account, "/", folder));
      continue;
    }
    const std::string place = cat(account, "/", folder);
    model.saw_uid_validity(place, connection.uid_validity());
    // "UID FETCH", as a sequence set of an empty folder is an error.
    const auto answer = co_await connection.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[])");
    std::vector<Model::Found> found;
    for (auto& message : ImapConnection::fetched(answer)) {
      if (!message.body) sim.broken(cat(place, " uid ", message.uid, ": no body"));
      found.push_back({message.uid, message.flags, message.body.value_or("")});
    }
    if (found.size() != connection.uids().size()) {
      sim.broken(cat(place, ": ", connection.uids().size(), " exist, ", found.size(), " fetched"));
    }
    model.judge_folder(place, connection.uid_next(), found);
  }
  co_await connection.command("LOGOUT");
}

}  // namespace

Task<void> imap_client(Simulation& sim, Model& model, std::string name, std::string account,
                       std::size_t actions) {
  ImapClient client(sim, model, std::move(name), std::move(account));
  co_await client.run(actions);
}

Task<void> judge_everything(Simulation& sim, Model& model) {
  for (const std::string_view account : kAccounts) {
    co_await judge_account(sim, model, std::string(account));
  }
  model.judge_copies();
}

}  // namespace mail::sim
