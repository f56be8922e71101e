// The privacy filter is docker-mailserver's sender_header_filter.pcre, said in words: a field is
// judged unfolded and without case, as Postfix's header_checks do. The body is never looked at, and
// nothing is copied: the message is handed on as the pieces that stay.
//
// Tested by tests/unit/server/header_edit_test.cc.
#include "server/header_edit.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/date.h"
#include "mail/message/header.h"

namespace mail::server {
namespace {

using ascii::equal_ignoring_case;
using message::HeaderField;
using message::HeaderFields;

constexpr std::string_view kDroppedOnSubmission[] = {
    "Bcc",      "Resent-Bcc", "Content-Length",   "User-Agent",
    "X-Mailer", "X-Enigmail", "X-Originating-IP", "X-MS-Reactions"};
constexpr std::string_view kMimeVersion = "MIME-Version: 1.0\r\n";

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return ascii::to_lower(a) == ascii::to_lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// A Received field that tells where the user sits, or of a filter on this machine.
bool tells_of_user(const HeaderField& field) {
  const std::string value = message::unfold(field.value);
  return contains_ignoring_case(value, "with ESMTPSA") ||
         contains_ignoring_case(value, "amavisd-new") ||
         (ascii::starts_with_ignoring_case(value, "from ") &&
          contains_ignoring_case(value, "127.0.0.1"));
}

bool is_dropped(const HeaderField& field, bool is_submission) {
  if (equal_ignoring_case(field.name, "Return-Path")) return true;
  if (!is_submission) return false;
  if (equal_ignoring_case(field.name, "Received")) return tells_of_user(field);
  return std::any_of(std::begin(kDroppedOnSubmission), std::end(kDroppedOnSubmission),
                     [&](std::string_view name) { return equal_ignoring_case(field.name, name); });
}

/// "Mime-Version: 1.0 (Mac OS X Mail …)" names the program too.
bool is_talkative_version(const HeaderField& field) {
  return equal_ignoring_case(field.name, "MIME-Version") &&
         message::unfold(field.value).starts_with("1.0") && field.raw != kMimeVersion;
}

/// As Postfix makes it: "<20261121230008.4F2A@mail.example>".
std::string message_id(const HeaderEdit& edit) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(edit.time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{seconds - day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return cat("<", text.data(), ".", edit.id, "@", edit.hostname, ">");
}

}  // namespace

std::string missing_fields(std::string_view message, const HeaderEdit& edit) {
  std::string fields;
  if (!edit.is_submission) return fields;
  if (!message::first_field(message, "Date")) {
    const message::DateTime date{std::chrono::floor<std::chrono::seconds>(edit.time),
                                 edit.utc_offset};
    append(fields, "Date: ", message::format_date(date), "\r\n");
  }
  if (!message::first_field(message, "Message-ID")) {
    append(fields, "Message-ID: ", message_id(edit), "\r\n");
  }
  return fields;
}

std::vector<std::string_view> kept_pieces(std::string_view message, const HeaderEdit& edit) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;  // of what stays and is not yet among the pieces
  std::size_t end = 0;    // behind the fields that were looked at
  for (const HeaderField& field : HeaderFields(message)) {
    const std::size_t start = end;
    end += field.raw.size();
    const bool is_replaced = edit.is_submission && is_talkative_version(field);
    if (!is_replaced && !is_dropped(field, edit.is_submission)) continue;
    if (start != begin) pieces.push_back(message.substr(begin, start - begin));
    if (is_replaced) pieces.push_back(kMimeVersion);
    begin = end;
  }
  if (begin != message.size()) pieces.push_back(message.substr(begin));
  return pieces;
}

}  // namespace mail::server
