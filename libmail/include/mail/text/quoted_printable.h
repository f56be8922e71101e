// Quoted-printable (RFC 2045 §6.7).
#pragma once

#include <string>
#include <string_view>

namespace mail::text {

/// Never fails: a "=" that starts no valid escape stays as it is, blanks at a line's end are
/// dropped (transport padding). Line ends are copied as they are, CRLF or LF.
std::string quoted_printable_decode(std::string_view text);

/// Text with CRLF or LF line ends, which stay; lines of at most 76 columns by soft breaks with
/// CRLF. CR and LF that are not a line end, and every octet that is not printable ASCII, are
/// escaped.
std::string quoted_printable_encode(std::string_view octets);

}  // namespace mail::text
