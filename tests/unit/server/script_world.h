// A world for one connection whose client is a script: all its bytes are there from the start,
// every job runs at once, time passes only when somebody waits for it. `talk` returns everything
// that the server said.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/ports.h"
#include "mail/directory/current.h"
#include "mail/server/event_bus.h"
#include "mail/server/service.h"
#include "mail/store/memory.h"

namespace mail::server::test {

class ManualClock : public Clock {
 public:
  TimePoint now() const override { return now_; }
  WallTime wall() const override {
    return WallTime(std::chrono::seconds(1'700'000'000)) + (now_ - TimePoint{});
  }
  void advance_to(TimePoint time) { now_ = std::max(now_, time); }

 private:
  TimePoint now_{};
};

class CountingRandom : public Random {
 public:
  void fill(std::span<std::byte> to) override {
    for (std::byte& byte : to) byte = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0;
};

class InlineWorker : public Worker {
 public:
  Task<void> run(std::function<void()> job) override {
    job();
    co_return;
  }
};

class ListLogger : public Logger {
 public:
  void log(Level, std::string_view sentence, std::span<const Field> fields) override {
    std::string line(sentence);
    for (const Field& field : fields) append(line, ' ', field.name, '=', field.value);
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

class NoWaker : public Waker {
 public:
  void wake() override {}
};

/// Behind the script: the end of the stream, or a peer that stays and says nothing more.
enum class Ending { kLeaves, kStays };

/// Hands out the script in pieces of `cut` octets.
class ScriptTransport : public Transport {
 public:
  ScriptTransport(ManualClock& clock, std::string script, std::size_t cut, std::string& output,
                  Ending ending = Ending::kLeaves)
      : clock_(clock), script_(std::move(script)), cut_(cut), output_(output), ending_(ending) {}

  Task<Readiness> wait(Interest interest, std::optional<TimePoint> deadline) override {
    const bool is_silent = ending_ == Ending::kStays && position_ == script_.size();
    if ((interest.readable && !is_silent) || interest.writable) co_return Readiness::kReady;
    if (deadline) clock_.advance_to(*deadline);
    co_return Readiness::kDeadline;
  }
  Moved read(std::span<char> to) override {
    const std::size_t octets = std::min({to.size(), cut_, script_.size() - position_});
    std::copy_n(script_.data() + position_, octets, to.data());
    position_ += octets;
    return {octets, octets != 0 || ending_ == Ending::kStays};
  }
  Moved write(std::string_view bytes) override {
    output_ += bytes;
    return {bytes.size(), true};
  }
  Task<StatusOr<TlsInfo>> start_tls(std::optional<TimePoint>) override {
    co_return TlsInfo{"TLSv1.3", "TLS_AES_128_GCM_SHA256", ""};
  }
  void close() override {}
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override { return local_; }
  std::shared_ptr<Waker> waker() override { return std::make_shared<NoWaker>(); }

 private:
  ManualClock& clock_;
  std::string script_;
  std::size_t cut_;
  std::string& output_;
  Ending ending_;
  std::size_t position_ = 0;
  Endpoint peer_{"192.0.2.7", 40000};
  Endpoint local_{"192.0.2.1", 25};
};

struct ScriptWorld {
  explicit ScriptWorld(const directory::Snapshot::Texts& texts, ServiceOptions options = {})
      : bus(make_local_event_bus()),
        store(store::make_memory_store(clock, bus.get())),
        current(directory::Snapshot::from_texts(texts, directory_options())) {
    options.hostname = "mail.example.test";
    options.has_tls = true;
    shared = make_shared_state(std::move(options));
  }

  static directory::Options directory_options() {
    directory::Options options;
    options.hostname = "mail.example.test";
    return options;
  }

  std::string talk(Protocol protocol, std::string script, std::size_t cut = 4096,
                   Ending ending = Ending::kLeaves) {
    std::string output;
    auto transport =
        std::make_unique<ScriptTransport>(clock, std::move(script), cut, output, ending);
    Task<void> task = serve(world, shared, protocol, std::move(transport));
    task.start();
    ended = task.done();
    return output;
  }

  ManualClock clock;
  CountingRandom random;
  InlineWorker worker;
  ListLogger logger;
  std::unique_ptr<EventBus> bus;
  std::unique_ptr<store::Store> store;
  directory::Current current;
  World world{clock, random, worker, logger, *bus, *store, current};
  std::shared_ptr<Shared> shared;
  bool ended = false;
};

}  // namespace mail::server::test
