#include "mail/server/event_bus.h"

#include <catch2/catch.hpp>

namespace mail::server {
namespace {

struct CountingWaker : Waker {
  void wake() override { ++wakes; }
  int wakes = 0;
};

TEST_CASE("A published topic wakes its subscribers and nobody else") {
  const auto bus = make_local_event_bus();
  const auto ann = std::make_shared<CountingWaker>();
  const auto bob = std::make_shared<CountingWaker>();
  const auto ann_subscription = bus->subscribe("mailbox/ann", ann);
  const auto bob_subscription = bus->subscribe("mailbox/bob", bob);
  bus->publish("mailbox/ann");
  bus->publish("mailbox/ann");
  bus->publish("mailbox/carol");
  CHECK(ann->wakes == 2);
  CHECK(bob->wakes == 0);
}

TEST_CASE("Several subscribers of a topic are all woken, each until its own subscription ends") {
  const auto bus = make_local_event_bus();
  const auto first = std::make_shared<CountingWaker>();
  const auto second = std::make_shared<CountingWaker>();
  auto first_subscription = bus->subscribe("t", first);
  const auto second_subscription = bus->subscribe("t", second);
  bus->publish("t");
  first_subscription.reset();
  bus->publish("t");
  CHECK(first->wakes == 1);
  CHECK(second->wakes == 2);
}

TEST_CASE("A subscription may outlive its bus") {
  auto bus = make_local_event_bus();
  auto subscription = bus->subscribe("t", std::make_shared<CountingWaker>());
  bus.reset();
  subscription.reset();
  CHECK(subscription == nullptr);
}

}  // namespace
}  // namespace mail::server
