// Multi-line responses (RFC 1939 §3): written piece by piece, as far as the output has room, so
// that neither a big message nor a listing of 100,000 lines is ever there as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/session.h"
#include "mail/pop3/maildrop.h"

namespace mail::pop3 {

/// What follows the status line, the final "." included.
class MultiLine {
 public:
  virtual ~MultiLine() = default;
  /// Appends to `out` until that has at least `enough` octets. True: all is written. False: call
  /// again, when there is room or when the source has bytes.
  virtual bool write(std::string& out, std::size_t enough) = 0;
};

/// A message: dots doubled, a missing last line end added; for TOP no more than `lines` lines of
/// its body.
std::unique_ptr<MultiLine> write_message(std::unique_ptr<ByteSource> message,
                                         std::optional<std::uint32_t> lines);

enum class Listing { kSizes, kUniqueIds };
/// LIST and UIDL: the messages that are not marked. Both arguments outlive it.
std::unique_ptr<MultiLine> write_listing(Listing listing, const Maildrop& maildrop,
                                         const std::vector<bool>& is_deleted);

}  // namespace mail::pop3
