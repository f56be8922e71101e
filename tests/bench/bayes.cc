// bayes_bench [ITEM ROUNDS]: what the classifier costs for one message of 5 KB. Without arguments
// it prints the allocations of each item; with them it does nothing but that, so that a profiler
// counts its instructions (tests/bench/bayes.py).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/base/absl.h"
#include "mail/bayes/score.h"
#include "mail/bayes/table.h"
#include "mail/bayes/tokens.h"
#include "support/counting/allocations.h"

namespace {

using namespace mail;
using namespace mail::bayes;

constexpr std::size_t kTrained = 200;

/// Words of a language that nobody speaks; the small numbers are the frequent ones.
class Words {
 public:
  explicit Words(std::uint32_t seed) : state_(seed * 2654435761U + 1) {}

  std::string next() {
    const std::uint32_t spread = 1U << (2 + random() % 11);
    std::uint32_t number = random() % spread;
    std::string word;
    do {
      word += "bdfgklmnprst"[number % 12];
      word += "aeiou"[number / 12 % 5];
      number /= 60;
    } while (number > 0);
    if (random() % 3 != 0) word += "n";
    if (random() % 9 == 0) word[0] = static_cast<char>(word[0] - 32);
    return word;
  }

 private:
  std::uint32_t random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }
  std::uint32_t state_;
};

std::string header(std::uint32_t seed, std::string_view type) {
  return cat(
      "Received: from mx", seed % 7, ".example.org (mx.example.org [198.51.100.", seed % 200,
      "])\r\n\tby mail.example.com with ESMTPS id 4F1A2B\r\n\tfor <ann@example.com>; Thu, 21 "
      "Nov 2024 10:00:00 +0100\r\nReceived: from [192.0.2.7] by mx.example.org; Thu, 21 Nov "
      "2024 09:59:58 +0100\r\nFrom: \"Some Body\" <somebody",
      seed % 11, "@example.org>\r\nTo: ann@example.com\r\nSubject: ", Words(seed).next(),
      " for the meeting of the board\r\nDate: Thu, 21 Nov 2024 09:59:57 +0100\r\n"
      "Message-ID: <20241121.A1B2C3@example.org>\r\nX-Mailer: Mail of a kind 3.1\r\n"
      "MIME-Version: 1.0\r\nContent-Type: ",
      type, "\r\n");
}

std::string plain_message(std::uint32_t seed) {
  std::string mail = header(seed, "text/plain; charset=utf-8");
  mail += "Content-Transfer-Encoding: 7bit\r\n\r\n";
  Words words(seed);
  std::size_t line = mail.size();
  while (mail.size() < 5000) {
    mail += words.next();
    mail += mail.size() - line < 65 ? " " : ".\r\n";
    if (mail.back() == '\n') line = mail.size();
  }
  return mail;
}

/// Quoted-printable, with links.
std::string html_message(std::uint32_t seed) {
  std::string mail = header(seed, "text/html; charset=utf-8");
  mail +=
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n<html><body bgcolor=3D\"#ffffff\">=\r\n";
  Words words(seed);
  while (mail.size() < 5000) {
    mail += "<p style=3D\"color:red\"><font face=3D\"arial\" size=3D2>";
    for (int i = 0; i < 20; ++i) mail += words.next() + (i % 9 == 8 ? "=\r\n " : " ");
    mail += "<a href=3D\"http://www.example.net/" + words.next() + "/offer.cgi?x=3D1\">" +
            words.next() + "&nbsp;</a></font></p>\r\n";
  }
  return mail;
}

class Work {
 public:
  Work() {
    for (std::uint32_t i = 0; i < kTrained; ++i) {
      table_.train(tokenizer_.tokenize(i % 2 == 0 ? plain_message(i) : html_message(i)).tokens(),
                   i % 2 == 0 ? Class::kHam : Class::kSpam, 1);
    }
  }

  std::size_t run(std::string_view item) {
    const TokenSet& tokens = tokenizer_.tokenize(item.ends_with("HTML") ? html_ : plain_);
    if (item.starts_with("classify")) {
      const Source source{&table_, 1};
      (void)score(tokens.tokens(), {&source, 1});
    } else if (item.starts_with("train")) {
      table_.train(tokens.tokens(), item.ends_with("HTML") ? Class::kSpam : Class::kHam, 2);
    }
    return tokens.size();
  }

 private:
  Tokenizer tokenizer_{{1, 2}};
  Table table_;
  const std::string plain_ = plain_message(1000);
  const std::string html_ = html_message(1001);
};

constexpr std::string_view kItems[] = {"tokens-text",   "tokens-HTML", "classify-text",
                                       "classify-HTML", "train-text",  "train-HTML"};

}  // namespace

int main(int argc, char** argv) {
  Work work;
  if (argc < 3) std::printf("%-22s %12s %10s %10s\n", "item", "allocations", "octets", "tokens");
  for (const std::string_view item : kItems) {
    if (argc < 3) {
      work.run(item);
      const test::Allocations before = test::allocations();
      const std::size_t tokens = work.run(item);
      const test::Allocations after = test::allocations();
      std::printf("%-22s %12zu %10zu %10zu\n", std::string(item).c_str(),
                  after.count - before.count, after.octets - before.octets, tokens);
    } else if (item == argv[1]) {
      for (int round = std::atoi(argv[2]); round > 0; --round) work.run(item);
      return 0;
    }
  }
  return argc < 3 ? 0 : 2;
}
