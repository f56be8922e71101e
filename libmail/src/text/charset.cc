// Charsets. US-ASCII, UTF-8 and ISO-8859-1 are converted here; the rest by iconv.
//
// The name comes from a stranger's mail, and glibc's iconv knows two hundred charsets that no mail
// uses, loads a shared object for each, and has had a memory fault in some (CVE-2024-2961 in
// ISO-2022-CN-EXT). So only families that mail does use are asked for, and nothing that iconv reads
// as an option ("//TRANSLIT") passes.
//
// Tested by tests/unit/text/charset_test.cc.
#include "mail/text/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "mail/base/ascii.h"
#include "mail/text/utf8.h"

namespace mail::text {
namespace {

constexpr std::size_t kNameLimit = 40;

// Beginnings of the names that may reach iconv, upper case.
constexpr std::array<std::string_view, 33> kFamilies = {
    "UTF-16",      "UTF-32",      "UTF-7",       "ISO-8859-",   "ISO8859",     "ISO_8859",
    "LATIN",       "L1",          "WINDOWS-12",  "WINDOWS-874", "WINDOWS-932", "WINDOWS-936",
    "WINDOWS-949", "CP",          "IBM",         "KOI8-",       "GB2312",      "GBK",
    "GB18030",     "BIG5",        "EUC-",        "SHIFT_JIS",   "SHIFT-JIS",   "SJIS",
    "WINDOWS-31J", "ISO-2022-JP", "ISO-2022-KR", "TIS-620",     "MACINTOSH",   "MAC-",
    "VISCII",      "TCVN",        "UHC",
};

struct Alias {
  std::string_view name;
  std::string_view iconv_name;
};
// What mail writes and glibc calls otherwise, or where the superset is what is meant.
constexpr std::array<Alias, 11> kAliases = {{
    {"KS_C_5601-1987", "CP949"},
    {"KS_C_5601", "CP949"},
    {"EUC-KR", "CP949"},
    {"KSC5601", "CP949"},
    {"GB2312", "GBK"},
    {"X-GBK", "GBK"},
    {"X-SJIS", "CP932"},
    {"ISO-8859-8-I", "ISO-8859-8"},
    {"ISO-8859-8-E", "ISO-8859-8"},
    {"X-MAC-ROMAN", "MACINTOSH"},
    {"UNICODE-1-1-UTF-7", "UTF-7"},
}};

/// The name for iconv, or "" for one that is not passed on.
std::string iconv_name(std::string_view charset) {
  if (charset.size() > kNameLimit) return "";
  const std::string upper = ascii::to_upper(charset);
  for (const Alias& alias : kAliases) {
    if (upper == alias.name) return std::string(alias.iconv_name);
  }
  const bool plain = std::all_of(upper.begin(), upper.end(), [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == ':' || c == '.';
  });
  const bool known = std::any_of(kFamilies.begin(), kFamilies.end(), [&](std::string_view family) {
    return upper.starts_with(family);
  });
  return plain && known ? upper : "";
}

enum class Native { kNone, kAscii, kUtf8, kLatin1 };

Native native_of(std::string_view charset) {
  constexpr auto equal = ascii::equal_ignoring_case;
  if (charset.empty() || equal(charset, "us-ascii") || equal(charset, "ascii")) {
    return Native::kAscii;
  }
  if (equal(charset, "utf-8") || equal(charset, "utf8")) return Native::kUtf8;
  if (equal(charset, "iso-8859-1") || equal(charset, "latin1")) return Native::kLatin1;
  return Native::kNone;
}

/// A resource: one open conversion to UTF-8.
class Converter {
 public:
  explicit Converter(std::string_view charset) {
    const std::string name = iconv_name(charset);
    if (!name.empty()) handle_ = iconv_open("UTF-8", name.c_str());
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }

  bool is_open() const { return handle_ != kClosed; }

