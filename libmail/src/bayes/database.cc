// The table's file is never changed: a new one replaces it. What is trained in between is appended
// to the journal, one checksummed record a message, and applied to the table in memory. So at any
// moment the files hold the table and a whole number of trained messages; a record torn by a crash
// is not believed, and the next training starts a new pair of files.
//
// Who asks reads the few blocks of the table that its message needs (Pages), and applies the
// journal to them. Who trains, or wants to see all, reads all of it first: nothing is trained on
// top of a table that is damaged somewhere.
//
// Both carry a generation. A journal belongs to the table of its own generation: one that is older
// was left behind when the table that contains it had been written already.
//
// Tested by tests/unit/bayes/database_test.cc.
#include "mail/bayes/database.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "bayes/bulk.h"
#include "bayes/format.h"
#include "bayes/pages.h"
#include "mail/base/mutex.h"
#include "mail/crypto/random.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kHeldBack = 256 << 10;  // octets of records before they are appended
constexpr int kDamagedNames = 100;
constexpr std::chrono::milliseconds kPause{20};
constexpr std::size_t kMostThreads = 8;  // more have nothing to do: one trains

crypto::HashKey random_key() {
  crypto::HashKey key{};
  crypto::fill_random(std::as_writable_bytes(std::span(key)));
  return key;
}

/// A folder's mode from its files': who may read may also enter.
std::uint32_t folder_mode(std::uint32_t mode) { return mode | ((mode & 0444U) >> 2); }

/// What tells that a file is still the one that was read.
struct Identity {
  std::uint64_t inode = 0;
  WallTime changed{};

  bool operator==(const Identity&) const = default;
};

struct Files {
  std::optional<Identity> table;
  std::optional<Identity> journal;  // without its ctime, which each record changes
};

}  // namespace

struct Database::State {
  State(Filesystem& files, std::string table_path, const DatabaseOptions& chosen)
      : filesystem(files), path(std::move(table_path)), options(chosen) {}

  std::string journal_path() const { return cat(path, ".journal"); }

  // ---- reading; all need `mutex`

  enum class Extent : std::uint8_t { kNeeded, kWhole };
  Status load(Extent extent);
  Status load_table(Extent extent);
  Status load_journal(bool from_start);
  bool is_readable();
  void apply(const Record& record);
  StatusOr<Files> identify();

  // ---- writing; all need `mutex` and the lock

  Status write_anew();
  Status append_held_back();
  Status keep_aside();
  Status remember(Record record);
  Status make_room(std::uint16_t day);
  std::uint64_t most_journal(bool is_training) const;

  Filesystem& filesystem;
  const std::string path;
  const DatabaseOptions options;
  std::string damage;

  Mutex mutex;
  Image image;
  Files seen;
  bool has_file = false;
  bool is_whole = false;     // `image` needs the file no more
  bool is_damaged = false;   // the table's file is of no use
  bool has_journal = false;  // of this generation
  bool journal_is_torn = false;
  std::uint64_t journal_end = 0;  // octets that were applied
  std::string held_back;          // records that stand behind them
  std::unique_ptr<File> journal;  // while training
  std::unique_ptr<File> lock;
};

StatusOr<Files> Database::State::identify() {
  Files files;
  auto table = filesystem.info(path);
  if (table.ok()) files.table = Identity{table->inode, table->changed};
  if (!table.ok() && !absl::IsNotFound(table.status())) return table.status();
  auto log = filesystem.info(journal_path());
  if (log.ok()) files.journal = Identity{log->inode, {}};
  if (!log.ok() && !absl::IsNotFound(log.status())) return log.status();
  return files;
}

