#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "smtp/data_reader.h"

namespace mail::smtp {

/// Looks at the octets of BDAT as they pass (RFC 3030 §2). Where a message ends is known by count;
/// here only its line ends are judged, and its lines measured, unless it is BINARYMIME.
class ChunkReader {
 public:
  using Fault = DataReader::Fault;

  struct Options {
    std::size_t line = 0;  // octets with CRLF
    bool is_binary = false;
  };

  struct Piece {
    std::string_view chunk;  // the octets before the fault
    Fault fault = Fault::kNone;
  };

  explicit ChunkReader(Options options) : options_(options) {}

  /// All of `bytes` count as read, unless there is a fault: then nothing more is to be read.
  Piece read(std::string_view bytes);
  /// The message ends here.
  Fault finish() const { return is_behind_cr_ ? Fault::kBareCr : Fault::kNone; }
  std::uint64_t octets() const { return octets_; }

 private:
  Options options_;
  std::uint64_t octets_ = 0;     // of the message so far
  std::size_t line_octets_ = 0;  // of the present line so far
  bool is_behind_cr_ = false;
};

}  // namespace mail::smtp
