// What a message begins with, as a mail program shows it beside the subject (RFC 8970 §3.3).
#pragma once

#include <cstddef>
#include <string>

#include "mail/message/mime.h"

namespace mail::message {

inline constexpr std::size_t kPreviewCharacters = 200;
/// Octets of the part that are looked at, and parts.
inline constexpr std::size_t kPreviewOctets = 64 << 10;
inline constexpr std::size_t kPreviewParts = 50;

/// The first of its plain or HTML text that is no attachment: UTF-8 without markup, quoted lines
/// and runs of blanks. Empty when there is none, or it is encrypted.
std::string preview_text(const MimeTree& tree);

}  // namespace mail::message
