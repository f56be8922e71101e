// Wake-ups inside one process: a table of topics, each with the wakers of those who look at it.
//
// Tested by tests/unit/server/event_bus_test.cc.
#include "mail/server/event_bus.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/absl.h"

namespace mail::server {
namespace {

struct Entry {
  std::uint64_t id = 0;
  std::shared_ptr<Waker> waker;
};

struct Topics {
  std::mutex mutex;
  std::uint64_t last_id = 0;
  StringMap<std::vector<Entry>> wakers;
};

/// Holds the table, not the bus: it may outlive the bus.
class LocalSubscription : public EventBus::Subscription {
 public:
  LocalSubscription(std::shared_ptr<Topics> topics, std::string topic, std::uint64_t id)
      : topics_(std::move(topics)), topic_(std::move(topic)), id_(id) {}

  ~LocalSubscription() override {
    const std::lock_guard lock(topics_->mutex);
    const auto found = topics_->wakers.find(topic_);
    if (found == topics_->wakers.end()) return;
    std::erase_if(found->second, [this](const Entry& entry) { return entry.id == id_; });
    if (found->second.empty()) topics_->wakers.erase(found);
  }

 private:
  std::shared_ptr<Topics> topics_;
  std::string topic_;
  std::uint64_t id_;
};

class LocalEventBus : public EventBus {
 public:
  std::unique_ptr<Subscription> subscribe(std::string_view topic,
                                          std::shared_ptr<Waker> waker) override {
    const std::lock_guard lock(topics_->mutex);
    const std::uint64_t id = ++topics_->last_id;
    topics_->wakers[topic].push_back({id, std::move(waker)});
    return std::make_unique<LocalSubscription>(topics_, std::string(topic), id);
  }

  void publish(std::string_view topic) override {
    std::vector<std::shared_ptr<Waker>> woken;
    {
      const std::lock_guard lock(topics_->mutex);
      const auto found = topics_->wakers.find(topic);
      if (found == topics_->wakers.end()) return;
      for (const Entry& entry : found->second) woken.push_back(entry.waker);
    }
    // Outside the lock: a waker may post to a loop that is just subscribing.
    for (const auto& waker : woken) waker->wake();
  }

 private:
  std::shared_ptr<Topics> topics_ = std::make_shared<Topics>();
};

}  // namespace

std::unique_ptr<EventBus> make_local_event_bus() { return std::make_unique<LocalEventBus>(); }

}  // namespace mail::server
