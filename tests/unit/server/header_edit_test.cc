#include "server/header_edit.h"

#include <catch2/catch.hpp>

namespace mail::server {
namespace {

const HeaderEdit kSubmission{.is_submission = true,
                             .id = "4F2A",
                             .hostname = "mail.example",
                             .time = WallTime(std::chrono::seconds(1'700'000'000))};

std::string kept(std::string_view message, const HeaderEdit& edit) {
  std::string text;
  for (const auto piece : kept_pieces(message, edit)) text += piece;
  return text;
}

TEST_CASE("Date and Message-ID are added to a submitted message that lacks them") {
  struct Row {
    std::string_view message;
    std::string_view added;
  };
  constexpr std::string_view kDate = "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n";
  constexpr std::string_view kId = "Message-ID: <20231114221320.4F2A@mail.example>\r\n";
  const std::string both = std::string(kDate) + std::string(kId);
  const Row rows[] = {
      {"Subject: x\r\n\r\nDate: in the body\r\n", both},
      {"", both},
      {"\r\nonly a body\r\n", both},
      {"date: now\r\n\r\n", kId},
      {"MESSAGE-ID: <a@b>\r\n\r\n", kDate},
      {"Date: now\r\nMessage-Id: <a@b>\r\n\r\n", ""},
  };
  for (const auto& [message, added] : rows) {
    CAPTURE(message);
    CHECK(missing_fields(message, kSubmission) == added);
    CHECK(missing_fields(message, {}).empty());
  }
}

TEST_CASE("The privacy filter drops what tells of the user's program and address") {
  struct Row {
    std::string_view message;
    std::string_view kept;
  };
  const Row rows[] = {
      {"User-Agent: X\r\nSubject: x\r\n\r\nUser-Agent: stays\r\n",
       "Subject: x\r\n\r\nUser-Agent: stays\r\n"},
      {"Subject: x\r\nx-mailer: Y\r\n 1.0\r\nTo: b\r\n\r\n", "Subject: x\r\nTo: b\r\n\r\n"},
      {"X-Enigmail: 1\r\nX-Originating-IP: [192.0.2.1]\r\nX-MS-Reactions: allow\r\n\r\n", "\r\n"},
      {"Received: from a\r\n\tby b with ESMTPSA id 1;\r\n now\r\nSubject: x\r\n\r\n",
       "Subject: x\r\n\r\n"},
      {"Received: from localhost (localhost [127.0.0.1])\r\n\tby b\r\n\r\n", "\r\n"},
      {"Received: by b (amavisd-new, port 10024)\r\n\r\n", "\r\n"},
      {"Received: from a by b with ESMTP\r\n\r\n", "Received: from a by b with ESMTP\r\n\r\n"},
      {"Mime-Version: 1.0 (Mac OS X Mail 16.0)\r\nA: b\r\n\r\n",
       "MIME-Version: 1.0\r\nA: b\r\n\r\n"},
      {"Bcc: secret@example\r\nResent-Bcc: s\r\nContent-Length: 3\r\nTo: b\r\n\r\nx",
       "To: b\r\n\r\nx"},
      {"Return-Path: <x>\r\n\r\n", "\r\n"},
      {"", ""},
      {"\r\nbody\r\n", "\r\nbody\r\n"},
      {"User-Agent: alone", ""},
  };
  for (const auto& [message, expected] : rows) {
    CAPTURE(message);
    CHECK(kept(message, kSubmission) == expected);
  }
}

TEST_CASE("Mail from others loses its Return-Path and nothing else") {
  CHECK(kept("Return-Path: <eve@x>\r\nUser-Agent: X\r\nBcc: b\r\nMime-Version: 1.0 (X)\r\n\r\nhi",
             {}) == "User-Agent: X\r\nBcc: b\r\nMime-Version: 1.0 (X)\r\n\r\nhi");
}

}  // namespace
}  // namespace mail::server
