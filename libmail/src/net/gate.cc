// Tested by tests/unit/net/network_test.cc.
#include "net/gate.h"

#include <utility>

namespace mail::net {
namespace {

/// 127.0.0.0/8, ::1, and unix sockets, which have no address.
bool is_this_machine(std::string_view address) {
  return address.empty() || address == "::1" || address.starts_with("127.");
}

}  // namespace

Gate::Ticket::~Ticket() = default;

Gate::Verdict Gate::admit(std::string_view address, Ticket& ticket) {
  const bool counts = !is_this_machine(address);
  const std::lock_guard lock(mutex_);
  if (count_ >= connections_) return Verdict::kTooMany;
  if (counts) {
    std::size_t& here = by_address_[std::string(address)];
    if (here >= per_address_) return Verdict::kTooManyFromAddress;
    ++here;
  }
  ++count_;
  ticket.gate_ = {this, Ticket::Leave{counts ? std::string(address) : std::string()}};
  return Verdict::kAdmitted;
}

void Gate::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (!address.empty()) {
    const auto entry = by_address_.find(address);
    if (--entry->second == 0) by_address_.erase(entry);
  }
  if (--count_ == 0) emptied_.notify_all();
}

std::size_t Gate::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool Gate::wait_until_empty(Duration timeout) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, timeout, [this] { return count_ == 0; });
}

}  // namespace mail::net
