// The field vectors of stalwart's mail-parser: addresses, content types, dates.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message.h"
#include "mail/text/encoded_word.h"
#include "support/suites.h"

namespace mail::message {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// Null when there is no such member.
json member(const json& object, const char* name) { return object.value(name, json()); }

json vectors_of(const std::string& folder, const char* file) {
  return json::parse(test::read_test_file(cat(folder, "/resources/", file)));
}

void judge(test::Exceptions& exceptions, const std::string& key, const json& vector,
           const std::string& expected, const std::string& actual) {
  if (expected == actual || exceptions.covers(key)) return;
  INFO(key << " " << text_of(member(vector, "header")));
  CHECK(actual == expected);
}

std::string expected_mailbox(const json& mailbox) {
  return cat(text_of(member(mailbox, "name")), "|", text_of(member(mailbox, "address")));
}

std::string expected_addresses(const json& expected) {
  std::string result;
  if (expected.is_null()) return result;
  if (expected.contains("List")) {
    for (const auto& mailbox : expected["List"]) append(result, expected_mailbox(mailbox), "\n");
  } else {
    for (const auto& group : expected["Group"]) {
      if (!member(group, "name").is_null()) append(result, text_of(member(group, "name")), "{\n");
      const json mailboxes = member(group, "addresses");
      for (const auto& mailbox : mailboxes) {
        append(result, expected_mailbox(mailbox), "\n");
      }
      if (!member(group, "name").is_null()) result += "}\n";
    }
  }
  return result;
}

std::string actual_addresses(const std::string& value) {
  std::string result;
  for (const Address& a : parse_addresses(value)) {
    const std::string name = text::decode_encoded_words(a.name);
    if (a.kind == Address::Kind::kGroupStart) append(result, name, "{\n");
    if (a.kind == Address::Kind::kGroupEnd) result += "}\n";
    if (a.kind != Address::Kind::kMailbox) continue;
    append(result, name, "|", a.local_part, a.domain.empty() ? "" : "@", a.domain, "\n");
  }
  return result;
}

TEST_CASE("stalwart's vectors of fields are understood") {
  const auto folder = test::suite("stalwart-mail-parser");
  if (!folder) return;
  test::Exceptions exceptions("suites/stalwart-mail-parser");
  int number = 0;
  for (const auto& vector : vectors_of(*folder, "address.json")) {
    judge(exceptions, cat("address ", ++number), vector,
          expected_addresses(member(vector, "expected")),
          actual_addresses(text_of(member(vector, "header"))));
  }
  CHECK(number >= 60);

  number = 0;
  for (const auto& vector : vectors_of(*folder, "content_type.json")) {
    const auto type = parse_content_type(text_of(member(vector, "header")));
    std::string actual;
    std::string expected;
    if (type) actual = cat(type->type, "/", type->subtype, "\n");
    const json wanted = member(vector, "expected");
    // A type alone is none by RFC 2045; the suite keeps it.
    const bool is_type = !wanted.is_null() && !member(wanted, "c_subtype").is_null();
    if (is_type) {
      expected = cat(ascii::to_lower(text_of(member(wanted, "c_type"))), "/",
                     ascii::to_lower(text_of(member(wanted, "c_subtype"))), "\n");
    }
    if (is_type && !member(wanted, "attributes").is_null()) {
      const json attributes = member(wanted, "attributes");
      for (const auto& attribute : attributes) {
        const std::string name = text_of(attribute[0]);
        if (name.ends_with("-language")) continue;  // RFC 2231's language is not kept
        append(expected, name, "=", text_of(attribute[1]), "\n");
        if (type) {
          append(actual, name, "=", parameter_text(type->parameters, name).value_or("(none)"),
                 "\n");
        }
      }
    }
    judge(exceptions, cat("content_type ", ++number), vector, expected, actual);
  }
  CHECK(number >= 103);

  number = 0;
  for (const auto& vector : vectors_of(*folder, "date.json")) {
    const json wanted = member(vector, "expected");
    std::string expected;
    if (!wanted.is_null() && wanted.contains("year")) {
      auto n = [&](const char* name) { return wanted.value(name, 0); };
      using namespace std::chrono;
      DateTime date;
      date.offset = minutes(n("tz_hour") * 60 + n("tz_minute"));
      if (wanted.value("tz_before_gmt", false)) date.offset = -date.offset;
      const auto month_number = static_cast<unsigned>(n("month"));
      const auto day_number = static_cast<unsigned>(n("day"));
      date.time = sys_days(year(n("year")) / month(month_number) / day(day_number)) +
                  hours(n("hour")) + minutes(n("minute")) + seconds(n("second")) - date.offset;
      expected = format_date(date);
    }
    const auto date = parse_date(text_of(member(vector, "header")));
    judge(exceptions, cat("date ", ++number), vector, expected, date ? format_date(*date) : "");
  }
  CHECK(number >= 40);
  CHECK(exceptions.unused() == "");
}

}  // namespace
}  // namespace mail::message
