// Version 1 is a name a line, with '.' between levels. Version 2:
//
//   subscriptions = "V" HTAB "2" LF LF *( level *( HTAB level ) LF )
//
// Levels are modified UTF-7, as on disk, and tab-escaped: \001 followed by 0, 1, t, r or n stands
// for NUL, \001, HTAB, CR, LF. A name that is not modified UTF-7 stands for itself.
//
// Tested by tests/unit/store/formats_test.cc.
#include "store/subscriptions_file.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/text/utf7.h"
#include "store/folder_name.h"

namespace mail::store {
namespace {

constexpr std::string_view kVersion2 = "V\t2\n\n";
constexpr char kEscape = '\001';

std::string unescape(std::string_view level) {
  std::string plain;
  for (std::size_t i = 0; i < level.size(); ++i) {
    if (level[i] != kEscape || i + 1 == level.size()) {
      plain += level[i];
      continue;
    }
    switch (level[++i]) {
      case '0': plain += '\0'; break;
      case '1': plain += kEscape; break;
      case 't': plain += '\t'; break;
      case 'r': plain += '\r'; break;
      case 'n': plain += '\n'; break;
      default: plain += level[i];
    }
  }
  return plain;
}

std::string decode_line(std::string_view line, bool is_version_2) {
  std::string name;
  if (is_version_2) {
    for (std::string_view rest = line;;) {
      const std::size_t tab = rest.find('\t');
      append(name, name.empty() ? "" : ".", unescape(rest.substr(0, tab)));
      if (tab == std::string_view::npos) break;
      rest = rest.substr(tab + 1);
    }
  } else {
    name = line;
  }
  name = text::from_modified_utf7(name).value_or(name);
  return ascii::equal_ignoring_case(name, kInbox) ? std::string(kInbox) : name;
}

}  // namespace

std::vector<std::string> parse_subscriptions(std::string_view text) {
  const bool is_version_2 = text.starts_with(kVersion2);
  if (is_version_2) text.remove_prefix(kVersion2.size());
  std::vector<std::string> names;
  StringSet seen;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    std::string name = decode_line(line, is_version_2);
    if (seen.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

std::string format_subscriptions(std::span<const std::string> names) {
  std::string text(kVersion2);
  for (const std::string& name : names) {
    // A checked name has no control characters: nothing in it needs an escape.
    std::string line = text::to_modified_utf7(name).value_or(name);
    std::replace(line.begin(), line.end(), '.', '\t');
    append(text, line, "\n");
  }
  return text;
}

}  // namespace mail::store
