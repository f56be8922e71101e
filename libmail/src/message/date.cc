// Dates. One reader of tokens for RFC 5322's loose form, one fixed form for IMAP; both end in the
// same check of the calendar.
//
// Tested by tests/unit/message/date_test.cc, tests/unit/message/stalwart_suite_test.cc.
#include "mail/message/date.h"

#include <array>
#include <cstdint>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "message/lexer.h"

namespace mail::message {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Fields {
  unsigned day = 0;
  unsigned month = 0;
  int year = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  int offset = 0;  // minutes east
};

bool has_four_digits(const chrono::year_month_day& day) {
  return day.year() >= chrono::year(0) && day.year() <= chrono::year(9999);
}

std::optional<DateTime> assemble(const Fields& f) {
  const chrono::year_month_day date{chrono::year(f.year), chrono::month(f.month),
                                    chrono::day(f.day)};
  // RFC 5322 §3.3: 60 for a leap second.
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  DateTime result;
  result.offset = chrono::minutes(f.offset);
  result.time = chrono::sys_days(date) + chrono::hours(f.hour) + chrono::minutes(f.minute) +
                chrono::seconds(f.second) - result.offset;
  // Also on the clocks of UTC and behind a leap second: every date that is read can be written.
  const DateTime utc{result.time, chrono::minutes(0)};
  if (!has_four_digits(utc.local_day()) || !has_four_digits(result.local_day())) {
    return std::nullopt;
  }
  return result;
}

/// 1 to 12; 0 for no month. Only three letters count: "Sept", "June".
unsigned month_number(std::string_view name) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (ascii::starts_with_ignoring_case(name, kMonths[i])) return i + 1;
  }
  return 0;
}

std::optional<unsigned> take_digits(Lexer& lexer, std::size_t at_least, std::size_t at_most) {
  const std::string_view digits = lexer.take_while(ascii::is_digit);
  if (digits.size() < at_least || digits.size() > at_most) return std::nullopt;
  return static_cast<unsigned>(*ascii::parse_number(digits));
}

/// hhmm as minutes; nullopt when it is none.
std::optional<int> zone_minutes(std::string_view digits, bool is_west) {
  if (digits.size() != 4) return std::nullopt;
  const auto number = ascii::parse_number(digits);
  if (!number || *number % 100 > 59 || *number / 100 > 23) return std::nullopt;
  const int minutes = static_cast<int>(*number / 100 * 60 + *number % 100);
  return is_west ? -minutes : minutes;
}

// RFC 5322 §4.3:
//   obs-zone = "UT" / "GMT" / "EST" / "EDT" / … / %d65-73 / %d75-90 / …
// Military letters and unknown names "SHOULD be considered equivalent to "-0000"".
int obsolete_zone(std::string_view name) {
  struct Zone {
    std::string_view name;
    int hours;
  };
  constexpr std::array<Zone, 8> kZones = {{{"EST", -5},
                                           {"EDT", -4},
                                           {"CST", -6},
                                           {"CDT", -5},
                                           {"MST", -7},
                                           {"MDT", -6},
                                           {"PST", -8},
                                           {"PDT", -7}}};
  for (const Zone& zone : kZones) {
    if (ascii::equal_ignoring_case(name, zone.name)) return zone.hours * 60;
  }
  return 0;
}

// RFC 5322 §4.3: "two digits: 00-49 2000, 50-99 1900; three digits: 1900".
std::optional<int> take_year(Lexer& lexer) {
  const std::string_view digits = lexer.take_while(ascii::is_digit);
  if (digits.size() < 2 || digits.size() > 4) return std::nullopt;
  const int year = static_cast<int>(*ascii::parse_number(digits));
  if (digits.size() == 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits.size() == 3 ? 1900 + year : year;
}

// time-of-day = hour ":" minute [ ":" second ]
bool take_time(Lexer& lexer, Fields& to) {
  const auto hour = take_digits(lexer, 1, 2);
  lexer.skip_cfws();
  if (!hour || !lexer.take(':')) return false;
  lexer.skip_cfws();
  const auto minute = take_digits(lexer, 1, 2);
  if (!minute) return false;
  to.hour = *hour;
  to.minute = *minute;
  lexer.skip_cfws();
  if (!lexer.take(':')) return true;
  lexer.skip_cfws();
  const auto second = take_digits(lexer, 1, 2);
  if (!second) return false;
  to.second = *second;
  lexer.skip_cfws();
  return true;
}

int take_zone(Lexer& lexer) {
  const char sign = lexer.peek();
  if (sign != '+' && sign != '-') return obsolete_zone(lexer.take_while(ascii::is_alpha));
  lexer.skip();
  return zone_minutes(lexer.take_while(ascii::is_digit), sign == '-').value_or(0);
}

void append_padded(std::string& to, unsigned value, std::size_t width, char fill = '0') {
  const std::string digits = cat(value);
  if (digits.size() < width) to.append(width - digits.size(), fill);
  to += digits;
}

struct LocalTime {
  chrono::sys_days day;
  chrono::year_month_day date;
  chrono::hh_mm_ss<chrono::seconds> time;
};

LocalTime local_time(const DateTime& value) {
  const auto local = chrono::floor<chrono::seconds>(value.time) + value.offset;
  const auto day = chrono::floor<chrono::days>(local);
  return {day, chrono::year_month_day(day), chrono::hh_mm_ss<chrono::seconds>(local - day)};
}

void append_time_and_zone(std::string& to, const LocalTime& local, chrono::minutes offset) {
  append_padded(to, static_cast<unsigned>(local.time.hours().count()), 2);
  to.push_back(':');
  append_padded(to, static_cast<unsigned>(local.time.minutes().count()), 2);
  to.push_back(':');
  append_padded(to, static_cast<unsigned>(local.time.seconds().count()), 2);
  to += offset.count() < 0 ? " -" : " +";
  const auto minutes = static_cast<unsigned>(std::abs(offset.count()));
  append_padded(to, minutes / 60 * 100 + minutes % 60, 4);
}

}  // namespace

