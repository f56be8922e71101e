#pragma once

#include <cstddef>
#include <string_view>

#include "mail/smtp/reply.h"

namespace mail::smtp {

/// Cuts and understands replies of a server that may mean ill (attack A10).
class ReplyReader {
 public:
  struct Limits {
    std::size_t line = 0;   // octets with CRLF
    std::size_t lines = 0;  // of one reply
  };
  enum class Result { kNeedMore, kReply, kMalformed, kTooLong };
  struct Cut {
    Result result = Result::kNeedMore;
    std::size_t consumed = 0;
  };

  explicit ReplyReader(Limits limits) : limits_(limits) {}

  /// The front of `bytes`; call it with all that is not consumed. kReply: `reply()` is it.
  Cut read(std::string_view bytes);
  const Reply& reply() const { return reply_; }
  /// In the middle of a reply of several lines.
  bool is_open() const { return lines_ != 0; }

 private:
  Result take_line(std::string_view line);

  Limits limits_;
  Reply reply_;
  std::size_t lines_ = 0;
  std::size_t scanned_ = 0;
};

}  // namespace mail::smtp
