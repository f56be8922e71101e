// The order of an end: accept no more; tell every connection; wait; cut those that are left; run
// the workers dry, so that nobody writes into a connection any more; destroy what still stands;
// join. Tested by tests/unit/net/network_test.cc.
#include "net/network.h"

#include <algorithm>
#include <future>
#include <thread>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/acceptor.h"

namespace mail::net {
namespace {

/// After a cut connections only have to notice; what takes longer hangs.
constexpr Duration kAfterCut = seconds(2);
constexpr std::size_t kControlConnections = 16;
/// Between two lines about too many connections: a flood of them must not become one of lines.
constexpr Duration kComplaintPause = seconds(10);

/// A quarter of the descriptors is for mailboxes, the control socket and ourselves.
std::size_t possible_connections(const Limits& limits) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) {
    return limits.connections;
  }
  return std::min<std::size_t>(limits.connections, files.rlim_cur - files.rlim_cur / 4);
}

/// Asio throws where a loop cannot be made; libmail does not. A loop needs three descriptors.
Status probe_descriptors(std::size_t loops) {
  std::vector<Descriptor> taken;
  for (std::size_t i = 0; i < loops * 3; ++i) {
    taken.emplace_back(eventfd(0, EFD_CLOEXEC));
    if (!taken.back()) {
      return exhausted("no file descriptors left for ", loops,
                       " loops: raise the limit of open files (ulimit -n, LimitNOFILE=)");
    }
  }
  return absl::OkStatus();
}

}  // namespace

Network::Network(const Limits& limits, Logger& logger)
    : logger_(logger),
      gate_(possible_connections(limits), limits.connections_per_address),
      control_gate_(kControlConnections, kControlConnections),
      pool_(limits.workers) {}

StatusOr<std::unique_ptr<Network>> Network::start(const Limits& limits, Logger& logger) {
  const std::size_t loops =
      limits.loops != 0 ? limits.loops : std::max(1U, std::thread::hardware_concurrency());
  MAIL_RETURN_IF_ERROR(probe_descriptors(loops));
  std::unique_ptr<Network> network(new Network(limits, logger));
  for (std::size_t i = 0; i < loops; ++i) {
    auto loop = std::make_unique<Loop>(network->pool_);
    MAIL_RETURN_IF_ERROR(loop->start(cat("mail loop ", i)));
    network->loops_.push_back(std::move(loop));
  }
  return network;
}

Network::~Network() { stop(Duration::zero()); }

Acceptor* Network::listen(Descriptor socket, Service service) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  services_.push_back(std::move(service));
  acceptors_.push_back(std::make_unique<Acceptor>(*this, services_.back(), std::move(socket)));
  Acceptor* acceptor = acceptors_.back().get();
  first_loop().inbox()->post([acceptor] { acceptor->start(); });
  return acceptor;
}

void Network::unlisten(Acceptor& acceptor) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
  }
  // Stopped acceptors stay in the list: connections still refer to their services.
  std::promise<void> closed;
  if (first_loop().inbox()->post([&] {
        acceptor.stop();
        closed.set_value();
      })) {
    closed.get_future().wait();
  }
}

void Network::set_limits(const Limits& limits) {
  gate_.set_limits(possible_connections(limits), limits.connections_per_address);
}

void Network::complain(std::string_view sentence, std::string_view peer) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  if (complained_ != TimePoint{} && now - complained_ < kComplaintPause) {
    ++swallowed_;
    return;
  }
  complained_ = now;
  logger_.warning(sentence, {{"peer", std::string(peer)},
                             {"connections", cat(gate_.count())},
                             {"similar", cat(std::exchange(swallowed_, 0))}});
}

void Network::adopt(Descriptor descriptor, Handler handler) {
  const std::lock_guard lock(mutex_);
  services_.push_back({.handler = std::move(handler), .tls = {}, .protocol = {}, .counts = false});
  Arrival arrival;
  arrival.descriptor = std::move(descriptor);
  arrival.is_load = false;
  if (control_gate_.admit({}, {}, arrival.ticket) != Gate::Verdict::kAdmitted) return;
  arrival.ticket.establish();
  first_loop().serve(std::move(arrival), services_.back().handler);
}

Loop& Network::least_loaded() {
  return **std::min_element(loops_.begin(), loops_.end(),
                            [](const auto& a, const auto& b) { return a->load() < b->load(); });
}

void Network::stop(Duration grace) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true) || loops_.empty()) return;
  }
  // Behind this, no connection is on its way to a loop that was told already.
  std::promise<void> closed;
  first_loop().inbox()->post([this, &closed] {
    for (const auto& acceptor : acceptors_) acceptor->stop();
    closed.set_value();
  });
  closed.get_future().wait();

  for (const auto& loop : loops_) loop->tell_stopping();
  bool ended = gate_.wait_until_empty(grace) && control_gate_.wait_until_empty(grace);
  if (!ended) {
    logger_.warning("some connections did not end in time, cut them",
                    {{"connections", cat(gate_.count())}});
    for (const auto& loop : loops_) loop->abort_connections();
    ended = gate_.wait_until_empty(kAfterCut) && control_gate_.wait_until_empty(kAfterCut);
  }
  if (!ended) {
    logger_.error("some connections hang, dropped them", {{"connections", cat(gate_.count())}});
  }
  pool_.stop();
  for (const auto& loop : loops_) loop->stop();
  acceptors_.clear();
}

}  // namespace mail::net
