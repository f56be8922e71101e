// What the config files have in common: logical lines, and reports about them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/directory/diagnostic.h"

namespace mail::directory {

/// Collects the diagnostics of one file.
class Report {
 public:
  Report(std::string_view file, std::vector<Diagnostic>& to) : file_(file), to_(to) {}

  void warning(std::size_t line, std::string text, std::string fix) const {
    to_.push_back({Diagnostic::Severity::kWarning, std::string(file_), line, std::move(text),
                   std::move(fix)});
  }
  void error(std::size_t line, std::string text, std::string fix) const {
    to_.push_back(
        {Diagnostic::Severity::kError, std::string(file_), line, std::move(text), std::move(fix)});
  }

 private:
  std::string_view file_;
  std::vector<Diagnostic>& to_;
};

struct LogicalLine {
  std::string text;      // without the line end, continuation lines joined, blanks at its end cut
  std::size_t line = 0;  // where it starts, from 1
};

enum class Continuation { kNone, kLeadingBlank };

/// logical-line = text *( LF 1*WSP text )     ; with Continuation::kLeadingBlank
/// Blank lines and lines whose first non-blank is "#" are left out, also between continuation
/// lines. CR before LF is taken off and reported once; a line over the limit is reported and lost.
std::vector<LogicalLine> logical_lines(std::string_view text, std::size_t max_line_octets,
                                       Continuation continuation, const Report& report);

/// At most 60 octets of a value, control characters as "?", for use in a diagnostic.
std::string excerpt(std::string_view value);

}  // namespace mail::directory
