// Tested by tests/unit/net/gate_test.cc and network_test.cc.
#include "net/gate.h"

#include <algorithm>
#include <utility>

namespace mail::net {
namespace {

/// 127.0.0.0/8, ::1, and unix sockets, which have no address.
bool is_this_machine(std::string_view address) {
  return address.empty() || address == "::1" || address.starts_with("127.");
}

/// Empty: it does not count by address.
std::string key_of(std::string_view service, std::string_view address) {
  return is_this_machine(address) ? std::string() : cat(service, " ", address);
}

}  // namespace

Gate::Ticket::~Ticket() = default;

bool Gate::Ticket::on_shed(std::function<void()> shed) {
  if (gate_ == nullptr) return true;
  const std::lock_guard lock(gate_->mutex_);
  Place& place = *gate_.get_deleter().place;
  place.shed = std::move(shed);
  return !place.must_go;
}

void Gate::Ticket::establish() {
  if (gate_ == nullptr) return;
  const std::lock_guard lock(gate_->mutex_);
  const auto place = gate_.get_deleter().place;
  if (place->is_established || place->must_go) return;
  place->is_established = true;
  place->shed = nullptr;
  gate_->established_.splice(gate_->established_.end(), gate_->strangers_, place);
}

bool Gate::Ticket::count_as(std::string_view service, std::string_view address) {
  if (gate_ == nullptr) return true;
  std::string key = key_of(service, address);
  const std::lock_guard lock(gate_->mutex_);
  if (gate_->is_full(key)) return false;
  Place& place = *gate_.get_deleter().place;
  gate_->forget(place.key);
  if (!key.empty()) ++gate_->by_address_[key];
  place.key = std::move(key);
  return true;
}

bool Gate::is_full(const std::string& key) const {
  if (key.empty() || per_address_ == 0) return false;
  const auto here = by_address_.find(key);
  return here != by_address_.end() && here->second >= per_address_;
}

void Gate::forget(const std::string& key) {
  if (key.empty()) return;
  const auto entry = by_address_.find(key);
  if (--entry->second == 0) by_address_.erase(entry);
}

void Gate::set_limits(std::size_t connections, std::size_t per_address) {
  const std::lock_guard lock(mutex_);
  connections_ = connections;
  per_address_ = per_address;
}

Gate::Verdict Gate::admit(std::string_view service, std::string_view address, Ticket& ticket) {
  std::string key = key_of(service, address);
  std::function<void()> shed;
  Verdict verdict = Verdict::kAdmitted;
  {
    const std::lock_guard lock(mutex_);
    if (is_full(key)) return Verdict::kTooManyFromAddress;
    if (strangers_.size() + established_.size() - leaving_ >= connections_) {
      if (leaving_ >= kOverlap || !take_oldest(shed)) return Verdict::kTooMany;
      verdict = Verdict::kAdmittedForAnother;
    }
    if (!key.empty()) ++by_address_[key];
    strangers_.push_back({.key = std::move(key), .shed = {}});
    ticket.gate_ = {this, Ticket::Leave{std::prev(strangers_.end())}};
  }
  if (shed) shed();
  return verdict;
}

bool Gate::shed_one() {
  std::function<void()> shed;
  {
    const std::lock_guard lock(mutex_);
    if (leaving_ >= kOverlap || !take_oldest(shed)) return false;
  }
  if (shed) shed();
  return true;
}

bool Gate::take_oldest(std::function<void()>& shed) {
  // Those on their way out stand first; there are at most kOverlap of them.
  const auto oldest = std::find_if(strangers_.begin(), strangers_.end(),
                                   [](const Place& place) { return !place.must_go; });
  if (oldest == strangers_.end()) return false;
  oldest->must_go = true;
  ++leaving_;
  shed = std::exchange(oldest->shed, nullptr);
  return true;
}

void Gate::leave(Places::iterator place) {
  const std::lock_guard lock(mutex_);
  forget(place->key);
  if (place->must_go) --leaving_;
  (place->is_established ? established_ : strangers_).erase(place);
  if (strangers_.empty() && established_.empty()) emptied_.notify_all();
}

std::size_t Gate::count() const {
  const std::lock_guard lock(mutex_);
  return strangers_.size() + established_.size();
}

bool Gate::wait_until_empty(Duration timeout) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, timeout,
                           [this] { return strangers_.empty() && established_.empty(); });
}

}  // namespace mail::net