void Database::State::apply(const Record& record) {
  const bool is_spam =
      record.kind == Record::Kind::kTrainSpam || record.kind == Record::Kind::kUntrainSpam;
  const Class c = is_spam ? Class::kSpam : Class::kHam;
  switch (record.kind) {
    case Record::Kind::kTrainHam:
    case Record::Kind::kTrainSpam:
      image.table.train(record.tokens, c, record.day);
      image.trained[record.digest] = c;
      return;
    case Record::Kind::kUntrainHam:
    case Record::Kind::kUntrainSpam:
      image.table.untrain(record.tokens, c);
      image.trained.erase(record.digest);
      return;
    case Record::Kind::kExpire: image.table.expire(record.day); return;
    case Record::Kind::kAge:
      image.table.age();
      image.trained.clear();
      return;
  }
}

Status Database::State::load(Extent extent) {
  // The table may be replaced between the looks at the two files: then once more.
  for (int attempt = 0;; ++attempt) {
    MAIL_ASSIGN_OR_RETURN(seen, identify());
    const crypto::HashKey key = image.key;  // stays, unless a file has another
    image = Image{};
    image.key = key;
    is_damaged = has_journal = is_whole = false;
    has_file = seen.table.has_value();
    if (has_file) {
      const Status status = load_table(extent);
      if (absl::IsNotFound(status) && attempt < 3) continue;
      if (absl::IsInvalidArgument(status)) {
        damage = cat(path, ": ", message_of(status));
        is_damaged = true;
        return absl::OkStatus();
      }
      MAIL_RETURN_IF_ERROR(status);
    }
    MAIL_RETURN_IF_ERROR(load_journal(true));
    MAIL_ASSIGN_OR_RETURN(const Files now, identify());
    if ((now.table == seen.table && now.journal == seen.journal) || attempt == 3) {
      is_whole = is_readable() && (!has_file || extent == Extent::kWhole);
      return absl::OkStatus();
    }
  }
}

Status Database::State::load_table(Extent extent) {
  if (extent == Extent::kWhole) {
    MAIL_ASSIGN_OR_RETURN(const std::string bytes,
                          read_file(filesystem, path, options.file_octets));
    MAIL_ASSIGN_OR_RETURN(image, read_image(bytes));
    return absl::OkStatus();
  }
  MAIL_ASSIGN_OR_RETURN(auto file, filesystem.open(path));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file->info());
  if (info.size > options.file_octets) return exhausted(path, " is too large");
  MAIL_ASSIGN_OR_RETURN(auto pages, Pages::open(std::move(file), options.cached_octets));
  image.key = pages->key();
  image.generation = pages->generation();
  image.table = Table::over(std::move(pages));
  return absl::OkStatus();
}

/// Whether what was asked of the table until now came from a sound file. If not, nothing is known
/// any more.
bool Database::State::is_readable() {
  const Status health = image.table.health();
  if (health.ok()) return true;
  damage = cat(path, ": ", message_of(health));
  const crypto::HashKey key = image.key;
  image = Image{};
  image.key = key;
  is_damaged = true;
  return false;
}

Status Database::State::load_journal(bool from_start) {
  if (from_start) {
    has_journal = journal_is_torn = false;
    journal_end = 0;
  }
  auto file = filesystem.open(journal_path());
  if (absl::IsNotFound(file.status())) return absl::OkStatus();
  if (!file.ok()) return file.status();
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, (*file)->info());
  if (info.size > options.file_octets) return exhausted(journal_path(), " is too large");
  if (info.size <= journal_end) return absl::OkStatus();

  std::string bytes(info.size - journal_end, '\0');
  MAIL_ASSIGN_OR_RETURN(const std::size_t got, (*file)->read_at(journal_end, bytes));
  std::string_view rest = std::string_view(bytes).substr(0, got);
  if (!has_journal) {
    // A generation that is not this table's: it is contained in it, or begun anew just now.
    if (read_journal_header(rest) != image.generation || !has_file) return absl::OkStatus();
    has_journal = true;
    journal_end = kJournalHeaderOctets;
    rest.remove_prefix(kJournalHeaderOctets);
  }
  std::size_t octets = 0;
  while (auto record = read_record(rest, image.key, image.generation, journal_end, octets)) {
    apply(*record);
    journal_end += octets;
    rest.remove_prefix(octets);
  }
  journal_is_torn = !rest.empty();
  return absl::OkStatus();
}

