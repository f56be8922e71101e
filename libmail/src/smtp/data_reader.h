#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mail::smtp {

/// Finds the end of a message in DATA and takes its dots out, without copying (RFC 5321 §4.5.2).
///
/// Only CRLF "." CRLF ends it. The first thing that makes the message unacceptable is its fault;
/// from there on everything up to the real end is swallowed.
class DataReader {
 public:
  enum class Fault {
    kNone,
    kTooBig,       // more octets than the limit
    kLineTooLong,  // a line of more octets than the limit
    kBareCr,
    kBareLf,
  };

  struct Limits {
    std::uint64_t message = 0;  // octets; 0: none
    std::size_t line = 0;       // octets with CRLF
  };

  struct Piece {
    std::size_t consumed = 0;  // octets of the input that are done with
    std::string_view chunk;    // message bytes among them, a view into the input
    bool has_fault = false;    // `fault()` is new: it was found behind the chunk
    bool has_ended = false;    // the end of the message was among them
  };

  explicit DataReader(Limits limits) : limits_(limits) {}

  /// What the front of `bytes` holds. Call it again with the rest; when it consumes nothing and
  /// found no fault, it needs more bytes.
  Piece read(std::string_view bytes);

  /// A bare CR or LF is worse than the rest and replaces it.
  Fault fault() const { return fault_; }
  std::uint64_t octets() const { return octets_; }

 private:
  struct Segment;
  Segment segment(std::string_view bytes, std::size_t from) const;
  std::size_t cut_to_limits(std::size_t length);
  bool is_bare() const { return fault_ == Fault::kBareCr || fault_ == Fault::kBareLf; }

  Limits limits_;
  std::uint64_t octets_ = 0;     // of the message so far
  std::size_t line_octets_ = 0;  // of the present line so far
  bool at_line_start_ = true;    // behind a CRLF, or at the beginning
  Fault fault_ = Fault::kNone;
};

}  // namespace mail::smtp
