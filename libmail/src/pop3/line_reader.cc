// Bytes that were looked at are not looked at again, so a line that comes octet by octet costs what
// it costs in one piece. Lines hold passwords: what was read is wiped, and an idle session keeps no
// buffer.
//
// Tested by tests/unit/pop3/line_reader_test.cc.
#include "pop3/line_reader.h"

#include <string.h>

#include <utility>

namespace mail::pop3 {
namespace {

/// What an idle session may keep of its buffer.
constexpr std::size_t kKeptCapacity = 256;

}  // namespace

LineReader::~LineReader() { clear(); }

void LineReader::receive(std::string_view bytes) {
  if (taken_ != 0) {
    const std::size_t rest = input_.size() - taken_;
    memmove(input_.data(), input_.data() + taken_, rest);
    explicit_bzero(input_.data() + rest, taken_);
    input_.resize(rest);
    taken_ = 0;
  }
  if (input_.capacity() < input_.size() + bytes.size() && !input_.empty()) {
    // std::string would leave a copy behind when it grows.
    std::string grown;
    grown.reserve(2 * (input_.size() + bytes.size()));
    grown = input_;
    explicit_bzero(input_.data(), input_.size());
    input_.swap(grown);
  }
  input_ += bytes;
}

std::optional<LineReader::Line> LineReader::next(std::size_t limit, bool accepts_bare_newline) {
  const std::size_t newline = input_.find('\n', taken_ + scanned_);
  if (newline == std::string::npos) {
    scanned_ = input_.size() - taken_;
    is_skipping_ |= scanned_ >= limit;
    if (is_skipping_ || scanned_ == 0) release();
    return std::nullopt;
  }
  Line line{std::string_view(input_).substr(taken_, newline - taken_), Fault::kNone};
  const bool is_long = std::exchange(is_skipping_, false) || newline + 1 - taken_ > limit;
  taken_ = newline + 1;
  scanned_ = 0;
  if (is_long) return Line{{}, Fault::kTooLong};
  if (line.text.ends_with('\r')) {
    line.text.remove_suffix(1);
  } else if (!accepts_bare_newline) {
    return Line{{}, Fault::kBareNewline};
  }
  return line;
}

void LineReader::clear() {
  release();
  is_skipping_ = false;
}

void LineReader::release() {
  explicit_bzero(input_.data(), input_.size());
  input_.clear();
  taken_ = 0;
  scanned_ = 0;
  if (input_.capacity() > kKeptCapacity) std::string().swap(input_);
}

}  // namespace mail::pop3
