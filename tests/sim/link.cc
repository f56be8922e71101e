// A TCP connection as far as a mail server can tell: ordered octets, a window, an end of stream for
// each direction, and failure. Whatever one end does reaches the other as an event some latency
// later.
//
// Tested by tests/sim/network_test.cc.
#include "sim/link.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mail::sim {

namespace {
/// Events that one write may become.
constexpr std::size_t kMaxPieces = 8;
/// Up to here "octet by octet" is meant literally.
constexpr std::size_t kOctetsLiterally = 48;
}  // namespace

std::string Link::label(Side side) const {
  return name_ + (side == Side::kClient ? "/client" : "/server");
}

bool Link::is_io_ready(Side side, Transport::Interest interest) const {
  const End& here = end(side);
  const bool over = here.failed || here.closed;
  if (interest.readable && (over || !here.arrived.empty() || here.end_arrived)) return true;
  return interest.writable && (over || here.under_way < weather_.window);
}

bool Link::has_something(Side side, Transport::Interest interest,
                         std::optional<TimePoint> deadline) const {
  const End& here = end(side);
  return here.stopping || here.woken || is_io_ready(side, interest) ||
         (deadline && *deadline <= scheduler_.now());
}

std::optional<Transport::Readiness> Link::look(Side side, Transport::Interest interest,
                                               std::optional<TimePoint> deadline) {
  End& here = end(side);
  if (here.stopping) {
    here.stopping = false;
    return Transport::Readiness::kStopping;
  }
  // A wake and octets at the same moment: either may be told first.
  if (here.woken && (!is_io_ready(side, interest) || dice_.percent(50))) {
    here.woken = false;
    return Transport::Readiness::kWoken;
  }
  if (is_io_ready(side, interest)) return Transport::Readiness::kReady;
  if (deadline && *deadline <= scheduler_.now()) return Transport::Readiness::kDeadline;
  return std::nullopt;
}

void Link::poke(Side side) {
  if (end(side).poke) end(side).poke();
}

Transport::Moved Link::read(Side side, std::span<char> to) {
  End& here = end(side);
  if (here.closed) return {0, false};
  std::size_t octets = 0;
  while (octets < to.size() && !here.arrived.empty()) {
    Piece& piece = here.arrived.front();
    const std::size_t n = std::min(to.size() - octets, piece.bytes.size());
    std::memcpy(to.data() + octets, piece.bytes.data(), n);
    octets += n;
    if (n < piece.bytes.size()) {
      piece.bytes.erase(0, n);
      break;
    }
    here.arrived.pop_front();
    if (dice_.percent(20)) break;  // a short read
  }
  if (octets != 0) {
    trace_.add_bytes(label(side), "read", std::string_view(to.data(), octets));
    end(other(side)).under_way -= octets;
    const auto self = shared_from_this();
    send(side, [self, side] { self->poke(other(side)); });
    return {octets, true};
  }
  return {0, !(here.failed || here.end_arrived)};
}

Transport::Moved Link::write(Side side, std::string_view bytes) {
  End& here = end(side);
  if (here.closed || here.failed || here.finished_writing) return {0, false};
  const std::size_t room = weather_.window - std::min(weather_.window, here.under_way);
  std::size_t octets = std::min(room, bytes.size());
  if (octets > 1 && dice_.percent(10)) octets = dice_.between(1, octets);  // a partial write
  if (octets == 0) return {0, true};
  std::string_view taken = bytes.substr(0, octets);
  trace_.add_bytes(label(side), "write", taken);
  const bool strikes = weather_.fault != Weather::Fault::kNone && !struck_ &&
                       weather_.fault_writer == side && here.written + octets > weather_.fault_at;
  if (strikes) taken = taken.substr(0, weather_.fault_at - here.written);
  here.written += octets;
  here.under_way += octets;
  send_bytes(side, taken);
  if (strikes) strike();
  return {octets, true};
}

void Link::strike() {
  struck_ = true;
  const Side writer = weather_.fault_writer;
  const auto self = shared_from_this();
  switch (weather_.fault) {
    case Weather::Fault::kNone: break;
    case Weather::Fault::kReset:
      trace_.add(name_, "fault reset");
      send(writer, [self, writer] { self->fail(other(writer)); });
      scheduler_.post_for_good(scheduler_.now() + jitter(), [self, writer] { self->fail(writer); });
      break;
    case Weather::Fault::kHalfClose:
      trace_.add(name_, "fault half close");
      end(writer).finished_writing = true;
      send_end(writer);
      break;
    case Weather::Fault::kSilence:
      trace_.add(name_, "fault silence");
      silent_ = true;
      break;
  }
}

