// Messages prepared on several threads, used on one, in order.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "mail/bayes/database.h"

namespace mail::bayes {

struct PreparedExercise {
  Prepared message;
  std::optional<Class> as;
};
using UsePrepared = std::function<Status(std::size_t i, StatusOr<PreparedExercise> one)>;

/// `use` runs on the caller's thread; the first that it does not like ends all.
Status prepare_many(std::size_t count, const crypto::HashKey& key,
                    const Database::Training::Load& load, const UsePrepared& use,
                    std::size_t threads);

}  // namespace mail::bayes
