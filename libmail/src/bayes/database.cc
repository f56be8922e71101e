// What others ask of a database: answers from one table or several, and training. How it is read
// and written is in database_state.cc.
//
// Tested by tests/unit/bayes/database_test.cc, tests/unit/bayes/pages_test.cc.
#include "mail/bayes/database.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "bayes/bulk.h"
#include "bayes/database_state.h"
#include "mail/crypto/random.h"

namespace mail::bayes {
namespace {

constexpr std::chrono::milliseconds kPause{20};
constexpr std::size_t kMostThreads = 8;  // more have nothing to do: one trains

crypto::HashKey random_key() {
  crypto::HashKey key{};
  crypto::fill_random(std::as_writable_bytes(std::span(key)));
  return key;
}

/// A folder's mode from its files': who may read may also enter.
std::uint32_t folder_mode(std::uint32_t mode) { return mode | ((mode & 0444U) >> 2); }

}  // namespace

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

StatusOr<std::unique_ptr<Database>> Database::open(Filesystem& filesystem, std::string path,
                                                   const DatabaseOptions& options) {
  auto state = std::make_unique<State>(filesystem, std::move(path), options);
  {
    MutexLock hold(state->mutex);
    state->image.key = options.key.value_or(random_key());
    MAIL_RETURN_IF_ERROR(state->load(State::Extent::kNeeded));
  }
  auto database = std::unique_ptr<Database>(new Database(std::move(state)));
  MAIL_RETURN_IF_ERROR(database->keep_damage_aside());
  return database;
}

/// The next training would do it. Somebody should see it before.
Status Database::keep_damage_aside() {
  {
    MutexLock hold(state_->mutex);
    if (!state_->is_damaged) return absl::OkStatus();
  }
  const auto training = begin_training();
  return absl::IsUnavailable(training.status()) ? absl::OkStatus() : training.status();
}

/// All of it to memory; what cannot be read is an empty table.
void Database::take_whole() {
  {
    MutexLock hold(state_->mutex);
    if (state_->is_whole && !state_->is_damaged) return;
    (void)state_->load(State::Extent::kWhole);
  }
  (void)keep_damage_aside();  // `damage` tells
}

Status Database::refresh() {
  {
    MutexLock hold(state_->mutex);
    if (state_->lock != nullptr) return absl::OkStatus();  // this process trains: it knows
    MAIL_ASSIGN_OR_RETURN(const Files now, state_->identify());
    if (now.table == state_->seen.table && now.journal == state_->seen.journal &&
        state_->has_journal) {
      MAIL_RETURN_IF_ERROR(state_->load_journal(false));
      (void)state_->is_readable();
    } else {
      MAIL_RETURN_IF_ERROR(state_->load(State::Extent::kNeeded));
    }
  }
  return keep_damage_aside();
}

/// All tables are held still, in the order of their addresses, so that two who ask the same ones
/// wait for each other.
template <class Judge>
auto Database::ask(std::span<const Asked> asked, std::string_view message, const Judge& judge) {
  const crypto::HashKey key = asked.empty() ? crypto::HashKey{} : asked.front().database->key();
  Tokenizer tokenizer(key);
  const TokenSet& tokens = tokenizer.tokenize(message);
  std::vector<State*> states;
  for (const Asked& one : asked) states.push_back(one.database->state_.get());
  std::sort(states.begin(), states.end(), std::less<>());
  states.erase(std::unique(states.begin(), states.end()), states.end());
  std::vector<std::unique_lock<Mutex>> holds;
  for (State* state : states) holds.emplace_back(state->mutex);

  std::vector<Source> sources;
  for (const Asked& one : asked) {
    const Image& image = one.database->state_->image;
    if (image.key == key) sources.push_back({&image.table, one.factor});
  }
  auto found = judge(tokens.tokens(), sources);
  // What could not be read is an empty table by now.
  const auto is_readable = [](State* state) { return state->is_readable(); };
  bool is_sound = true;
  while (std::count_if(states.begin(), states.end(), is_readable) < std::ssize(states)) {
    is_sound = false;
    found = judge(tokens.tokens(), sources);
  }
  holds.clear();
  for (const Asked& one : asked) {
    if (!is_sound) (void)one.database->keep_damage_aside();
  }
  return found;
}

Score Database::classify(std::span<const Asked> asked, std::string_view message,
                         const Thresholds& thresholds) {
  const auto judge = [&](std::span<const Token> tokens, std::span<const Source> sources) {
    return score(tokens, sources, thresholds);
  };
  return ask(asked, message, judge);
}

Explanation Database::explain(std::span<const Asked> asked, std::string_view message,
                              const Thresholds& thresholds) {
  const auto judge = [&](std::span<const Token> tokens, std::span<const Source> sources) {
    return bayes::explain(tokens, sources, thresholds);
  };
  return ask(asked, message, judge);
}

Score Database::classify(std::string_view message, const Thresholds& thresholds) {
  const Asked only{this, 1};
  return classify({&only, 1}, message, thresholds);
}

Explanation Database::explain(std::string_view message, const Thresholds& thresholds) {
  const Asked only{this, 1};
  return explain({&only, 1}, message, thresholds);
}

std::optional<Class> Database::trained_as(std::string_view message) {
  const MessageDigest digest = digest_of(message);
  take_whole();
  MutexLock hold(state_->mutex);
  const auto found = state_->image.trained.find(digest);
  if (found == state_->image.trained.end()) return std::nullopt;
  return found->second;
}

StatusOr<Trained> Database::train(std::string_view message, Class c, std::uint16_t day) {
  MAIL_ASSIGN_OR_RETURN(Training training, begin_training());
  MAIL_ASSIGN_OR_RETURN(const Trained result, training.train(message, c, day));
  MAIL_RETURN_IF_ERROR(training.finish());
  return result;
}

StatusOr<std::optional<Class>> Database::untrain(std::string_view message) {
  MAIL_ASSIGN_OR_RETURN(Training training, begin_training());
  MAIL_ASSIGN_OR_RETURN(const std::optional<Class> result, training.untrain(message));
  MAIL_RETURN_IF_ERROR(training.finish());
  return result;
}

void Database::read(const std::function<void(const Table&)>& look) {
  take_whole();
  MutexLock hold(state_->mutex);
  look(state_->image.table);
}

std::vector<TrainedMessage> Database::trained_messages() {
  std::vector<TrainedMessage> messages;
  take_whole();
  MutexLock hold(state_->mutex);
  messages.reserve(state_->image.trained.size());
  for (const auto& [digest, c] : state_->image.trained) messages.push_back({digest, c});
  std::sort(messages.begin(), messages.end(),
            [](const TrainedMessage& a, const TrainedMessage& b) { return a.digest < b.digest; });
  return messages;
}

crypto::HashKey Database::key() const {
  MutexLock hold(state_->mutex);
  return state_->image.key;
}
std::string Database::damage() const {
  MutexLock hold(state_->mutex);
  return state_->damage;
}

// ---- Training

struct Database::Training::State {
  State(Database::State& where, const crypto::HashKey& key)
      : database(where), preparer_key(key), preparer(key) {}