chrono::year_month_day DateTime::local_day() const { return local_time(*this).date; }

// RFC 5322 §3.3, with CFWS between all tokens (§4.3):
//   date-time = [ day-of-week "," ] date time [CFWS]
//   date      = day month year
//   time      = time-of-day zone
std::optional<DateTime> parse_date(std::string_view value) {
  Lexer lexer(value);
  Fields fields;
  lexer.skip_cfws();
  if (lexer.take_while(ascii::is_alpha).size() > 0) {
    lexer.skip_cfws();
    lexer.take('.');
    lexer.take(',');
    lexer.skip_cfws();
  }
  const auto day = take_digits(lexer, 1, 2);
  lexer.skip_cfws();
  fields.month = month_number(lexer.take_while(ascii::is_alpha));
  lexer.skip_cfws();
  const auto year = take_year(lexer);
  if (!day || fields.month == 0 || !year) return std::nullopt;
  fields.day = *day;
  fields.year = *year;
  lexer.skip_cfws();
  if (!take_time(lexer, fields)) return std::nullopt;
  fields.offset = take_zone(lexer);
  return assemble(fields);
}

std::string format_date(const DateTime& value) {
  const LocalTime local = local_time(value);
  std::string result(kDays[chrono::weekday(local.day).c_encoding()]);
  append(result, ", ", static_cast<unsigned>(local.date.day()), " ",
         kMonths[static_cast<unsigned>(local.date.month()) - 1], " ");
  append_padded(result, static_cast<unsigned>(static_cast<int>(local.date.year())), 4);
  result.push_back(' ');
  append_time_and_zone(result, local, value.offset);
  return result;
}

namespace {

// RFC 3501 §9: date-text = date-day "-" date-month "-" date-year
bool take_imap_day(Lexer& lexer, Fields& to) {
  const auto day = take_digits(lexer, 1, 2);
  if (!day || !lexer.take('-')) return false;
  const std::string_view month = lexer.take_while(ascii::is_alpha);
  if (month.size() != 3 || !lexer.take('-')) return false;
  const auto year = take_digits(lexer, 4, 4);
  to.day = *day;
  to.month = month_number(month);
  if (!year || to.month == 0) return false;
  to.year = static_cast<int>(*year);
  return true;
}

}  // namespace

// RFC 3501 §9:
//   date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
//   date-day-fixed = (SP DIGIT) / 2DIGIT
//   zone           = ("+" / "-") 4DIGIT
std::optional<DateTime> parse_internal_date(std::string_view text) {
  Lexer lexer(text);
  Fields fields;
  lexer.take(' ');
  if (!take_imap_day(lexer, fields) || !lexer.take(' ')) return std::nullopt;
  const auto hour = take_digits(lexer, 2, 2);
  if (!hour || !lexer.take(':')) return std::nullopt;
  const auto minute = take_digits(lexer, 2, 2);
  if (!minute || !lexer.take(':')) return std::nullopt;
  const auto second = take_digits(lexer, 2, 2);
  if (!second || !lexer.take(' ')) return std::nullopt;
  const bool is_west = lexer.peek() == '-';
  if (!lexer.take('+') && !lexer.take('-')) return std::nullopt;
  const auto zone = zone_minutes(lexer.rest(), is_west);
  if (!zone) return std::nullopt;
  fields.hour = *hour;
  fields.minute = *minute;
  fields.second = *second;
  fields.offset = *zone;
  return assemble(fields);
}

std::string format_internal_date(const DateTime& value) {
  const LocalTime local = local_time(value);
  std::string result;
  append_padded(result, static_cast<unsigned>(local.date.day()), 2);
  append(result, "-", kMonths[static_cast<unsigned>(local.date.month()) - 1], "-");
  append_padded(result, static_cast<unsigned>(static_cast<int>(local.date.year())), 4);
  result.push_back(' ');
  append_time_and_zone(result, local, value.offset);
  return result;
}

std::optional<chrono::year_month_day> parse_imap_day(std::string_view text) {
  Lexer lexer(text);
  Fields fields;
  if (!take_imap_day(lexer, fields) || !lexer.at_end()) return std::nullopt;
  const chrono::year_month_day date{chrono::year(fields.year), chrono::month(fields.month),
                                    chrono::day(fields.day)};
  if (!date.ok()) return std::nullopt;
  return date;
}

}  // namespace mail::message
