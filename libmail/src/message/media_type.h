// The type of a part without its parameters: all that the MIME tree needs of most parts.
#pragma once

#include <optional>
#include <string_view>

#include "mail/message/content.h"

namespace mail::message {

/// `parse_content_type` without reading the parameters.
std::optional<ContentType> parse_media_type(std::string_view value);

}  // namespace mail::message
