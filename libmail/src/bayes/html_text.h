// HTML as a reader sees it.
#pragma once

#include <string>
#include <string_view>

namespace mail::bayes {

class Sink;

/// Appends the text that is shown; tags, attributes and links become tokens on the way. One pass,
/// never fails: what is no HTML is text.
void html_to_text(std::string_view html, std::string& text, Sink& sink);

}  // namespace mail::bayes
