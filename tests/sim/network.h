// Connections on virtual time: the Transport port, both ends of it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/base/ports.h"
#include "sim/random.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

namespace mail::sim {

enum class Side : std::uint8_t { kClient = 0, kServer = 1 };

/// What one connection has to live through. A value.
struct Weather {
  Duration latency_least{50};
  Duration latency_most{3'000};
  std::size_t window = 65536;  // octets under way or unread in one direction
  enum class Cuts : std::uint8_t {
    kWhole,   // what was written arrives as it is
    kRandom,  // in a few pieces
    kOctets,  // octet by octet, as far as that is bearable
  };
  Cuts cuts = Cuts::kRandom;

  enum class Fault : std::uint8_t {
    kNone,
    kReset,      // both ends fail
    kHalfClose,  // the writer's side ends, the other still flows
    kSilence,    // nothing arrives any more, nobody is told
  };
  Fault fault = Fault::kNone;
  Side fault_writer = Side::kClient;  // strikes when this side …
  std::uint64_t fault_at = 0;         // … has written so many octets; the rest is lost

  bool operator==(const Weather&) const = default;
};

/// Any weather; a fault `fault_percent` times of a hundred.
Weather draw_weather(Dice& dice, std::uint64_t fault_percent);

class SimTransport;

/// Makes connections and breaks them. Outlives nothing in particular: links live in their ends and
/// events.
class Network {
 public:
  Network(Scheduler& scheduler, Trace& trace, Dice dice)
      : scheduler_(scheduler), trace_(trace), dice_(dice) {}

  struct Ends {
    std::unique_ptr<SimTransport> client;
    std::unique_ptr<SimTransport> server;
  };
  Ends make_link(std::string name, const Weather& weather, Endpoint client, Endpoint server);

  /// The server's machine is gone: what is under way may arrive, then each client sees a reset.
  void reset_all();
  /// Every server end is told `kStopping`, once.
  void stop_all();

  /// Server ends destroyed without `close` while nothing was wrong with them: a broken promise.
  std::uint64_t unclosed() const { return *unclosed_; }

 private:
  Scheduler& scheduler_;
  Trace& trace_;
  Dice dice_;
  std::vector<std::weak_ptr<class Link>> links_;
  std::shared_ptr<std::uint64_t> unclosed_ = std::make_shared<std::uint64_t>(0);
};

/// One end. TLS is a flag: the three steps of a handshake travel as marks in the stream, so bytes
/// on the wrong side of it spoil it, as they would in earnest.
class SimTransport final : public Transport {
 public:
  SimTransport(std::shared_ptr<Link> link, Side side, Endpoint peer, Endpoint local);
  ~SimTransport() override;

  Task<Readiness> wait(Interest interest, std::optional<TimePoint> deadline) override;
  Moved read(std::span<char> to) override;
  Moved write(std::string_view bytes) override;
  /// The server's end plays the server, the client's end the client.
  Task<StatusOr<TlsInfo>> start_tls(std::optional<TimePoint> deadline) override;
  void close() override;

  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override { return local_; }
  std::shared_ptr<Waker> waker() override;

  /// Half close: the other end reads to the end, and may still answer.
  void finish_writing();
  /// The other end fails at once; what it had not read is lost.
  void reset();

 private:
  std::shared_ptr<Link> link_;
  const Side side_;
  const Endpoint peer_;
  const Endpoint local_;
};

}  // namespace mail::sim