  /// Memory may be ahead of the files: they are read again.
  Status give_up(Status why) {
    database.held_back.clear();
    database.journal.reset();
    const Status loaded = database.load(Database::State::Extent::kWhole);
    return loaded.ok() ? why : loaded;
  }

  Database::State& database;
  const crypto::HashKey preparer_key;  // while it trains, the table's stays
  Preparer preparer;
};

Database::Training::Training(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Training::Training(Training&&) noexcept = default;
Database::Training::~Training() {
  if (state_ != nullptr) (void)finish();  // whoever wants to know calls it
}

StatusOr<Database::Training> Database::begin_training() {
  State& state = *state_;
  MutexLock hold(state.mutex);
  if (state.lock != nullptr) return unavailable(state.path, " is being trained");
  MAIL_RETURN_IF_ERROR(
      make_directories(state.filesystem, parent_path(state.path), folder_mode(state.options.mode)));
  MAIL_ASSIGN_OR_RETURN(auto lock,
                        state.filesystem.open_append(cat(state.path, ".lock"), state.options.mode));
  MAIL_ASSIGN_OR_RETURN(const bool is_ours, lock->try_lock());
  if (!is_ours) return unavailable(state.path, " is being trained by another process");
  // Others may have trained until now.
  MAIL_RETURN_IF_ERROR(state.load(State::Extent::kWhole));
  if (state.is_damaged) MAIL_RETURN_IF_ERROR(state.keep_aside());
  // From here on the key stays: other tables may take it over.
  if (!state.has_file) MAIL_RETURN_IF_ERROR(state.write_anew());
  state.lock = std::move(lock);
  return Training(std::make_unique<Training::State>(state, state.image.key));
}

Prepared Preparer::prepare(std::string_view message) {
  return {digest_of(message), tokenizer_.tokenize(message).tokens()};
}

StatusOr<Database::Training> Database::begin_training(const std::function<bool()>& goes_on) {
  for (;;) {
    auto training = begin_training();
    if (!absl::IsUnavailable(training.status()) || !goes_on()) return training;
    std::this_thread::sleep_for(kPause);
  }
}

StatusOr<Trained> Database::Training::train(std::string_view message, Class c, std::uint16_t day) {
  return train(state_->preparer.prepare(message), c, day);
}

StatusOr<std::optional<Class>> Database::Training::untrain(std::string_view message) {
  return untrain(state_->preparer.prepare(message));
}

StatusOr<Trained> Database::Training::train(Prepared message, Class c, std::uint16_t day) {
  Database::State& database = state_->database;
  MutexLock hold(database.mutex);
  Trained result = Trained::kNew;
  const auto found = database.image.trained.find(message.digest);
  if (found != database.image.trained.end()) {
    if (found->second == c) return Trained::kUnchanged;
    result = Trained::kMoved;
    const Status status =
        database.remember({untrain_kind(found->second), day, message.digest, message.tokens});
    if (!status.ok()) return state_->give_up(status);
  }
  if (const Status status = database.make_room(day); !status.ok()) return state_->give_up(status);
  const Status status =
      database.remember({train_kind(c), day, message.digest, std::move(message.tokens)});
  if (!status.ok()) return state_->give_up(status);
  return result;
}

StatusOr<std::optional<Class>> Database::Training::untrain(Prepared message) {
  Database::State& database = state_->database;
  MutexLock hold(database.mutex);
  const auto found = database.image.trained.find(message.digest);
  if (found == database.image.trained.end()) return std::optional<Class>();
  const Class c = found->second;
  const Status status =
      database.remember({untrain_kind(c), 0, message.digest, std::move(message.tokens)});
  if (!status.ok()) return state_->give_up(status);
  return std::optional<Class>(c);
}

Status Database::Training::train_many(std::size_t count, std::uint16_t day, const Load& load,
                                      const Told& told, std::size_t threads) {
  const auto use = [&](std::size_t i, StatusOr<PreparedExercise> one) -> Status {
    if (!one.ok()) return told(i, one.status());
    Outcome outcome;
    if (one->as) {
      MAIL_ASSIGN_OR_RETURN(outcome.trained, train(std::move(one->message), *one->as, day));
    } else {
      MAIL_ASSIGN_OR_RETURN(outcome.untrained, untrain(std::move(one->message)));
    }
    return told(i, outcome);
  };
  return prepare_many(count, state_->preparer_key, load, use, threads);
}

std::size_t Database::Training::default_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
}

Status Database::Training::merge(const Table& learned, std::span<const TrainedMessage> messages) {
  Database::State& database = state_->database;
  MutexLock hold(database.mutex);
  database.image.table.merge(learned);
  for (const TrainedMessage& message : messages) database.image.trained[message.digest] = message.c;
  const Status status = database.write_anew();
  return status.ok() ? status : state_->give_up(status);
}

Status Database::Training::clear() {
  Database::State& database = state_->database;
  MutexLock hold(database.mutex);
  database.image.table = Table{};
  database.image.trained.clear();
  const Status status = database.write_anew();
  return status.ok() ? status : state_->give_up(status);
}

Status Database::Training::finish() {
  const std::unique_ptr<State> state = std::move(state_);
  if (state == nullptr) return absl::OkStatus();
  Database::State& database = state->database;
  MutexLock hold(database.mutex);
  const std::unique_ptr<File> lock = std::move(database.lock);
  Status status = database.append_held_back();
  if (status.ok() && database.journal_end > database.most_journal(false)) {
    status = database.write_anew();
  } else if (status.ok() && database.journal != nullptr) {
    status = database.journal->sync();
  }
  database.journal.reset();
  return status.ok() ? status : state->give_up(status);
}

}  // namespace mail::bayes
