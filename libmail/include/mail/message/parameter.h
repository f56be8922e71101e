// Writing parameters of Content-Type, Content-Disposition and their like (RFC 2045 §5.1, RFC 2231).
// Reading them is content.h's.
#pragma once

#include <string>
#include <string_view>

#include "mail/base/status.h"

namespace mail::message {

/// "name=value" for a structured field, without the semicolon before it: a token, a quoted string,
/// or, for text beyond ASCII and for what does not fit into a line, RFC 2231's `name*=utf-8''…` in
/// as many pieces as it takes, joined by "; " so that a field can be folded between them.
///
/// Fails: InvalidArgument when the name is no token, or the value holds CR, LF or NUL or is not
/// UTF-8.
StatusOr<std::string> format_parameter(std::string_view name, std::string_view utf8);

}  // namespace mail::message
