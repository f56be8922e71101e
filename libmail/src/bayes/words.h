// Words, URLs and addresses of decoded text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail::bayes {

class Sink;

/// UTF-8 text as a reader sees its words: characters that show nothing go, blanks and punctuation
/// beyond ASCII become blanks, letters and digits of other widths and typefaces ASCII.
void make_plain(std::string& text);

/// How many words are still taken from one part: padding must not drown what was said first.
struct WordBudget {
  std::size_t words = 0;
};

/// The words of UTF-8 text, each token with `kind` before it; URLs are taken apart.
void add_words(std::string_view kind, std::string_view text, WordBudget& budget, Sink& sink);

/// "http://shop.example.com/a/b.cgi?x=1", or the same without the scheme: host, its parents, words
/// of the path.
void add_url(std::string_view url, Sink& sink);

/// "mail.example.com": itself and each parent of at least two labels.
void add_host(std::string_view kind, std::string_view host, Sink& sink);

}  // namespace mail::bayes
