#pragma once

#include <string>
#include <string_view>

namespace mail::smtp {

/// RFC 5321 §4.5.3.1.5: octets of a reply line with its code and CRLF. Longer text goes on in a
/// further line.
inline constexpr std::size_t kReplyLine = 512;

/// `append_wire` without a Reply: the engine's own replies are not worth an allocation.
void append_reply(std::string& to, int code, std::string_view enhanced, std::string_view text);

}  // namespace mail::smtp
