// Every call of a store that changes what is on disk, and what must be true of it however it ended.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "disk.h"

namespace mail::store::test {

struct Scenario {
  std::string name;
  std::function<Status(Disk&)> prepare;
  std::function<Status(Disk&)> act;
  /// Checks the state after `act`; `ok`: it was acknowledged.
  std::function<void(const State&, bool ok)> verify;
  /// A failure may leave it done (the flush at the end failed) or done in part.
  bool may_have_happened = false;
};

std::vector<Scenario> scenarios();

/// What Scenario::act of some needs, and tests of their own.
/// After `act` ended with `status`: what failed is done by another try, the store works, and a
/// power cut takes nothing that was acknowledged.
void check_what_follows(const Scenario& scenario, Disk& disk, const Status& status);
void old_ones_are_there(const State& state);

}  // namespace mail::store::test
