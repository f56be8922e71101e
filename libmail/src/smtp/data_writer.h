#pragma once

#include <string>
#include <string_view>

namespace mail::smtp {

/// A message on its way out: every CR, LF or CRLF becomes CRLF, so that no other octets are left
/// that a server could take for a line end (attack A2); for DATA dots are doubled (RFC 5321
/// §4.5.2).
class DataWriter {
 public:
  explicit DataWriter(bool doubles_dots) : doubles_dots_(doubles_dots) {}

  /// Pieces in any cut.
  void append(std::string_view bytes, std::string& to);
  /// Ends the last line, where it has no end.
  void finish(std::string& to);

 private:
  bool doubles_dots_;
  bool at_line_start_ = true;
  bool is_behind_cr_ = false;
};

}  // namespace mail::smtp
