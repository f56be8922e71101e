// Cuts the client's bytes into commands: line pieces and literals (RFC 3501 §4.3), before anything
// is understood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/frame.h"

namespace mail::imap {

/// "{5}" or "{5+}" (RFC 7888) at the end of a line.
struct LiteralSize {
  std::uint64_t octets = 0;
  bool is_sync = true;       // the client waits for "+ OK"
  bool is_countable = true;  // false: more digits than a number has, so its end cannot be found
};

/// The literal that a line (without its CRLF) announces. Looks at the last `kSizeWindow` octets at
/// most: when they are all digits and a bracket, the answer is an uncountable literal.
std::optional<LiteralSize> announced_literal(std::string_view line);

/// A resource of one session: `begin_…`, then `feed` until it says kComplete, then `begin_…` again.
///
/// Whatever is broken or refused is swallowed to its end, with every non-synchronising literal in
/// it; a refused synchronising literal ends the command, since its client waits (RFC 7888 §4).
class Framer {
 public:
  enum class Step {
    kNeedsBytes,
    kAnnounced,   // a literal: call `accept`, `stream` or `refuse`
    kChunk,       // octets of a streamed literal, in `chunk`
    kStreamed,    // the streamed literal is complete; what follows is a new frame
    kComplete,    // the command ended: see `frame` and `fault`
    kUncountable  // a literal without a findable end: nothing can be read after this
  };
  enum class Fault {
    kNone,
    kTooLong,      // more octets than the limit
    kBareNewline,  // a line that ended in LF without CR
    kRefused,      // `refuse` was called
  };
  enum class Literals { kAllowed, kNone };  // kNone: a single line (SASL, IDLE)

  /// `limit`: octets of the whole command, line ends and literals included, streamed ones not.
  void begin(std::size_t limit, Literals literals, bool accepts_bare_newline);

  /// Takes octets from the front of `bytes`, as far as the next step.
  Step feed(std::string_view& bytes);

  const LiteralSize& literal() const { return literal_; }
  /// The literal becomes part of the frame. False when the limit forbids it: `refuse` it.
  bool accept();
  /// The literal's octets come as chunks; the frame is emptied.
  void stream();
  void refuse(Fault fault);

  std::string_view chunk() const { return chunk_; }
  const Frame& frame() const { return frame_; }
  Fault fault() const { return fault_; }
  /// Nothing of the next command has come yet.
  bool is_at_start() const { return used_ == 0; }
  /// Overwrites what the frame holds; only between commands.
  void wipe();
  /// Gives memory back; only between commands.
  void release();

 private:
  enum class Mode { kLine, kAnnounced, kLiteral, kStream, kSkip, kEnded };

  Step feed_line(std::string_view& bytes);
  Step end_line();
  void store_line(std::string_view piece);
  void begin_line();

  Frame frame_;
  std::string tail_;  // of a line that is being swallowed: where an announcement would be
  std::string_view chunk_;
  LiteralSize literal_;
  std::uint64_t remaining_ = 0;  // octets of the literal under way
  std::size_t line_start_ = 0;   // where in frame_.text the current line piece begins
  std::size_t used_ = 0;
  std::size_t limit_ = 0;
  Mode mode_ = Mode::kLine;
  Fault fault_ = Fault::kNone;
  bool accepts_literals_ = true;
  bool accepts_bare_newline_ = false;
};

}  // namespace mail::imap
