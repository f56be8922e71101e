#include "bayes/html_text.h"

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "bayes/sink.h"

namespace mail::bayes {
namespace {

std::string shown(std::string_view html) {
  const TokenKey key({1, 2});
  TokenSet set;
  Sink sink(key, set, nullptr);
  std::string text;
  html_to_text(html, text, sink);
  std::string squeezed;
  for (const char c : text) {
    if (c != ' ' || (!squeezed.empty() && squeezed.back() != ' ')) squeezed += c;
  }
  while (!squeezed.empty() && squeezed.back() == ' ') squeezed.pop_back();
  return squeezed;
}

TEST_CASE("The text of HTML is what a reader sees") {
  struct Case {
    std::string_view html;
    std::string_view text;
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"<p>one</p><p>two</p>", "one two"},
      {"one<br>two", "one two"},
      {"V<b></b>ia<!-- x -->gr<font color=red>a</font>", "Viagra"},
      {"a &amp; b &lt;c&gt; &#65;&#x42; &nbsp;d", "a & b <c> AB d"},
      {"&unknown; &#xFFFFFFFF; &#; &", "&unknown; &#xFFFFFFFF; &#; &"},
      {"x<script>var a = '<b>';</script>y<style>b{}</style>z", "x y z"},
      {"x<script>never closed", "x"},
      {"<!DOCTYPE html><?xml?>x", "x"},
      {"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
      {"<a href='http://x.example/'>link</a>", "link"},
      {"<img alt=\"a picture\" src=cid:1>", "a picture"},
      {"<b title=\"a > b\">x</b>", "a > b x"},
      {"<b title=\"open>x", "open x"},
      {"<", "<"},
      {"<>", "<>"},
      {"</>x", "</>x"},
      {"<!--never closed", ""},
      {"<p", "<p"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.html);
    CHECK(shown(c.html) == c.text);
  }
}

// Attack D8: what is quadratic elsewhere.
TEST_CASE("Deep and unclosed HTML takes linear time") {
  for (const std::string_view piece :
       {"<div>", "<", "<!--", "<p a=\"", "&", "<script>", "</", "<a b=c "}) {
    CAPTURE(piece);
    std::string html;
    while (html.size() < 1'000'000) html += piece;
    const auto start = std::chrono::steady_clock::now();
    shown(html);
    // Quadratic time would be minutes.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

}  // namespace
}  // namespace mail::bayes
