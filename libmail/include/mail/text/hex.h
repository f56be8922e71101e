// Hexadecimal octets of quoted-printable, encoded words and RFC 2231 values.
#pragma once

#include <string>

namespace mail::text {

/// -1 when `c` is no hexadecimal digit; both cases are read.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// -1 when one of the two is no digit.
constexpr int hex_octet(char high, char low) {
  return hex_digit(high) < 0 || hex_digit(low) < 0 ? -1 : hex_digit(high) * 16 + hex_digit(low);
}

inline void append_hex(std::string& to, char octet) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  to.push_back(kDigits[static_cast<unsigned char>(octet) >> 4]);
  to.push_back(kDigits[static_cast<unsigned char>(octet) & 15]);
}

}  // namespace mail::text
