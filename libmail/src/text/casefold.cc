// Case folding. An ASCII character neither combines with what stands before it nor decomposes, so
// text can be cut at every one of them: ASCII is folded here, only the runs between go through
// libunistring.
//
// Tested by tests/unit/text/casefold_test.cc.
#include "mail/text/casefold.h"

#include <unicase.h>
#include <uninorm.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "mail/base/ascii.h"
#include "mail/text/utf8.h"

namespace mail::text {
namespace {

bool is_outside_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// `run` is valid UTF-8 without ASCII.
void append_folded_run(std::string& to, std::string_view run) {
  std::uint8_t buffer[512];
  std::size_t length = sizeof buffer;
  std::uint8_t* folded = u8_casefold(reinterpret_cast<const std::uint8_t*>(run.data()), run.size(),
                                     nullptr, UNINORM_NFKD, buffer, &length);
  if (folded == nullptr) {  // out of memory
    to.append(run);
    return;
  }
  // Compatibility forms decompose after folding and may bring capitals back: "№" is "No".
  for (std::size_t i = 0; i < length; ++i) {
    to.push_back(ascii::to_lower(static_cast<char>(folded[i])));
  }
  if (folded != buffer) std::free(folded);
}

}  // namespace

std::string casefold(std::string_view utf8) {
  std::string result;
  result.reserve(utf8.size());
  std::string clean;
  if (!is_valid_utf8(utf8)) utf8 = clean = sanitize_utf8(utf8);
  std::size_t i = 0;
  while (i < utf8.size()) {
    if (!is_outside_ascii(utf8[i])) {
      result.push_back(ascii::to_lower(utf8[i++]));
      continue;
    }
    const std::size_t begin = i;
    while (i < utf8.size() && is_outside_ascii(utf8[i])) ++i;
    append_folded_run(result, utf8.substr(begin, i - begin));
  }
  return result;
}

bool contains_folded(std::string_view haystack, std::string_view folded_needle) {
  if (folded_needle.empty()) return true;
  const std::string folded = casefold(haystack);
  // memmem is linear (two-way); string_view::find is not, and both texts may be a stranger's.
  return memmem(folded.data(), folded.size(), folded_needle.data(), folded_needle.size()) !=
         nullptr;
}

}  // namespace mail::text
