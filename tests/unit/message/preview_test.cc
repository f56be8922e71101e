#include "mail/message/preview.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "mail/base/status.h"
#include "mail/text/utf8.h"

namespace mail::message {
namespace {

std::string preview(std::string_view message) { return preview_text(MimeTree(message)); }

std::string html(std::string_view body) {
  return preview(cat("Content-Type: text/html; charset=utf-8\r\n\r\n", body));
}

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < utf8.size(); ++count) text::next_code_point(utf8, at);
  return count;
}

TEST_CASE("A preview is the first text without markup, quotes and runs of blanks") {
  struct Row {
    std::string message, expected;
  };
  const std::vector<Row> rows = {
      {"Subject: x\r\n\r\n  Hello,\r\n\r\n\tAnn  \r\n", "Hello, Ann"},
      {"\r\n> old\r\n>> older\r\nnew\r\n", "new"},
      {"\r\n> only\r\n> a quote\r\n", "> only > a quote"},
      {"\r\n", ""},
      {"", ""},
      {"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8sIHdvcmxk\r\n", "Hello, world"},
      {"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
       "quoted-printable\r\n\r\nGr=FC=DFe\r\n",
       "Grüße"},
      {"Content-Type: image/png\r\n\r\nabc\r\n", ""},
      {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
       "Content-Disposition: attachment\r\n\r\nattached\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
       "   \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>shown</p>\r\n--b--\r\n",
       "shown"},
      {"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\nContent-Type: "
       "application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: "
       "application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n",
       ""},
      {"\r\n\xff\xfe\x01 odd\r\n", "\xEF\xBF\xBD odd"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(preview(row.message) == row.expected);
  }
}

TEST_CASE("A preview of HTML is what is shown of it") {
  CHECK(html("<html><head><title>T</title><style>p { x }</style></head><body><p>One</p>"
             "<p>t<b>w</b>o<br>three</body></html>") == "One two three");
  CHECK(html("<!-- not <b>this</b> --><a title=\"a>b\">link</a>") == "link");
  CHECK(html("5 &lt; 6 &amp;&#32;7 &#x3e; 2 &unknown; &hellip; &#xD800;&#99999999999;") ==
        "5 < 6 & 7 > 2 &unknown; … \xEF\xBF\xBD&#99999999999;");
  CHECK(html("a < b & c") == "a < b & c");
  CHECK(html("x&shy;y&zwnj;&nbsp;&#8203; z\xEF\xBB\xBF") == "xy z");
  CHECK(html("<SCRIPT>if (a</b) x</SCRIPT >seen") == "seen");
  for (const char* open : {"<style>never", "<!-- never", "<p title=\"never", "<", "&", "<!"}) {
    INFO(open);
    CHECK(html(cat("seen", open)).starts_with("seen"));
    CHECK(html(cat("seen", open)).find("never") == std::string::npos);
  }
}

TEST_CASE("A preview has at most 200 characters, of however many octets") {
  for (const std::string word : {"a", "ü", "日", "😀"}) {
    for (const std::size_t count : {199u, 200u, 201u, 5000u}) {
      std::string body;
      for (std::size_t i = 0; i < count; ++i) body += word;
      const std::string found =
          preview(cat("Content-Type: text/plain; charset=utf-8\r\n\r\n", body));
      CHECK(characters(found) == std::min(count, kPreviewCharacters));
      CHECK(body.starts_with(found));
    }
  }
  const std::string word(kPreviewCharacters - 1, 'a');  // no room for a blank and another one
  CHECK(preview(cat("\r\n", word, " b")) == word);
  CHECK(preview(cat("\r\n", word.substr(1), " b")) == cat(word.substr(1), " b"));
}

TEST_CASE("A preview looks at 64 KB of a part and at 50 parts, in linear time") {
  CHECK(html(std::string(kPreviewOctets - 1, ' ') + "x") == "x");
  CHECK(html(std::string(kPreviewOctets, ' ') + "x").empty());
  for (const std::size_t count : {49u, 50u}) {
    std::string mail = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (std::size_t i = 0; i < count; ++i) mail += "--b\r\nContent-Type: image/gif\r\n\r\nx\r\n";
    mail += "--b\r\n\r\ntext\r\n--b--\r\n";
    CHECK(preview(mail) == (count < 50 ? "text" : ""));
  }
  std::string deep;
  for (int i = 0; i < 20000; ++i) deep += i % 2 == 0 ? "<head></" : "<!--";
  CHECK(html(deep).empty());
}

}  // namespace
}  // namespace mail::message
