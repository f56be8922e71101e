// The idea: nearly all output is small text, so there is one string that grows and is sent. Only a
// source splits it: the text before becomes a part, the source another, and a new text begins.
// Memory goes back as soon as nothing waits, so that an idle session holds none.
//
// Tested by tests/unit/imap/output_queue_test.cc.
#include "imap/output_queue.h"

#include <algorithm>

#include "imap/release.h"
#include "mail/base/assert.h"

namespace mail::imap {
void OutputQueue::add(std::unique_ptr<ByteSource> source) {
  if (source->remaining() == 0) return;
  if (head_ == parts_.size() && offset_ != 0) {
    tail_.erase(0, offset_);  // the offset is that of the part which becomes the front
    offset_ = 0;
  }
  if (!tail_.empty()) {
    parts_pending_ += tail_.size();
    parts_.push_back({std::move(tail_), nullptr});
    tail_.clear();
  }
  parts_pending_ += source->remaining();
  parts_.push_back({std::string(), std::move(source)});
}

std::string_view OutputQueue::front() {
  if (head_ == parts_.size()) return std::string_view(tail_).substr(offset_);
  Part& part = parts_[head_];
  return part.source ? part.source->available() : std::string_view(part.text).substr(offset_);
}

void OutputQueue::drop_front() {
  offset_ = 0;
  if (head_ < parts_.size()) {
    parts_[head_] = {};
    ++head_;
  }
  if (head_ == parts_.size()) {
    head_ = 0;
    if (parts_.capacity() > 4) parts_ = std::vector<Part>();
    parts_.clear();
  }
}

void OutputQueue::consume(std::size_t octets) {
  while (octets != 0) {
    if (head_ == parts_.size()) {
      if (!MAIL_ASSERT(octets <= tail_.size() - offset_)) octets = tail_.size() - offset_;
      offset_ += octets;
      if (offset_ < tail_.size()) return;
      offset_ = 0;
      release(tail_);
      return;
    }
    Part& part = parts_[head_];
    const std::size_t here = std::min(
        octets, part.source ? part.source->available().size() : part.text.size() - offset_);
    if (!MAIL_ASSERT(here != 0)) return;
    octets -= here;
    parts_pending_ -= here;
    bool is_done = false;
    if (part.source) {
      part.source->consume(here);
      is_done = part.source->remaining() == 0;
    } else {
      offset_ += here;
      is_done = offset_ == part.text.size();
    }
    if (is_done) drop_front();
  }
}

std::uint64_t OutputQueue::pending() const {
  const std::uint64_t sent = offset_;
  return parts_pending_ + tail_.size() - (head_ == parts_.size() ? sent : 0);
}

void OutputQueue::clear() { *this = OutputQueue(); }

}  // namespace mail::imap
