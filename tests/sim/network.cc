// The ends of a link as Transports: sleeping, waking, and the handshake on top of link.cc.
//
// A sleeper never resumes inside somebody else's call: whoever makes it ready posts an event, a
// little later. So two connections that become ready at the same moment run in an order of the
// seed's choice, and no coroutine finds the world changed under its feet.
//
// Tested by tests/sim/network_test.cc.
#include "sim/network.h"

#include <algorithm>

#include "sim/link.h"

namespace mail::sim {

Weather draw_weather(Dice& dice, std::uint64_t fault_percent) {
  Weather weather;
  weather.latency_least = dice.between(Duration(10), Duration(500));
  weather.latency_most = weather.latency_least + dice.between(Duration(0), Duration(40'000));
  static constexpr std::size_t kWindows[] = {512, 1500, 4096, 16384, 65536, 262144};
  weather.window = kWindows[dice.below(std::size(kWindows))];
  const std::uint64_t cuts = dice.below(10);
  weather.cuts = cuts < 3   ? Weather::Cuts::kWhole
                 : cuts < 8 ? Weather::Cuts::kRandom
                            : Weather::Cuts::kOctets;
  if (!dice.percent(fault_percent)) return weather;
  static constexpr Weather::Fault kFaults[] = {Weather::Fault::kReset, Weather::Fault::kReset,
                                               Weather::Fault::kHalfClose,
                                               Weather::Fault::kSilence};
  weather.fault = kFaults[dice.below(std::size(kFaults))];
  weather.fault_writer = dice.percent(50) ? Side::kClient : Side::kServer;
  // Dialogs are short and messages long: small numbers must be as likely as large ones.
  weather.fault_at = dice.below(std::uint64_t{1} << dice.between(1, 16));
  return weather;
}

namespace {

struct WaitAwaiter {
  Link& link;
  Side side;
  Transport::Interest interest;
  std::optional<TimePoint> deadline;
  Transport::Readiness readiness = Transport::Readiness::kReady;
  bool asleep = false;
  bool resuming = false;
  Scheduler::Timer timer{};
  std::coroutine_handle<> handle{};

  ~WaitAwaiter() {
    if (asleep) link.set_sleeper(side, nullptr);
  }
  bool is_ready() const {
    // `look` takes what it tells, so it is asked only by whoever hands the answer out.
    return link.has_something(side, interest, deadline);
  }
  bool await_ready() {
    if (!is_ready() || !link.answers_at_once()) return false;
    readiness = *link.look(side, interest, deadline);
    return true;
  }
  void await_suspend(std::coroutine_handle<> who) {
    handle = who;
    asleep = true;
    link.set_sleeper(side, [this] { poke(); });
    if (is_ready()) {
      poke();
    } else if (deadline) {
      timer = link.scheduler().post(*deadline, [this] { resume(); });
    }
  }
  Transport::Readiness await_resume() const { return readiness; }

  void poke() {
    if (resuming || !is_ready()) return;
    resuming = true;
    timer = link.scheduler().post_in(link.jitter(), [this] { resume(); });
  }
  void resume() {
    const auto found = link.look(side, interest, deadline);
    if (!found) {
      resuming = false;
      return;
    }
    readiness = *found;
    asleep = false;
    link.set_sleeper(side, nullptr);
    handle.resume();
  }
};

class LinkWaker final : public Waker {
 public:
  LinkWaker(std::weak_ptr<Link> link, Side side) : link_(std::move(link)), side_(side) {}
  void wake() override {
    if (const auto link = link_.lock()) link->wake(side_);
  }

 private:
  const std::weak_ptr<Link> link_;
  const Side side_;
};

}  // namespace

SimTransport::SimTransport(std::shared_ptr<Link> link, Side side, Endpoint peer, Endpoint local)
    : link_(std::move(link)), side_(side), peer_(std::move(peer)), local_(std::move(local)) {}

SimTransport::~SimTransport() {
  if (link_->is_closed(side_)) return;
  link_->note(side_, "destroyed without close");
  if (side_ == Side::kServer) link_->count_unclosed();
  link_->close(side_);
}

Task<Transport::Readiness> SimTransport::wait(Interest interest,
                                              std::optional<TimePoint> deadline) {
  WaitAwaiter awaiter{.link = *link_, .side = side_, .interest = interest, .deadline = deadline};
  const auto readiness = co_await awaiter;
  co_return readiness;
}

Transport::Moved SimTransport::read(std::span<char> to) { return link_->read(side_, to); }
Transport::Moved SimTransport::write(std::string_view bytes) { return link_->write(side_, bytes); }
void SimTransport::close() { link_->close(side_); }
void SimTransport::finish_writing() { link_->finish_writing(side_); }
void SimTransport::reset() { link_->reset(side_); }
std::shared_ptr<Waker> SimTransport::waker() { return std::make_shared<LinkWaker>(link_, side_); }

Task<StatusOr<TlsInfo>> SimTransport::start_tls(std::optional<TimePoint> deadline) {
  // Client hello, server hello, client's finish: each side's part of the three.
  const bool is_client = side_ == Side::kClient;
  const int expected = is_client ? 1 : 2;
  if (is_client) link_->put_handshake(side_);
  for (int seen = 0; seen < expected;) {
    StatusOr<bool> taken = link_->take_handshake(side_);
    if (!taken.ok()) co_return taken.status();
    if (*taken) {
      ++seen;
      if (is_client || seen == 1) link_->put_handshake(side_);
      continue;
    }
    const Interest readable{.readable = true, .writable = false};
    const auto readiness = co_await wait(readable, deadline);
    if (readiness == Readiness::kDeadline) {
      co_return absl::DeadlineExceededError("the peer did not finish the handshake in time");
    }
    if (readiness == Readiness::kStopping) co_return unavailable("the server is stopping");
  }
  TlsInfo info{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "mx.example"};
  co_return info;
}

Network::Ends Network::make_link(std::string name, const Weather& weather, Endpoint client,
                                 Endpoint server) {
  const Dice dice = dice_.fork(name);
  dice_.next();
  auto link = std::make_shared<Link>(scheduler_, trace_, dice, std::move(name), weather, unclosed_);
  std::erase_if(links_, [](const auto& old) { return old.expired(); });
  links_.push_back(link);
  Ends ends;
  ends.client = std::make_unique<SimTransport>(link, Side::kClient, server, client);
  ends.server = std::make_unique<SimTransport>(link, Side::kServer, client, server);
  return ends;
}

void Network::reset_all() {
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) link->lose(Side::kServer);
  }
}

void Network::stop_all() {
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) link->stop(Side::kServer);
  }
}

}  // namespace mail::sim
