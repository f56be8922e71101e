#include <catch2/catch.hpp>

#include "net/change_tracker.h"

namespace mail::net {
namespace {

using Event = ChangeTracker::Event;

TimePoint at(int ms) { return TimePoint(milliseconds(1'000'000 + ms)); }

}  // namespace

TEST_CASE("Files are read when they are whole") {
  struct Step {
    int ms;
    const char* file;  // null: only look
    Event event;
    bool due;  // whether the files are read at this time
  };
  struct Row {
    const char* name;
    std::vector<Step> steps;
  };
  constexpr auto C = Event::kComplete;
  constexpr auto W = Event::kWriting;
  constexpr auto V = Event::kVanished;
  const Row rows[] = {
      {"a writer that closes", {{0, "a", C, true}, {5000, nullptr, C, false}}},
      {"a writer that stays",
       {{0, "a", W, false}, {999, nullptr, C, false}, {1000, nullptr, C, true}}},
      {"a writer that goes on",
       {{0, "a", W, false},
        {900, "a", W, false},
        {1899, nullptr, C, false},
        {1900, nullptr, C, true}}},
      {"a file that vanished",
       {{0, "a", V, false}, {99, nullptr, C, false}, {100, nullptr, C, true}}},
      {"a file that has a successor",
       {{0, "a", V, false}, {50, "a", C, true}, {200, nullptr, C, false}}},
      {"a file beside one that is being written",
       {{0, "a", W, false}, {10, "b", C, false}, {500, "a", C, true}}},
      {"a file beside one that is written for ever",
       {{0, "b", C, true},
        {1, "a", W, false},
        {2, "b", C, false},
        {900, "a", W, false},
        {1800, "a", W, false},
        {2700, "a", W, false},
        {3600, "a", W, false},
        {4500, "a", W, false},
        {5001, nullptr, C, false},
        {5002, nullptr, C, true},
        {5499, nullptr, C, false},
        {5500, nullptr, C, true}}},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    ChangeTracker tracker;
    CHECK_FALSE(tracker.deadline());
    for (const Step& step : row.steps) {
      INFO("at " << step.ms);
      if (step.file != nullptr) tracker.note(step.file, step.event, at(step.ms));
      const auto deadline = tracker.deadline();
      CHECK((deadline && *deadline <= at(step.ms)) == step.due);
      CHECK(tracker.take_due(at(step.ms)) == step.due);
    }
  }
}

}  // namespace mail::net
