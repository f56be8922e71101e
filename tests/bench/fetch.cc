// fetch_bench [ITEM ROUNDS]: what the items of FETCH cost for one fixed mail. Without arguments it
// prints the allocations of each; with them it does nothing but that item, so that a profiler
// counts its instructions (tests/bench/fetch.py).
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/absl.h"
#include "mail/message.h"
#include "support/counting/allocations.h"

namespace {

using namespace mail;
using namespace mail::message;

/// 24 fields as a mail has them after two hops, a multipart/mixed of a multipart/alternative and an
/// attachment of 8 KB.
std::string fixed_mail() {
  std::string mail;
  for (const char* hop : {"mx.example.org", "relay.example.net"}) {
    append(mail, "Received: from ", hop, " (", hop, " [192.0.2.17])\r\n\t(using TLSv1.3 with ",
           "cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\tby mail.example.com (libmail) with ",
           "ESMTPS id 4bZk3x0Q2z\r\n\tfor <ann@example.com>; Sat, 21 Nov 2026 23:00:08 +0000\r\n");
  }
  mail +=
      "Return-Path: <bounce+ann=example.com@lists.example.org>\r\n"
      "Delivered-To: ann@example.com\r\n"
      "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s2026;\r\n"
      "\th=from:to:subject:date:message-id:mime-version; "
      "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIk\r\n"
      "\tfJVOzv8=; b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB4nujc7YopdG5dWLSdNg6x\r\n"
      "Authentication-Results: mail.example.com; dkim=pass header.d=example.org; spf=pass\r\n"
      "X-Spam-Status: No, score=-2.1 required=5.0 tests=BAYES_00,DKIM_VALID\r\n"
      "Date: Sat, 21 Nov 2026 23:59:59 +0100\r\n"
      "From: \"J\xC3\xBCrgen M\" <juergen@example.org>\r\n"
      "Sender: Lists <lists@example.org>\r\n"
      "Reply-To: =?utf-8?Q?J=C3=BCrgen?= <juergen@example.org>\r\n"
      "To: Ann Example <ann@example.com>, Bob <bob@example.com>,\r\n carol@example.com\r\n"
      "Cc: Friends: dave@example.com, eve@example.com;\r\n"
      "Subject: Re: [list] =?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus dem Rechenzentrum, mit einem\r\n"
      " Betreff in zwei Zeilen\r\n"
      "Message-ID: <20261121235959.4711@example.org>\r\n"
      "In-Reply-To: <20261120101010.0815@example.com>\r\n"
      "References: <20261119101010.1@example.com> <20261120101010.0815@example.com>\r\n"
      "List-Id: A list <list.example.org>\r\n"
      "List-Unsubscribe: <https://lists.example.org/u/1>, <mailto:u@example.org>\r\n"
      "User-Agent: Fixed/1.0\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=\"----=_outer_4711\"\r\n"
      "\r\n"
      "This is a multi-part message in MIME format.\r\n"
      "------=_outer_4711\r\n"
      "Content-Type: multipart/alternative; boundary=\"----=_inner_0815\"\r\n"
      "\r\n"
      "------=_inner_0815\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "\r\n";
  for (int i = 0; i < 15; ++i) mail += "Gr=C3=BC=C3=9Fe, eine Zeile Text, so lang wie viele.\r\n";
  mail +=
      "------=_inner_0815\r\n"
      "Content-Type: text/html; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "\r\n";
  for (int i = 0; i < 15; ++i) mail += "<p>Gr=C3=BC=C3=9Fe, eine Zeile Text, so lang wie =\r\n";
  mail +=
      "------=_inner_0815--\r\n"
      "------=_outer_4711\r\n"
      "Content-Type: application/pdf; name=\"report.pdf\"\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment; filename*=utf-8''report%20%C3%A9.pdf\r\n"
      "\r\n";
  for (int i = 0; i < 105; ++i) mail += std::string(76, 'Q') + "\r\n";
  return mail + "------=_outer_4711--\r\n";
}

struct Item {
  std::string_view name;
  std::function<std::size_t(std::string_view)> fetch;  // octets of the answer
};

std::vector<Item> items() {
  return {
      {"ENVELOPE", [](std::string_view mail) { return envelope_text(mail).size(); }},
      {"BODYSTRUCTURE",
       [](std::string_view mail) { return body_structure_text(MimeTree(mail), true).size(); }},
      {"BODY[]",
       [](std::string_view mail) { return section_octets(mail, Section{}).octets().size(); }},
      {"BODY[HEADER]",
       [](std::string_view mail) {
         return section_octets(mail, {{}, Section::Kind::kHeader, {}}).octets().size();
       }},
      {"BODY[HEADER.FIELDS]",
       [section = Section{{}, Section::Kind::kHeaderFields, {"From", "To", "Subject", "Date"}}](
           std::string_view mail) { return section_octets(mail, section).octets().size(); }},
      {"BODY[1.2]",
       [section = Section{{1, 2}, Section::Kind::kWhole, {}}](std::string_view mail) {
         return section_octets(mail, section).octets().size();
       }},
  };
}

int measure(std::string_view mail) {
  std::printf("%-22s %12s %10s %10s\n", "item", "allocations", "octets", "answer");
  for (const Item& item : items()) {
    const test::Allocations before = test::allocations();
    const std::size_t answer = item.fetch(mail);
    const test::Allocations after = test::allocations();
    std::printf("%-22s %12zu %10zu %10zu\n", std::string(item.name).c_str(),
                after.count - before.count, after.octets - before.octets, answer);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mail = fixed_mail();
  if (argc < 3) return measure(mail);
  std::size_t answers = 0;
  for (const Item& item : items()) {
    if (item.name != argv[1]) continue;
    for (int round = std::atoi(argv[2]); round > 0; --round) answers += item.fetch(mail);
    std::printf("%zu\n", answers);
    return 0;
  }
  std::fprintf(stderr, "no item %s\n", argv[1]);
  return 2;
}
