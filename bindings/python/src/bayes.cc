// The classifier for Python. Messages are read in place, from bytes objects that the caller holds;
// every call that tokenizes or touches the file does so without the GIL.
// Tested by tests/python/bayes_test.py.
#include "mail/bayes.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "bindings.h"

namespace mail::python {
namespace {

using bayes::Class;
using bayes::Database;
using Clock = std::chrono::steady_clock;

std::uint16_t today() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint16_t>(std::chrono::floor<std::chrono::days>(now).count());
}

Class class_of(bool is_spam) { return is_spam ? Class::kSpam : Class::kHam; }
const char* name_of(Class c) { return c == Class::kSpam ? "spam" : "ham"; }

const char* name_of(bayes::Trained trained) {
  switch (trained) {
    case bayes::Trained::kNew: return "new";
    case bayes::Trained::kUnchanged: return "unchanged";
    case bayes::Trained::kMoved: return "moved";
  }
  return "new";
}

/// `work(training, i)` trains from message number i on and tells where it stopped. Waits a moment
/// while another process trains. Called with the GIL, which nobody may wait for who holds up a
/// fork: signals are looked after between two slices, so that Ctrl-C is heard while it waits and
/// while it learns. A training lives in one blocking call, so that no fork splits it.
constexpr std::chrono::milliseconds kDeaf{100};      // while it waits
constexpr std::chrono::milliseconds kAbsorbed{500};  // while it learns

template <class Work>
void with_training(Database& database, std::size_t count, const Work& work) {
  constexpr std::chrono::seconds kPatience{10};
  auto give_up = Clock::now() + kPatience;
  for (std::size_t done = 0;;) {
    {
      const Blocking call;
      const auto until = std::min(give_up, Clock::now() + kDeaf);
      auto training = database.begin_training([&] { return Clock::now() < until; });
      if (!absl::IsUnavailable(training.status()) || Clock::now() >= give_up) {
        Database::Training ours = value_of(std::move(training));
        done = work(ours, done);
        check(ours.finish());
        give_up = Clock::now() + kPatience;
      }
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (done >= count) return;
  }
}

/// Messages `begin` to `count` - 1, as far as a slice of time takes it.
std::size_t train_slice(Database::Training& training, std::size_t begin, std::size_t count,
                        const Database::Training::Load& load,
                        const Database::Training::Told& told) {
  const auto until = Clock::now() + kAbsorbed;
  std::size_t next = begin;
  const auto load_next = [&](std::size_t i, std::string& storage) {
    return load(begin + i, storage);
  };
  const auto tell = [&](std::size_t i, const StatusOr<bayes::Outcome>& outcome) -> Status {
    MAIL_RETURN_IF_ERROR(told(begin + i, outcome));
    next = begin + i + 1;
    return Clock::now() < until ? absl::OkStatus() : absl::CancelledError();
  };
  const Status status = training.train_many(count - begin, today(), load_next, tell);
  if (!absl::IsCancelled(status)) check(status);
  return next;
}

using Verdict = std::tuple<std::string_view, double, double, double, double>;

Verdict verdict_of(const bayes::Score& score) {
  return {to_string(score.verdict), score.value(), score.log_odds, score.fisher, score.logistic};
}

std::unique_ptr<Database> open(const std::string& path, std::optional<crypto::HashKey> key) {
  const Blocking call;
  bayes::DatabaseOptions options;
  options.key = key;
  return value_of(Database::open(real_filesystem(), path, options));
}

/// Views into bytes objects, which the list keeps alive.
struct Batch {
  explicit Batch(const py::list& list) {
    for (const auto& item : list) messages.push_back(item.cast<std::string_view>());
  }
  std::vector<std::string_view> messages;
};

std::vector<const char*> train(Database& database, const py::list& list,
                               const std::vector<bool>& labels) {
  const Batch batch(list);
  std::vector<const char*> results;
  results.reserve(batch.messages.size());
  const auto load = [&](std::size_t i, std::string&) -> StatusOr<bayes::Exercise> {
    return bayes::Exercise{batch.messages[i], class_of(labels[i])};
  };
  const auto told = [&](std::size_t, const StatusOr<bayes::Outcome>& outcome) -> Status {
    results.push_back(name_of(outcome.value_or(bayes::Outcome{}).trained));
    return outcome.status();
  };
  const std::size_t count = batch.messages.size();
  with_training(database, count, [&](Database::Training& training, std::size_t begin) {
    return train_slice(training, begin, count, load, told);
  });
  return results;
}

std::vector<std::optional<std::string>> untrain(Database& database, const py::list& list) {
  const Batch batch(list);
  std::vector<std::optional<std::string>> results;
  results.reserve(batch.messages.size());
  const auto load = [&](std::size_t i, std::string&) -> StatusOr<bayes::Exercise> {
    return bayes::Exercise{batch.messages[i], std::nullopt};
  };
  const auto told = [&](std::size_t, const StatusOr<bayes::Outcome>& outcome) -> Status {
    MAIL_RETURN_IF_ERROR(outcome.status());
    results.push_back(outcome->untrained ? std::optional<std::string>(name_of(*outcome->untrained))
                                         : std::nullopt);
    return absl::OkStatus();
  };
  const std::size_t count = batch.messages.size();
  with_training(database, count, [&](Database::Training& training, std::size_t begin) {
    return train_slice(training, begin, count, load, told);
  });
  return results;
}

/// The table, and the server's beside it, as far as there is one. Both as they are now.
std::vector<bayes::Asked> asked_of(Database& database, Database* beside) {
  check(database.refresh());
  if (beside == nullptr) return {{&database, 1}};
  check(beside->refresh());
  if (beside->key() != database.key()) {
    check(invalid("tables of different keys cannot be read together: make one `like` the other"));
  }
  return {{&database, bayes::kUserFactor}, {beside, 1}};
}

std::vector<Verdict> classify(Database& database, const py::list& list, Database* beside) {
  const Batch batch(list);
  const Blocking call;
  const auto asked = asked_of(database, beside);
  std::vector<Verdict> verdicts;
  verdicts.reserve(batch.messages.size());
  for (const std::string_view message : batch.messages) {
    verdicts.push_back(verdict_of(Database::classify(asked, message)));
  }
  return verdicts;
}

py::tuple explain(Database& database, std::string_view message, Database* beside) {
  bayes::Explanation why;
  std::unordered_map<bayes::Token, std::string> texts;
  {
    const Blocking call;
    why = Database::explain(asked_of(database, beside), message);
    bayes::Tokenizer tokenizer(database.key());
    tokenizer.tokenize(message,
                       [&](bayes::Token token, std::string_view text) { texts[token] = text; });
  }
  py::list reasons;
  for (const bayes::Reason& reason : why.reasons) {
    reasons.append(py::make_tuple(to_str(texts[reason.token]), reason.ham, reason.spam,
                                  reason.fisher, reason.logistic));
  }
  py::list decisive;
  for (const bayes::Token token : why.decisive) decisive.append(to_str(texts[token]));
  const auto otherwise = why.decisive.empty() ? std::optional<std::string_view>()
                                              : std::optional(to_string(why.otherwise));
  return py::make_tuple(verdict_of(why.score), reasons, why.combination, decisive, otherwise);
}

std::optional<std::string> trained_as(Database& database, std::string_view message) {
  const Blocking call;
  check(database.refresh());
  const auto c = database.trained_as(message);
  return c ? std::optional<std::string>(name_of(*c)) : std::nullopt;
}

std::tuple<std::uint64_t, std::uint64_t, std::size_t> counts(Database& database) {
  const Blocking call;
  check(database.refresh());
  std::tuple<std::uint64_t, std::uint64_t, std::size_t> found;
  database.read([&](const bayes::Table& table) {
    found = {table.messages(Class::kHam), table.messages(Class::kSpam), table.size()};
  });
  return found;
}

}  // namespace

void define_bayes(py::module_& module) {
  py::class_<Database>(module, "BayesDatabase")
      .def(py::init(&open))
      .def("train", &train)
      .def("untrain", &untrain)
      .def("classify", &classify, py::arg(), py::arg().none(true))
      .def("explain", &explain, py::arg(), py::arg().none(true))
      .def("trained_as", &trained_as)
      .def("counts", &counts)
      .def("damage", [](const Database& database) { return to_str(database.damage()); })
      .def("key", [](const Database& database) { return database.key(); });
}

}  // namespace mail::python
