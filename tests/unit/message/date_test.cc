#include "mail/message/date.h"

#include <catch2/catch.hpp>

namespace mail::message {
namespace {

struct Case {
  std::string_view value;
  std::string_view formatted;  // empty: refused
};
constexpr Case kDates[] = {
    {"Fri, 21 Nov 1997 09:55:06 -0600", "Fri, 21 Nov 1997 09:55:06 -0600"},
    {"21 Nov 97 09:55:06 GMT", "Fri, 21 Nov 1997 09:55:06 +0000"},
    {"1 Jan 49 00:00 EST", "Fri, 1 Jan 2049 00:00:00 -0500"},
    {"1 Jan 101 00:00 +0000", "Mon, 1 Jan 2001 00:00:00 +0000"},
    {"Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)", "Thu, 13 Feb 1969 23:32:00 -0330"},
    {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "Fri, 21 Nov 1997 09:55:06 -0600"},
    {"Sat, 31 Dec 2016 23:59:60 +0000", "Sun, 1 Jan 2017 00:00:00 +0000"},
    {"Mon, 29 Feb 2016 12:00:00 Z", "Mon, 29 Feb 2016 12:00:00 +0000"},
    {"1 Jan 2020 10:00:00 +9999", "Wed, 1 Jan 2020 10:00:00 +0000"},
    {"1 Jan 2020 10:00:00", "Wed, 1 Jan 2020 10:00:00 +0000"},
    {"29 Feb 2015 12:00:00 +0000", ""},
    {"1 Foo 2015 12:00:00 +0000", ""},
    {"1 Jan 2015 24:00:00 +0000", ""},
    {"1 Jan 2015", ""},
    {"Whenever", ""},
    {"", ""},
    {"99999999999999999999 Jan 2015 12:00:00 +0000", ""},
};

TEST_CASE("dates of header fields are read and written") {
  for (const Case& c : kDates) {
    INFO(c.value);
    const auto date = parse_date(c.value);
    REQUIRE(date.has_value() == !c.formatted.empty());
    if (date) CHECK(format_date(*date) == c.formatted);
    if (date) CHECK(parse_date(format_date(*date)) == date);
  }
}

TEST_CASE("internal dates are read strictly") {
  const auto date = parse_internal_date("17-Jul-1996 02:44:25 -0700");
  REQUIRE(date.has_value());
  CHECK(format_internal_date(*date) == "17-Jul-1996 02:44:25 -0700");
  CHECK(format_date(*date) == "Wed, 17 Jul 1996 02:44:25 -0700");
  CHECK(date->time.time_since_epoch() == std::chrono::seconds(837596665));
  CHECK(format_internal_date({date->time, std::chrono::minutes(0)}) ==
        "17-Jul-1996 09:44:25 +0000");
  CHECK(format_internal_date(*parse_internal_date(" 1-feb-2020 00:00:00 +0530")) ==
        "01-Feb-2020 00:00:00 +0530");
  for (const char* text :
       {"", "17-Jul-1996", "17-July-1996 02:44:25 -0700", "17-Jul-96 02:44:25 -0700",
        "17-Jul-1996 2:44:25 -0700", "17-Jul-1996 02:44:25", "17-Jul-1996 02:44:25 0700",
        "17-Jul-1996 02:44:25 -07000", "31-Feb-1996 02:44:25 -0700", "17-Jul-1996 25:44:25 -0700",
        "17-Jul-1996 02:44:25 -0760"}) {
    INFO(text);
    CHECK_FALSE(parse_internal_date(text).has_value());
  }
}

TEST_CASE("days of SEARCH are read, and dates tell their day") {
  using namespace std::chrono;
  CHECK(parse_imap_day("1-Feb-1994") == year_month_day(1994y / February / 1));
  CHECK(parse_imap_day("01-FEB-1994") == year_month_day(1994y / February / 1));
  for (const char* text : {"", "1-Feb", "1-Feb-94", "30-Feb-1994", "1-Feb-1994 ", "1 Feb 1994"}) {
    CHECK_FALSE(parse_imap_day(text).has_value());
  }
  CHECK(parse_date("1 Jan 2020 23:30:00 -0500")->local_day() == 2020y / January / 1);
  CHECK(parse_date("1 Jan 1960 00:30:00 +0100")->local_day() == 1960y / January / 1);
}

}  // namespace
}  // namespace mail::message
