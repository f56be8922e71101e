// A table in a file: what was learned survives, is exact, and is shared by processes.
//
//     auto database = mail::bayes::Database::open(mail::real_filesystem(),
//     "/var/mail-state/bayes/global", {});
//     (*database)->train(message, Class::kSpam, day);
//     (*database)->classify(other).verdict;
//
// Opening it, and classifying, reads what is needed of the file; training and `read` all of it.
//
// Beside `path` stand `path`.journal (what was trained since `path` was written) and `path`.lock.
// Any number of processes read; one trains at a time. docs/bayes.md has the format, and why it
// survives kill -9 and torn writes. All functions block (run them through the `Worker` port) and
// are safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"
#include "mail/bayes/score.h"
#include "mail/bayes/table.h"
#include "mail/bayes/tokens.h"

namespace mail::bayes {

/// A value.
struct DatabaseOptions {
  /// Of a new database; none: random. Tables that are to be read together need the same.
  std::optional<crypto::HashKey> key;
  std::uint32_t mode = 0600;               // of new files
  std::uint64_t file_octets = 1ULL << 30;  // larger files are refused
  std::uint64_t journal_octets = 1 << 18;  // longer, and longer than a 32nd of the table: a new
                                           // table is written
  std::uint64_t cached_octets = 16 << 20;  // of the table, kept from message to message
  std::size_t tokens = 8'000'000;          // more: what is rare and old goes, else half of all
};

enum class Trained : std::uint8_t {
  kNew,
  kUnchanged,  // the same message was trained as that class before
  kMoved,      // it was trained as the other class: that was taken back
};

/// A value: a message that was trained, by the beginning of its digest. Its text is not kept.
struct TrainedMessage {
  std::array<std::uint64_t, 2> digest{};
  Class c = Class::kHam;

  bool operator==(const TrainedMessage&) const = default;
};

/// What a table learns of a message, found without the table. A value.
struct Prepared {
  std::array<std::uint64_t, 2> digest{};
  std::vector<Token> tokens;
};

/// Prepares messages for a table with that key: several of them on several threads at once. A
/// resource that keeps its buffers; one thread at a time.
class Preparer {
 public:
  explicit Preparer(const crypto::HashKey& key) : tokenizer_(key) {}
  Prepared prepare(std::string_view message);

 private:
  Tokenizer tokenizer_;
};

/// A message of many. A value.
struct Exercise {
  std::string_view message;
  std::optional<Class> as;  // none: what was learned of it is taken back
};

/// What became of it. A value.
struct Outcome {
  Trained trained = Trained::kUnchanged;
  std::optional<Class> untrained;  // the class it was trained as, when it was taken back
  bool is_change() const { return trained != Trained::kUnchanged || untrained.has_value(); }
};

class Database;

/// One of several tables that are asked together. A value.
struct Asked {
  Database* database = nullptr;
  double factor = 1;  // how many messages of it one message counts for
};
/// Of a user's table that is asked beside the server's.
inline constexpr double kUserFactor = 4;

class Database {
 public:
  /// Missing files are an empty database; nothing is written until something is trained. Files that
  /// are damaged, or of another version, are kept aside as `path`.damaged (unless another process
  /// trains just now), and `damage` tells: at once when they are cut short, else when what is
  /// damaged is read. Fails: when a file cannot be read.
  static StatusOr<std::unique_ptr<Database>> open(Filesystem& filesystem, std::string path,
                                                  const DatabaseOptions& options);
  ~Database();

  /// Reads what other processes trained. Cheap when there is nothing new.
  Status refresh();

  /// Unsure when the table cannot be read; `damage` tells why.
  Score classify(std::string_view message, const Thresholds& thresholds = {});
  Explanation explain(std::string_view message, const Thresholds& thresholds = {});
  /// What several tables say together, a user's and the server's; of each the few blocks are read
  /// that the message needs. One that cannot be read, or that has another key than the first, says
  /// nothing.
  static Score classify(std::span<const Asked> asked, std::string_view message,
                        const Thresholds& thresholds = {});
  static Explanation explain(std::span<const Asked> asked, std::string_view message,
                             const Thresholds& thresholds = {});

  /// Fails: Unavailable while another process trains: try again. `day`s count from 1970.
  StatusOr<Trained> train(std::string_view message, Class c, std::uint16_t day);
  /// The class it was trained as; none when it was not.
  StatusOr<std::optional<Class>> untrain(std::string_view message);
  std::optional<Class> trained_as(std::string_view message);

  /// Many messages under one lock.
  class Training {
   public:
    Training(Training&&) noexcept;
    ~Training();  // what was trained stays
    StatusOr<Trained> train(std::string_view message, Class c, std::uint16_t day);
    StatusOr<std::optional<Class>> untrain(std::string_view message);
    StatusOr<Trained> train(Prepared message, Class c, std::uint16_t day);
    StatusOr<std::optional<Class>> untrain(Prepared message);

    /// Number `i` of many; the message may lie in `storage`. Called on several threads at once.
    using Load = std::function<StatusOr<Exercise>(std::size_t i, std::string& storage)>;
    /// What became of it, or why it was not loaded. On the caller's thread, in order; what is not
    /// OK ends all.
    using Told = std::function<Status(std::size_t i, const StatusOr<Outcome>& outcome)>;
    /// Messages 0 to `count` - 1, loaded and tokenized on so many threads, trained in order: what
    /// is learned does not depend on the threads.
    Status train_many(std::size_t count, std::uint16_t day, const Load& load, const Told& told,
                      std::size_t threads = default_threads());
    static std::size_t default_threads();

    /// Adds what another table with the same key learned: counts are added up, weights too;
    /// messages that both know count twice.
    Status merge(const Table& learned, std::span<const TrainedMessage> messages);
    /// Forgets everything but the key.
    Status clear();
    /// Writes what is still held back, durably, and gives up the lock.
    Status finish();

   private:
    friend class Database;
    struct State;
    explicit Training(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  /// Fails: Unavailable while another process, or another Training of this one, trains.
  StatusOr<Training> begin_training();
  /// The same, waiting as long as `goes_on`, which is asked some fifty times a second.
  StatusOr<Training> begin_training(const std::function<bool()>& goes_on);

  /// The whole table, unchanged while `look` runs, which calls nothing else of this object.
  void read(const std::function<void(const Table&)>& look);
  /// In ascending order of digests.
  std::vector<TrainedMessage> trained_messages();
  crypto::HashKey key() const;
  /// What was found wrong with the files; empty: nothing.
  std::string damage() const;

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  template <class Judge>
  static auto ask(std::span<const Asked> asked, std::string_view message, const Judge& judge);
  void take_whole();
  Status keep_damage_aside();
  std::unique_ptr<State> state_;
};

}  // namespace mail::bayes
