// UTF-8: one decoder that tells valid sequences from maximal invalid pieces; everything else is a
// loop around it with a fast way past ASCII.
//
// Tested by tests/unit/text/utf8_test.cc.
#include "mail/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace mail::text {
namespace {

std::size_t ascii_prefix(std::string_view octets) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  for (; i + 8 <= octets.size(); i += 8) {
    std::uint64_t chunk = 0;
    std::memcpy(&chunk, octets.data() + i, 8);
    if ((chunk & kHighBits) != 0) break;
  }
  while (i < octets.size() && static_cast<unsigned char>(octets[i]) < 0x80) ++i;
  return i;
}

struct Sequence {
  std::size_t length = 0;  // octets of the character, or of the maximal invalid piece
  bool valid = false;
};

// RFC 3629 §4:
//   UTF8-2 = %xC2-DF UTF8-tail
//   UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) /
//            %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
//   UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) / %xF4 %x80-8F 2( UTF8-tail )
// `octets` is not empty.
Sequence sequence_at(std::string_view octets) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(octets[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t wanted = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (std::size_t i = 1; i < wanted; ++i) {
    if (i >= octets.size() || at(i) < low || at(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {wanted, true};
}

}  // namespace

bool is_ascii(std::string_view octets) { return ascii_prefix(octets) == octets.size(); }

std::size_t valid_utf8_prefix(std::string_view octets) {
  std::size_t position = 0;
  while (true) {
    position += ascii_prefix(octets.substr(position));
    if (position == octets.size()) return position;
    const Sequence next = sequence_at(octets.substr(position));
    if (!next.valid) return position;
    position += next.length;
  }
}

bool is_valid_utf8(std::string_view octets) { return valid_utf8_prefix(octets) == octets.size(); }

std::string sanitize_utf8(std::string_view octets) {
  std::string result;
  result.reserve(octets.size());
  while (!octets.empty()) {
    const std::size_t valid = valid_utf8_prefix(octets);
    result.append(octets.substr(0, valid));
    octets.remove_prefix(valid);
    if (octets.empty()) break;
    result.append(kReplacementCharacter);
    octets.remove_prefix(sequence_at(octets).length);
  }
  return result;
}

void append_code_point(std::string& to, char32_t code_point) {
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (is_surrogate || code_point > 0x10FFFF) code_point = 0xFFFD;
  auto tail = [](char32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code_point < 0x80) {
    to.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    to.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    to.push_back(tail(code_point));
  } else if (code_point < 0x10000) {
    to.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    to.push_back(tail(code_point >> 6));
    to.push_back(tail(code_point));
  } else {
    to.push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    to.push_back(tail(code_point >> 12));
    to.push_back(tail(code_point >> 6));
    to.push_back(tail(code_point));
  }
}

char32_t next_code_point(std::string_view utf8, std::size_t& position) {
  const Sequence next = sequence_at(utf8.substr(position));
  const auto lead = static_cast<unsigned char>(utf8[position]);
  const std::size_t begin = position;
  position += next.length;
  if (!next.valid) return 0xFFFD;
  if (next.length == 1) return lead;
  char32_t code_point = lead & (0x7F >> next.length);
  for (std::size_t i = 1; i < next.length; ++i) {
    code_point = (code_point << 6) | (static_cast<unsigned char>(utf8[begin + i]) & 0x3F);
  }
  return code_point;
}

}  // namespace mail::text