  /// Octets that were meaningless and became U+FFFD.
  std::size_t convert(std::string_view octets, std::string& to) {
    std::size_t faults = 0;
    char* in = const_cast<char*>(octets.data());  // iconv's old signature; it only reads
    std::size_t in_left = octets.size();
    while (true) {
      // The last call has no input: it writes out what a stateful charset still holds.
      const bool flush = in_left == 0;
      char buffer[4096];
      char* out = buffer;
      std::size_t out_left = sizeof buffer;
      const std::size_t before = in_left;
      const std::size_t result =
          iconv(handle_, flush ? nullptr : &in, flush ? nullptr : &in_left, &out, &out_left);
      const int error = result == static_cast<std::size_t>(-1) ? errno : 0;
      to.append(buffer, sizeof buffer - out_left);
      if (flush && error != E2BIG) return faults;
      // A converter that asks for room again and again without moving would never end.
      const bool stuck = error == E2BIG && before == in_left && out_left == sizeof buffer;
      if (error == 0 || (error == E2BIG && !stuck)) continue;
      ++faults;
      to.append(kReplacementCharacter);
      if (error != EILSEQ || flush) return faults;  // EINVAL: cut in the middle of a character
      ++in;
      --in_left;
    }
  }

 private:
  static inline const iconv_t kClosed = reinterpret_cast<iconv_t>(-1);
  iconv_t handle_ = kClosed;
};

std::string latin1_to_utf8(std::string_view octets) {
  std::string result;
  result.reserve(octets.size() + octets.size() / 8);
  std::size_t at = 0;
  while (at < octets.size()) {
    const std::size_t begin = at;
    while (at < octets.size() && static_cast<unsigned char>(octets[at]) < 0x80) ++at;
    result.append(octets, begin, at - begin);
    if (at < octets.size()) append_code_point(result, static_cast<unsigned char>(octets[at++]));
  }
  return result;
}

/// Runs outside ASCII become one U+FFFD each.
std::string ascii_only(std::string_view octets) {
  std::string result;
  result.reserve(octets.size() + 8);
  std::size_t at = 0;
  while (at < octets.size()) {
    const std::size_t begin = at;
    while (at < octets.size() && static_cast<unsigned char>(octets[at]) < 0x80) ++at;
    result.append(octets, begin, at - begin);
    if (at < octets.size()) result.append(kReplacementCharacter);
    while (at < octets.size() && static_cast<unsigned char>(octets[at]) >= 0x80) ++at;
  }
  return result;
}

}  // namespace

bool is_known_charset(std::string_view charset) {
  if (charset.empty()) return false;
  return native_of(charset) != Native::kNone || Converter(charset).is_open();
}

std::string to_utf8(std::string_view octets, std::string_view charset) {
  switch (native_of(charset)) {
    case Native::kAscii: return is_valid_utf8(octets) ? std::string(octets) : ascii_only(octets);
    case Native::kUtf8: return sanitize_utf8(octets);
    case Native::kLatin1: return latin1_to_utf8(octets);
    case Native::kNone: break;
  }
  Converter converter(charset);
  if (!converter.is_open()) return ascii_only(octets);
  std::string result;
  result.reserve(octets.size() + octets.size() / 4);
  converter.convert(octets, result);
  return result;
}

std::optional<std::string> to_utf8_exactly(std::string_view octets, std::string_view charset) {
  switch (native_of(charset)) {
    case Native::kAscii:
      if (charset.empty() || !is_ascii(octets)) return std::nullopt;
      return std::string(octets);
    case Native::kUtf8:
      if (!is_valid_utf8(octets)) return std::nullopt;
      return std::string(octets);
    case Native::kLatin1: return latin1_to_utf8(octets);
    case Native::kNone: break;
  }
  Converter converter(charset);
  std::string result;
  if (!converter.is_open() || converter.convert(octets, result) != 0) return std::nullopt;
  return result;
}

}  // namespace mail::text
