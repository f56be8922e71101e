#include "mail/bayes/tokens.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "bayes/sink.h"
#include "mail/base/absl.h"
#include "mail/text/base64.h"

namespace mail::bayes {
namespace {

constexpr crypto::HashKey kKey = {1, 2};

std::vector<std::string> texts(std::string_view message, const TokenLimits& limits = {}) {
  std::vector<std::string> found;
  Tokenizer tokenizer(kKey, limits);
  tokenizer.tokenize(message, [&](Token, std::string_view text) { found.emplace_back(text); });
  return found;
}

bool has(const std::vector<std::string>& found, std::string_view text) {
  return std::find(found.begin(), found.end(), text) != found.end();
}

TEST_CASE("Words of every part of a message become tokens") {
  struct Case {
    std::string_view message;
    std::vector<std::string_view> present;
    std::vector<std::string_view> absent;
  };
  const Case cases[] = {
      {"\r\nHello World, hello again\r\n", {"hello", "world", "again"}, {"Hello", "a"}},
      {"\r\nfree-money! now!!! $100 50% it's\r\n",
       {"free-money!", "free", "money", "now!", "$100", "100", "50%", "it's"},
       {"now!!!"}},
      {"\r\nsee http://Shop.Example.co.uk:8080/buy/now.cgi?id=77 today\r\n",
       {"url:shop.example.co.uk", "url:example.co.uk", "url:co.uk", "tld:uk", "url::8080",
        "path:buy", "path:now", "path:77", "today"},
       {"http"}},
      {"\r\nhttp://user@192.0.2.7/x1\r\n",
       {"url:192.0.2.7", "url:address", "url:user@"},
       {"url:0.2.7"}},
      {"\r\nann@mail.example.com\r\n",
       {"ann@mail.example.com", "mail.example.com", "example.com"},
       {}},
      {"Subject: =?utf-8?Q?Gr=C3=9C=C3=9FE?= BUY\n\nx",
       {"subject:gr\xC3\xBC\xC3\x9F"
        "e",
        "gr\xC3\xBC\xC3\x9F"
        "e",
        "subject:buy", "field:subject", "subject-charset:utf-8"},
       {}},
      {"Subject: BUY NOW\n\n", {"subject:ALL CAPITALS"}, {}},
      {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
       "quoted-printable\n\n"
       "sch=F6n lan=\nge\n",
       {"sch\xC3\xB6n", "lange", "type:text/plain", "type.charset=iso-8859-1",
        "encoding:quoted-printable"},
       {}},
      {"Content-Transfer-Encoding: base64\n\nVklBR1JBIGhpZGRlbg==\n", {"viagra", "hidden"}, {}},
      {"From: Ann <ann@mail.example.org>\nDate: Sat, 21 Nov 2026 12:00:00 +0900\nMessage-ID: "
       "<2026.AB@x.example>\n\n",
       {"from:ann@mail.example.org", "from:ann@", "from:example.org", "date:+0900",
        "message-id:x.example", "message-id-shape:<9.A", "order:from>date", "order:>from"},
       {"date:2026"}},
      {"Received: from helo.example (rdns.example [198.51.100.7]) by us.example with SMTP; Mon, 1 "
       "Jan 2001\n\n",
       {"received:helo.example", "received:198.51.100.7", "received:198.51.100", "received:198.51"},
       {"received:us.example", "received:smtp", "received:2001"}},
      {"X-Spam-Flag: YES\nX-Bogosity: Spam\nAuthentication-Results: me; spf=fail\nX-Rspamd-Score: "
       "9\n\n",
       {},
       {"field:x-spam-flag", "x-spam-flag:yes", "x-bogosity:spam", "field:authentication-results",
        "field:x-rspamd-score"}},
      {"\n\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\n",  // Привет
       {"\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82", "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2"},
       {}},
      {"\n\xE5\x85\x8D\xE8\xB4\xB9\xE8\xB5\x9A\n",  // three characters without blanks
       {"\xE5\x85\x8D\xE8\xB4\xB9", "\xE8\xB4\xB9\xE8\xB5\x9A"},
       {}},
      {"\nabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n", {"long:a5"}, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    const auto found = texts(c.message);
    for (const auto text : c.present) {
      CAPTURE(text, found);
      CHECK(has(found, text));
    }
    for (const auto text : c.absent) {
      CAPTURE(text);
      CHECK_FALSE(has(found, text));
    }
  }
}

std::string encoded(std::string_view charset, std::string_view text) {
  return cat("Content-Type: text/plain; charset=", charset,
             "\nContent-Transfer-Encoding: base64\n\n", text::base64_encode(text), "\n");
}

TEST_CASE("Words are the same in whatever charset and encoding a message comes") {
  struct Case {
    std::string_view charset;
    std::string_view octets;
    std::string_view word;
  };
  const Case cases[] = {
      {"koi8-r", "\xF0\xD2\xC9\xD7\xC5\xD4", "привет"},
      {"windows-1251", "\xCF\xF0\xE8\xE2\xE5\xF2", "привет"},
      {"utf-8", "Привет", "привет"},
      {"iso-2022-jp", "\x1B$B%a!<%k\x1B(B", "メール"},
      {"shift_jis", "\x83\x81\x81\x5B\x83\x8B", "メール"},
      {"euc-jp", "\xA5\xE1\xA1\xBC\xA5\xEB", "メール"},
      {"gb2312", "\xC3\xE2\xB7\xD1", "免费"},
      {"big5", "\xA7\x4B\xB6\x4F", "免費"},
      {"euc-kr", "\xB9\xAB\xB7\xE1", "무료"},
      {"utf-7", "+ZTmNOQ-", "改费"},
      {"iso-8859-15", "gr\xFC\xDF", "grüß"},
      // Named by nobody: the same each time, and not one word for all.
      {"us-ascii", "\xF0\xD2\xC9\xD7", "ðòé×"},
      {"unheard-of", "\xF0\xD2\xC9\xD7", "ðòé×"},
      {"us-ascii", "grüß", "grüß"},
  };
  for (const Case& c : cases) {
    const auto found = texts(encoded(c.charset, c.octets));
    CAPTURE(c.charset, found);
    CHECK(has(found, c.word));
    CHECK(texts(encoded(c.charset, c.octets)) == found);
  }
}

TEST_CASE("Text without blanks gives pieces from its beginning to its end") {
  std::string text;  // one paragraph of 3,000 ideographs, as base64 leaves it
  for (int i = 0; i < 1500; ++i) text += "会議";
  text += "当選金額";
  const auto found = texts(encoded("utf-8", text));
  CHECK(has(found, "会議"));
  CHECK(has(found, "当選"));
  CHECK(has(found, "金額"));
  // Their budget is a word for two.
  TokenLimits limits;
  limits.part_words = 1000;
  CHECK_FALSE(has(texts(encoded("utf-8", text), limits), "金額"));
  CHECK(has(texts(encoded("utf-8", "無料です。今すぐ、登録！")), "登録"));
  CHECK_FALSE(has(texts(encoded("utf-8", "無料です。今すぐ")), "す。"));
}

TEST_CASE("Characters that only hide a word from filters do not") {
  struct Case {
    std::string_view text;
    std::string_view word;
  };
  const Case cases[] = {
      {"v\u200Bi\u200Dagra", "viagra"},
      {"ca\u00ADsi\u2060no", "casino"},
      {"\u201Cwinner\u201D", "winner"},
      {"don\u2019t", "don't"},
      {"free\u2014money", "free"},
      {"a\u00A0winner", "winner"},
      {"\uFF26\uFF32\uFF25\uFF25", "free"},
      {"\U0001D5D9\U0001D5F6\U0001D5FB\U0001D5F2", "fine"},
      {"\U0001D7D3\U0001D7CE\U0001D7CE", "500"},
      {"\U0001F525\uFE0F", "\U0001F525"},
      {"straße", "straße"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(has(texts(encoded("utf-8", c.text)), c.word));
    const std::string subject = cat("Subject: =?utf-8?B?", text::base64_encode(c.text), "?=\n\n");
    CHECK(has(texts(subject), cat("subject:", c.word)));
  }
  const std::string html = "Content-Type: text/html\n\n<p>lot&#8203;tery &#xFEFF;pri&shy;ze</p>";
  CHECK(has(texts(html), "lottery"));
}

TEST_CASE(
    "Nothing that tells who labelled a message, when it came or through which list is a token") {
  const std::string message =
      "Received: from a.sender.example ([198.51.100.9]) by mx.label.example (label) with ESMTP id "
      "LABEL for <label@label.example>; Thu, 22 Aug 2002 12:19:21 -0400\n"
      "Received: from b.sender.example\n\tby mx.label.example; Thu, 22 Aug 2002 12:19:21 -0400\n"
      "Return-Path: <label@x.example>\nDelivered-To: label@label.example\n"
      "Date: Thu, 22 Aug 2002 17:23:15 +0100\nResent-Date: Thu, 22 Aug 2002 17:23:15 +0100\n"
      "Delivery-Date: Thu, 22 Aug 2002 17:23:15 +0100\nX-Original-Date: 22 Aug 2002 17:23 +0100\n"
      "X-OriginalArrivalTime: 22 Aug 2002 10:11:12 (UTC) FILETIME=[label]\nExpires: 22 Aug 2002\n"
      "List-Id: <label.example>\nList-Unsubscribe: <mailto:label>\nX-BeenThere: label@x.example\n"
      "Mailing-List: list label\nX-Mailing-List: label\nX-List-Name: label\nX-Loop: label\n"
      "X-Spam-Status: label\nX-Spam-Flag: label\nX-Spamd-Bar: label\nX-Virus-Scanned: label\n"
      "X-Bogosity: label\nX-Rspamd-Score: label\nX-Amavis-Alert: label\nX-CRM114-Status: label\n"
      "X-DSPAM-Result: label\nX-SA-Exim: label\nAuthentication-Results: label\n"
      "Received-SPF: label\nARC-Seal: label\nDKIM-Signature: label\nStatus: label\n"
      "X-Gmail-Labels: label\nX-Keywords: label\nX-Microsoft-Antispam: label\n"
      "X-MS-Exchange-Organization-SCL: label\n\nhello\n";
  for (const std::string& text : texts(message)) {
    CAPTURE(text);
    CHECK(text.find("label") == text.npos);
    CHECK(text.find("2002") == text.npos);
    CHECK(text.find("aug") == text.npos);
    CHECK_FALSE(text.starts_with("field:x-spam"));
  }
  CHECK(has(texts(message), "received:a.sender.example"));
  CHECK(has(texts(message), "date:+0100"));
}

TEST_CASE("A message that is HTML alone, encoded and without a charset, gives its words") {
  const std::string html =
      "<html><head><meta charset=utf-8><style>p{x:hidden}</style><title>Offer</title></head>"
      "<body><p>Gew\xC3\xB6hnlich <b>g\xC3\xBCnstig</b></p><a href=\"https://shop.example/a\">"
      "klick</a><img src=\"https://pixel.example/p.gif\" alt=\"Rabatt\"></body></html>";
  const auto found = texts(cat("Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n",
                               text::base64_encode(html), "\n"));
  for (const std::string_view word : {"offer", "gewöhnlich", "günstig", "url:shop.example", "klick",
                                      "rabatt", "url:pixel.example", "tag:img"}) {
    CAPTURE(word);
    CHECK(has(found, word));
  }
  CHECK_FALSE(has(found, "hidden"));
}

TEST_CASE("Each token is counted once, and depends on the key") {
  Tokenizer a(kKey), b({3, 4});
  const std::string_view message = "Subject: x\n\nspam spam spam spam";
  const std::vector<Token> tokens = a.tokenize(message).tokens();
  const std::vector<Token> others = b.tokenize(message).tokens();
  CHECK(tokens.size() == others.size());
  CHECK(tokens != others);
  CHECK(tokens == a.tokenize(message).tokens());
  auto sorted = tokens;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
  for (const Token token : tokens) CHECK((token != 0 && token < (Token{1} << 40)));
}

TEST_CASE("CRLF and LF give the same tokens") {
  const std::string lf =
      "From: a@b.example\nSubject: folded\n over lines\nContent-Type: multipart/mixed; "
      "boundary=x\n\n"
      "--x\nContent-Type: text/html\n\n<p>Some <b>bold</b>\ntext</p>\n--x\n\nplain\nwords\n--x--\n";
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  CHECK(texts(lf) == texts(crlf));
}

// Attack F7: padding and flooding.
TEST_CASE("A million unique words cost no more than the limits allow") {
  std::string message = "Subject: x\n\n";
  for (int i = 0; i < 1'000'000; ++i) append(message, "w", i, " ");
  TokenLimits limits;
  const auto found = texts(message, limits);
  CHECK(found.size() <= limits.part_words + 100);
  CHECK(has(found, "w0"));
  CHECK(has(found, cat("w", limits.part_words - 1)));
  CHECK_FALSE(has(found, cat("w", limits.part_words)));

  limits.tokens = 50;
  CHECK(texts(message, limits).size() == 50);

  std::string parts = "Content-Type: multipart/mixed; boundary=x\n\n";
  for (int i = 0; i < 200; ++i) append(parts, "--x\n\nword", i, "\n");
  const auto of_parts = texts(parts);
  CHECK(has(of_parts, "word99"));
  CHECK_FALSE(has(of_parts, "word100"));

  const std::string big = "\n" + std::string(200'000, '-') + " behind";
  CHECK_FALSE(has(texts(big), "behind"));
}

TEST_CASE("The set of tokens grows and refuses what is beyond its limit") {
  TokenSet set;
  set.limit = 5000;
  for (Token t = 1; t <= 5000; ++t) CHECK(set.insert(t * 7919));
  CHECK_FALSE(set.insert(7919));
  CHECK_FALSE(set.insert(2));
  CHECK(set.size() == 5000);
  set.clear();
  CHECK(set.insert(7919));
}

// Attack D7.
TEST_CASE(
    "Archives and documents are not unpacked, however large: their type and name are tokens") {
  const auto message = [](std::string_view type, std::size_t octets) {
    // What a reader of archives would find in it: a stored entry, not even compressed.
    std::string content = "PK\3\4%PDF-1.7 ";
    while (content.size() < octets) content += "lottery winner ";
    return cat(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee the "
        "attachment\n--b\nContent-Type: ",
        type, "; name=Invoice.zip\nContent-Transfer-Encoding: base64\n\n",
        text::base64_encode(content), "\n--b--\n");
  };
  for (const std::string_view type :
       {"application/zip", "application/pdf", "application/octet-stream",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}) {
    CAPTURE(type);
    const auto small = texts(message(type, 30));
    const auto large = texts(message(type, 1 << 20));
    CHECK(small == large);
    CHECK(has(small, "attachment"));
    CHECK(has(small, cat("type:", type)));
    CHECK_FALSE(has(large, "lottery"));
  }
}

TEST_CASE("A token is the hash of all of its kind and word, capitals as small letters") {
  const TokenKey key(kKey), other_key({1, 3});
  const auto token = [](const TokenKey& under, std::string_view kind, std::string_view word,
                        bool is_lower) {
    TokenSet set;
    Sink sink(under, set, nullptr);
    is_lower ? sink.add_lower(kind, word) : sink.add(kind, word);
    return set.tokens().front();
  };
  std::vector<Token> seen;
  std::string kind;
  for (std::size_t k = 0; k <= TokenKey::kKindOctets; ++k, kind += 'k') {
    std::string word, capitals;
    for (std::size_t w = 0; w <= TokenKey::kWordOctets; ++w, word += 'a', capitals += 'A') {
      const Token plain = token(key, kind, word, false);
      CHECK(plain == token(key, kind, capitals, true));
      CHECK(plain != token(other_key, kind, word, false));
      seen.push_back(plain);
      // A zero octet is not the absence of one, and each octet counts.
      seen.push_back(token(key, kind, word + std::string(1, '\0'), false));
      if (w > 0) seen.push_back(token(key, kind, word.substr(1) + "b", false));
    }
  }
  std::sort(seen.begin(), seen.end());
  const auto last = std::unique(seen.begin(), seen.end());
  // Words are cut at 80 octets: there the one with the zero is the same, once for each kind.
  CHECK(seen.end() - last == TokenKey::kKindOctets + 1);
}

}  // namespace
}  // namespace mail::bayes
