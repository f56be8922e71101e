// The idea: an IMAP command is lines, and a line may end in "{n}", which puts n octets and another
// line behind it. Attackers live in the gap between a parser that stopped early and a peer that
// goes on sending, so this class knows nothing but lines, sizes and limits, and always finds the
// end.
//
// While a command is good its octets are collected in `frame_`, bounded by the limit of the whole
// command (many literals of a permitted size each are the classical way around a limit that counts
// one). Once it is not, only the last few octets of each line are kept: enough to see whether a
// literal follows.
//
// Tested by tests/unit/imap/framer_test.cc, tests/transcripts/imap, fuzz/session_imap.cc.
#include "imap/framer.h"

#include <algorithm>

#include "imap/release.h"
#include "mail/base/ascii.h"
#include "mail/base/wipe.h"

namespace mail::imap {
namespace {

constexpr std::size_t kSizeWindow = 32;         // "{" 20 digits "+}" CR LF, and some zeros
constexpr std::size_t kTail = kSizeWindow + 3;  // one more than the window, and CR LF

}  // namespace

// literal    = "{" number ["+"] "}" CRLF *CHAR8         RFC 3501 §9, RFC 7888 §8
std::optional<LiteralSize> announced_literal(std::string_view line) {
  const bool is_cut = line.size() > kSizeWindow;
  if (is_cut) line.remove_prefix(line.size() - kSizeWindow);
  if (!line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  LiteralSize size;
  if (line.ends_with('+')) {
    size.is_sync = false;
    line.remove_suffix(1);
  }
  std::size_t digits = 0;
  while (digits < line.size() && ascii::is_digit(line[line.size() - 1 - digits])) ++digits;
  if (digits == 0) return std::nullopt;
  if (digits == line.size() && is_cut) {
    size.is_countable = false;
    return size;
  }
  if (digits == line.size() || line[line.size() - 1 - digits] != '{') return std::nullopt;
  const auto octets = ascii::parse_number(line.substr(line.size() - digits), INT64_MAX);
  size.is_countable = octets.has_value();
  size.octets = octets.value_or(0);
  return size;
}

void Framer::begin(std::size_t limit, Literals literals, bool accepts_bare_newline) {
  frame_.text.clear();
  frame_.literals.clear();
  tail_.clear();
  chunk_ = {};
  line_start_ = 0;
  used_ = 0;
  limit_ = limit;
  mode_ = Mode::kLine;
  fault_ = Fault::kNone;
  accepts_literals_ = literals == Literals::kAllowed;
  accepts_bare_newline_ = accepts_bare_newline;
}

void Framer::wipe() {
  mail::wipe(frame_.text);
  mail::wipe(tail_);
}

void Framer::release() {
  imap::release(frame_.text);
  if (frame_.literals.capacity() > 4) frame_.literals = {};
  imap::release(tail_);
}

Framer::Step Framer::feed(std::string_view& bytes) {
  for (;;) {
    switch (mode_) {
      case Mode::kEnded: return Step::kComplete;
      case Mode::kAnnounced: return Step::kAnnounced;
      case Mode::kLine: {
        if (bytes.empty()) return Step::kNeedsBytes;
        const Step step = feed_line(bytes);
        if (step != Step::kNeedsBytes) return step;
        break;
      }
      case Mode::kLiteral:
      case Mode::kSkip:
      case Mode::kStream: {
        if (remaining_ == 0) {
          const bool was_streamed = mode_ == Mode::kStream;
          begin_line();
          if (was_streamed) return Step::kStreamed;
          break;
        }
        if (bytes.empty()) return Step::kNeedsBytes;
        const auto octets =
            static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
        chunk_ = bytes.substr(0, octets);
        bytes.remove_prefix(octets);
        remaining_ -= octets;
        if (mode_ == Mode::kStream) return Step::kChunk;
        if (mode_ == Mode::kLiteral) frame_.text += chunk_;
        break;
      }
    }
  }
}

void Framer::begin_line() {
  mode_ = Mode::kLine;
  line_start_ = frame_.text.size();
  tail_.clear();
}

// Takes up to the end of the line. kNeedsBytes also means "go on": a literal is being swallowed.
Framer::Step Framer::feed_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t octets = newline == std::string_view::npos ? bytes.size() : newline + 1;
  const std::string_view piece = bytes.substr(0, octets);
  bytes.remove_prefix(octets);
  store_line(piece);
  return newline == std::string_view::npos ? Step::kNeedsBytes : end_line();
}

void Framer::store_line(std::string_view piece) {
  if (fault_ == Fault::kNone && piece.size() <= limit_ - used_) {
    used_ += piece.size();
    frame_.text += piece;
    return;
  }
  if (fault_ == Fault::kNone) {
    // What fits is kept, so that the answer can carry the tag whatever way the bytes were cut.
    fault_ = Fault::kTooLong;
    const std::size_t room = limit_ - used_;
    used_ = limit_;
    frame_.text += piece.substr(0, room);
    piece.remove_prefix(room);
    const std::string_view line = std::string_view(frame_.text).substr(line_start_);
    tail_ = line.substr(line.size() - std::min(line.size(), kTail));
  }
  if (piece.size() >= kTail) {
    tail_ = piece.substr(piece.size() - kTail);
  } else {
    tail_ += piece;
    if (tail_.size() > kTail) tail_.erase(0, tail_.size() - kTail);
  }
}

// The line is in `frame_.text`, or its end in `tail_`, with its LF.
Framer::Step Framer::end_line() {
  const bool was_good = fault_ == Fault::kNone;
  std::string_view line =
      was_good ? std::string_view(frame_.text).substr(line_start_) : std::string_view(tail_);
  line.remove_suffix(1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else if (was_good && !accepts_bare_newline_) {
    fault_ = Fault::kBareNewline;
  }
  const auto literal = accepts_literals_ ? announced_literal(line) : std::nullopt;
  std::size_t kept = line.size();
  if (literal) kept = std::min(kept, line.rfind('{'));
  if (was_good) frame_.text.resize(line_start_ + kept);
  if (!literal) {
    mode_ = Mode::kEnded;
    return Step::kComplete;
  }
  literal_ = *literal;
  if (!literal_.is_countable) {
    mode_ = Mode::kEnded;
    return Step::kUncountable;
  }
  if (fault_ == Fault::kNone) {
    mode_ = Mode::kAnnounced;
    return Step::kAnnounced;
  }
  refuse(fault_);
  return mode_ == Mode::kEnded ? Step::kComplete : Step::kNeedsBytes;
}

bool Framer::accept() {
  if (literal_.octets > limit_ - used_) return false;
  used_ += static_cast<std::size_t>(literal_.octets);
  frame_.literals.push_back({frame_.text.size(), static_cast<std::size_t>(literal_.octets)});
  remaining_ = literal_.octets;
  mode_ = Mode::kLiteral;
  return true;
}

void Framer::stream() {
  frame_.text.clear();
  frame_.literals.clear();
  remaining_ = literal_.octets;
  mode_ = Mode::kStream;
}

void Framer::refuse(Fault fault) {
  fault_ = fault;
  if (literal_.is_sync) {
    mode_ = Mode::kEnded;
    return;
  }
  remaining_ = literal_.octets;
  mode_ = Mode::kSkip;
}

}  // namespace mail::imap
