// A message that comes by BDAT can be relayed by DATA one day, where a bare CR or LF could be taken
// for a line end; so it must not have one, unless it was announced as BINARYMIME, which never
// leaves by DATA (RFC 3030 §3).
//
// Cut-proof: a fault lies at the octet where it becomes certain, and everything before it was
// handed on.
//
// Tested by tests/unit/smtp/chunk_reader_test.cc.
#include "smtp/chunk_reader.h"

#include <algorithm>

namespace mail::smtp {

ChunkReader::Piece ChunkReader::read(std::string_view bytes) {
  octets_ += bytes.size();
  if (options_.is_binary) return {bytes};
  const auto fail = [&](std::size_t at, Fault fault) { return Piece{bytes.substr(0, at), fault}; };
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::size_t cr = std::min(bytes.substr(0, end).find('\r', at), end);
    const std::size_t too_long = at + (options_.line - line_octets_);
    if (is_behind_cr_ && end != at) return fail(at, Fault::kBareCr);
    if (cr + 1 < end && cr + 1 <= too_long) return fail(cr + 1, Fault::kBareCr);
    const bool is_crlf = cr + 1 == end || (is_behind_cr_ && end == at);
    if (end < bytes.size() && !is_crlf && end <= too_long) return fail(end, Fault::kBareLf);
    const std::size_t next = end < bytes.size() ? end + 1 : end;
    if (next > too_long) return fail(too_long, Fault::kLineTooLong);
    line_octets_ = end < bytes.size() ? 0 : line_octets_ + (end - at);
    is_behind_cr_ = end == bytes.size() && cr + 1 == end;
    at = next;
  }
  return {bytes};
}

}  // namespace mail::smtp