/// A new table with everything in it, then a new journal. A crash between the two leaves a journal
/// of an older generation, which nobody reads.
Status Database::State::write_anew() {
  journal.reset();
  held_back.clear();
  ++image.generation;
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem, path, write_image(image), options.mode));
  has_file = is_whole = true;
  is_damaged = has_journal = journal_is_torn = false;
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem, journal_path(),
                                             journal_header(image.generation), options.mode));
  has_journal = true;
  journal_end = kJournalHeaderOctets;
  MAIL_ASSIGN_OR_RETURN(seen, identify());
  return absl::OkStatus();
}

Status Database::State::append_held_back() {
  if (held_back.empty()) return absl::OkStatus();
  if (journal == nullptr) {
    MAIL_ASSIGN_OR_RETURN(journal, filesystem.open_append(journal_path(), options.mode));
  }
  MAIL_RETURN_IF_ERROR(journal->append(held_back));
  journal_end += held_back.size();
  held_back.clear();
  return absl::OkStatus();
}

/// Under the first free name: what was learned may still be of use to somebody.
Status Database::State::keep_aside() {
  for (int i = 1; i <= kDamagedNames; ++i) {
    const std::string aside = i == 1 ? cat(path, ".damaged") : cat(path, ".damaged.", i);
    if (filesystem.info(aside).ok()) continue;
    MAIL_RETURN_IF_ERROR(filesystem.rename(path, aside));
    append(damage, "; it was kept as ", aside);
    is_damaged = has_file = false;
    return absl::OkStatus();
  }
  return failed_precondition(path, " is damaged, and ", kDamagedNames,
                             " damaged ones are kept already: look at them, and remove them");
}

/// The length of the journal from which a new table is written: while training, when it is as long
/// as the table, so that many messages are learned in linear time; afterwards, at a 32nd: who opens
/// it reads the journal first.
std::uint64_t Database::State::most_journal(bool is_training) const {
  const std::uint64_t table = image.table.size() * sizeof(Bucket);
  return is_training ? std::max(options.journal_octets * 16, table)
                     : std::max(options.journal_octets, table / 32);
}

Status Database::State::remember(Record record) {
  const bool is_long = journal_end + held_back.size() > most_journal(true);
  if (!has_journal || journal_is_torn || is_long) {
    MAIL_RETURN_IF_ERROR(append_held_back());
    MAIL_RETURN_IF_ERROR(write_anew());
  }
  write_record(held_back, record, image.key, image.generation, journal_end + held_back.size());
  apply(record);
  return held_back.size() < kHeldBack ? absl::OkStatus() : append_held_back();
}

/// When there are too many tokens: what is rare and old goes; when that is little, half of all.
Status Database::State::make_room(std::uint16_t day) {
  if (image.table.size() <= options.tokens) return absl::OkStatus();
  MAIL_RETURN_IF_ERROR(remember({Record::Kind::kExpire, day, {}, {}}));
  if (image.table.size() <= options.tokens / 8 * 7) return absl::OkStatus();
  return remember({Record::Kind::kAge, day, {}, {}});
}

// ---- Database

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

Score Database::classify(std::string_view message, const Thresholds& thresholds) {
  Tokenizer tokenizer(key());
  const TokenSet& tokens = tokenizer.tokenize(message);
  {
    MutexLock hold(state_->mutex);
    const Source source{&state_->image.table, 1};
    const Score found = score(tokens.tokens(), std::span(&source, 1), thresholds);
    if (state_->is_readable()) return found;
  }
  (void)keep_damage_aside();
  return {};
}

Explanation Database::explain(std::string_view message, const Thresholds& thresholds) {
  Tokenizer tokenizer(key());
  const TokenSet& tokens = tokenizer.tokenize(message);
  {
    MutexLock hold(state_->mutex);
    const Source source{&state_->image.table, 1};
    Explanation found = bayes::explain(tokens.tokens(), std::span(&source, 1), thresholds);
    if (state_->is_readable()) return found;
  }
  (void)keep_damage_aside();
  return {};
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
