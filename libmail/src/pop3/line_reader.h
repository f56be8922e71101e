// Cuts the client's bytes into lines, before anything is understood.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mail::pop3 {

/// A resource of one session. A line that is too long is swallowed to its end and then reported:
/// nothing resumes inside it.
class LineReader {
 public:
  enum class Fault { kNone, kTooLong, kBareNewline };
  struct Line {
    std::string_view text;  // without its end; dies at the following call
    Fault fault = Fault::kNone;
  };

  ~LineReader();

  void receive(std::string_view bytes);
  /// The next line, of at most `limit` octets with its end.
  std::optional<Line> next(std::size_t limit, bool accepts_bare_newline);
  /// Nothing was received that `next` has not returned.
  bool is_empty() const { return taken_ == input_.size() && !is_skipping_; }
  /// Forgets and wipes what was received.
  void clear();

 private:
  void release();

  std::string input_;
  std::size_t taken_ = 0;    // octets that were returned
  std::size_t scanned_ = 0;  // from `taken_` on: no line end in them
  bool is_skipping_ = false;
};

}  // namespace mail::pop3
