// Logical lines as Postfix's readlline makes them, in one pass over the text.
//
// Tested by tests/unit/directory/tables_test.cc.
#include "config_text.h"

#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {
namespace {

std::string_view without_trailing_blanks(std::string_view text) {
  while (!text.empty() && ascii::is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<LogicalLine> logical_lines(std::string_view text, std::size_t max_line_octets,
                                       Continuation continuation, const Report& report) {
  std::vector<LogicalLine> lines;
  if (text.starts_with("\xef\xbb\xbf")) {
    report.warning(1, "the file begins with a byte order mark", "Save it as plain UTF-8.");
    text.remove_prefix(3);
  }
  bool said_crlf = false;
  bool lost = false;  // the current logical line was over the limit
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
      if (!std::exchange(said_crlf, true)) {
        report.warning(number, "the lines end in CR LF", "Save the file with LF line ends.");
      }
    }
    const std::string_view content = ascii::trim(line);
    if (content.empty() || content.front() == '#') continue;
    const bool continues =
        continuation == Continuation::kLeadingBlank && ascii::is_blank(line.front());
    if (continues && lost) continue;
    if (continues && lines.empty()) {
      report.error(number, cat("the first line begins with a blank: '", excerpt(content), "'"),
                   "Start it in the first column; a leading blank continues the line before.");
      continue;
    }
    const std::size_t before = continues ? lines.back().text.size() : 0;
    lost = before + line.size() > max_line_octets;
    if (lost) {
      const std::size_t start = continues ? lines.back().line : number;
      if (continues) lines.pop_back();
      report.error(start, cat("the line has more than ", max_line_octets, " octets"),
                   "Split it: an alias of aliases works.");
      continue;
    }
    line = without_trailing_blanks(line);
    if (continues) {
      lines.back().text += line;
    } else {
      lines.push_back({std::string(line), number});
    }
  }
  return lines;
}

std::string excerpt(std::string_view value) {
  constexpr std::size_t kMaxOctets = 60;
  std::string shown(value.substr(0, kMaxOctets));
  for (char& c : shown) {
    if (ascii::is_control(c)) c = '?';
  }
  if (value.size() > kMaxOctets) shown += "...";
  return shown;
}

}  // namespace mail::directory
