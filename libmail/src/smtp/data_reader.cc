// The end of a message is the one place in SMTP where two servers that disagree let a third party
// forge mail: what one takes for content, the next takes for the end and for commands behind it
// ("SMTP smuggling"). So there is one rule, CRLF "." CRLF, and no other sequence that any server
// might take for a line end is let through: a CR or LF outside CRLF is a fault (RFC 5321 §2.3.8).
//
// The scan runs with memchr from line end to line end and hands out views that are as long as the
// input allows; only a line that begins with a dot cuts them.
//
// Cut-proof: what is decided depends on bytes, never on where a receive ended. So a last CR is kept
// back (it may belong to a CRLF), and so are a "." and ".\r" at the start of a line; faults are
// reported at the octet where they become certain, after a chunk of exactly the octets before them.
//
// Tested by tests/unit/smtp/data_reader_test.cc, tests/transcripts/smtp/smuggling-*.txt and
// fuzz/session_smtp.cc.
#include "smtp/data_reader.h"

#include <algorithm>

namespace mail::smtp {

/// A part of one line: as far as its end, a fault, or the end of the input.
struct DataReader::Segment {
  std::size_t end = 0;   // behind its last octet
  bool is_line = false;  // it ends with CRLF
  Fault fault = Fault::kNone;
};

DataReader::Segment DataReader::segment(std::string_view bytes, std::size_t from) const {
  const auto lf = bytes.find('\n', from);
  const auto cr = bytes.substr(0, lf).find('\r', from);
  if (lf != bytes.npos) {
    if (cr == bytes.npos) return {.end = lf, .fault = Fault::kBareLf};
    if (cr + 1 == lf) return {.end = lf + 1, .is_line = true};
    return {.end = cr, .fault = Fault::kBareCr};
  }
  if (cr == bytes.npos) return {.end = bytes.size()};
  if (cr + 1 == bytes.size()) return {.end = cr};
  return {.end = cr, .fault = Fault::kBareCr};
}

/// How much of the next `length` octets fits; sets the fault when it is not all.
std::size_t DataReader::cut_to_limits(std::size_t length) {
  const std::size_t line_room = limits_.line - std::min(limits_.line, line_octets_);
  if (length > line_room) {
    length = line_room;
    fault_ = Fault::kLineTooLong;
  }
  if (limits_.message != 0 && length > limits_.message - octets_) {
    length = static_cast<std::size_t>(limits_.message - octets_);
    fault_ = Fault::kTooBig;
  }
  return length;
}

DataReader::Piece DataReader::read(std::string_view bytes) {
  std::size_t start = 0;
  if (at_line_start_ && bytes.starts_with('.')) {
    if (bytes == "." || bytes == ".\r") return {};
    if (bytes.starts_with(".\r\n")) return {.consumed = 3, .has_ended = true};
    start = 1;
    at_line_start_ = false;
  }
  const bool is_refused = fault_ != Fault::kNone;
  Piece piece;
  std::size_t at = start;
  std::size_t chunk_end = start;
  while (at < bytes.size() && !(at_line_start_ && bytes[at] == '.')) {
    const Segment next = segment(bytes, at);
    const std::size_t length = next.end - at;
    const std::size_t fits = is_refused ? length : cut_to_limits(length);
    at += fits;
    chunk_end = at;
    if (!is_refused) {
      line_octets_ += fits;
      octets_ += fits;
    }
    if (fits != 0) at_line_start_ = false;
    if (fits < length) {
      piece.has_fault = true;
      // Never stop between CR and LF: the LF alone would look like another fault.
      if (next.is_line && at + 1 == next.end) {
        ++at;
        at_line_start_ = true;
      }
      break;
    }
    if (next.is_line) {
      at_line_start_ = true;
      line_octets_ = 0;
    } else if (next.fault != Fault::kNone) {
      ++at;  // the bare CR or LF itself
      at_line_start_ = false;
      if (is_bare()) continue;
      fault_ = next.fault;
      piece.has_fault = true;
      break;
    } else {
      break;  // more input is needed
    }
  }
  piece.consumed = at;
  if (!is_refused) piece.chunk = bytes.substr(start, chunk_end - start);
  return piece;
}

}  // namespace mail::smtp