void Link::send(Side from, std::function<void()> arrival) {
  End& there = end(other(from));
  const Duration latency = dice_.between(weather_.latency_least, weather_.latency_most);
  there.last_arrival = std::max(there.last_arrival, scheduler_.now() + latency);
  const auto self = shared_from_this();
  scheduler_.post_for_good(there.last_arrival, [self, arrival = std::move(arrival)] {
    if (!self->silent_) arrival();
  });
}

void Link::send_bytes(Side from, std::string_view bytes) {
  const auto self = shared_from_this();
  for (std::size_t pieces = 1; !bytes.empty(); ++pieces) {
    std::size_t n = bytes.size();
    if (weather_.cuts == Weather::Cuts::kOctets && n <= kOctetsLiterally) {
      n = 1;
    } else if (weather_.cuts != Weather::Cuts::kWhole && pieces < kMaxPieces) {
      n = dice_.percent(60) ? n : dice_.between(1, n);
    }
    Piece piece{false, std::string(bytes.substr(0, n))};
    bytes.remove_prefix(n);
    send(from, [self, from, piece = std::move(piece)] { self->arrive(other(from), piece); });
  }
}

void Link::send_end(Side from) {
  const auto self = shared_from_this();
  send(from, [self, from] {
    self->end(other(from)).end_arrived = true;
    self->poke(other(from));
  });
}

void Link::arrive(Side at, Piece piece) {
  End& here = end(at);
  if (here.failed) return;
  if (here.closed) {
    // Nobody is there to read: the writer gets a reset.
    const auto self = shared_from_this();
    send(at, [self, at] { self->fail(other(at)); });
    return;
  }
  here.arrived.push_back(std::move(piece));
  poke(at);
}

void Link::fail(Side side) {
  End& here = end(side);
  if (here.failed) return;
  here.failed = true;
  note(side, "failed");
  poke(side);
}

void Link::finish_writing(Side side) {
  End& here = end(side);
  if (here.finished_writing || here.closed || here.failed) return;
  here.finished_writing = true;
  note(side, "ends its side");
  send_end(side);
}

void Link::close(Side side) {
  End& here = end(side);
  if (here.closed) return;
  finish_writing(side);
  here.closed = true;
  note(side, "closes");
  // Unread octets turn the close into a reset that follows what was sent (RFC 1122 §4.2.2.13).
  if (here.arrived.empty()) return;
  const auto self = shared_from_this();
  send(side, [self, side] { self->fail(other(side)); });
}

void Link::reset(Side side) {
  if (end(side).closed) return;
  end(side).closed = true;
  note(side, "resets");
  const auto self = shared_from_this();
  send(side, [self, side] {
    self->end(other(side)).arrived.clear();
    self->fail(other(side));
  });
}

void Link::lose(Side side) {
  End& here = end(side);
  if (here.closed) return;
  here.closed = true;
  here.failed = true;
  const auto self = shared_from_this();
  send(side, [self, side] { self->fail(other(side)); });
}

void Link::wake(Side side) {
  if (end(side).closed) return;
  end(side).woken = true;
  poke(side);
}

void Link::stop(Side side) {
  if (end(side).closed) return;
  end(side).stopping = true;
  poke(side);
}

void Link::put_handshake(Side side) {
  note(side, "handshake");
  // What a peer that expects no handshake would read: a TLS record, which is no mail protocol.
  Piece piece{true, std::string("\x16\x03\x01\x00\x05hello", 10)};
  end(side).under_way += piece.bytes.size();
  const auto self = shared_from_this();
  send(side, [self, side, piece = std::move(piece)] { self->arrive(other(side), piece); });
}

StatusOr<bool> Link::take_handshake(Side side) {
  End& here = end(side);
  if (here.closed || (here.arrived.empty() && (here.failed || here.end_arrived))) {
    return unavailable("the peer left during the handshake");
  }
  if (here.arrived.empty()) return false;
  if (!here.arrived.front().is_handshake) return invalid("not a TLS record");
  end(other(side)).under_way -= here.arrived.front().bytes.size();
  here.arrived.pop_front();
  return true;
}

}  // namespace mail::sim
