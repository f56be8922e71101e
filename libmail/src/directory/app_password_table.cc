// Reading app-passwords.cf. The file is ours, docker-mailserver has none: a line that says
// something unknown, a service of a later release say, does not count at all, rather than to let
// somebody in further than it was meant.
//
// Tested by tests/unit/directory/app_password_test.cc.
#include "app_password_table.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "mail/base/ascii.h"
#include "mail/crypto/password.h"

namespace mail::directory {
namespace {

constexpr std::array kServices = {LoginService::kImap, LoginService::kPop3, LoginService::kSmtp};

/// The field before the next "|", which is taken away with it.
std::string_view take_field(std::string_view& rest) {
  const std::size_t bar = rest.find('|');
  const std::string_view field = ascii::trim(rest.substr(0, bar));
  rest.remove_prefix(bar == std::string_view::npos ? rest.size() : bar + 1);
  return field;
}

std::optional<unsigned> take_digits(std::string_view& text, std::size_t count, unsigned max) {
  const auto number = ascii::parse_number(text.substr(0, count), max);
  if (text.size() < count || !number) return std::nullopt;
  text.remove_prefix(count);
  return static_cast<unsigned>(*number);
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view to_string(LoginService service) {
  switch (service) {
    case LoginService::kImap: return "imap";
    case LoginService::kPop3: return "pop3";
    case LoginService::kSmtp: return "smtp";
  }
  return "unknown";
}

// scope = [ service *( "," service ) ]
std::optional<LoginScope> LoginScope::parse(std::string_view text) {
  LoginScope scope;
  if (ascii::trim(text).empty()) return scope;
  scope.bits_ = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = ascii::trim(text.substr(0, comma));
    bool known = false;
    for (const LoginService service : kServices) {
      if (!ascii::equal_ignoring_case(name, to_string(service))) continue;
      scope.bits_ |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(service));
      known = true;
    }
    if (!known) return std::nullopt;
    if (comma == std::string_view::npos) return scope;
    text.remove_prefix(comma + 1);
  }
}

std::string LoginScope::text() const {
  std::string text;
  if (bits_ == kAll) return text;
  for (const LoginService service : kServices) {
    if (has(service)) append(text, text.empty() ? "" : ",", to_string(service));
  }
  return text;
}

// expiry = full-date [ "T" partial-time "Z" ]     ; RFC 3339 §5.6, whole seconds, UTC
std::optional<WallTime> parse_expiry(std::string_view text) {
  const auto year = take_digits(text, 4, 9999);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2, 12);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  const WallTime midnight = std::chrono::sys_days(date);
  if (text.empty()) return midnight + hours(24);
  if (!take(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2, 23);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2, 59);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2, 59);
  if (!second || text != "Z") return std::nullopt;
  return midnight + hours(*hour) + minutes(*minute) + seconds(*second);
}

std::string expiry_text(WallTime expires) {
  const auto days = std::chrono::floor<std::chrono::days>(expires);
  const bool ends_day = days == expires;
  const std::chrono::year_month_day date(ends_day ? days - std::chrono::days(1) : days);
  const auto time = std::chrono::duration_cast<seconds>(expires - days).count();
  char text[48];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  std::string result(text, static_cast<std::size_t>(size));
  if (ends_day) return result;
  std::snprintf(text, sizeof text, "T%02d:%02d:%02dZ", static_cast<int>(time / 3600),
                static_cast<int>(time / 60 % 60), static_cast<int>(time % 60));
  return result + text;
}

bool is_possible_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelOctets && ascii::trim(label) == label &&
         label.find('|') == std::string_view::npos &&
         std::none_of(label.begin(), label.end(), ascii::is_control);
}

// line = address "|" password "|" label [ "|" scope [ "|" [ expiry ] ] ]
AppPasswordTable AppPasswordTable::parse(std::string_view text, const Options& options,
                                         const Report& report) {
  constexpr std::string_view kForm =
      "Write user@example.com|{SSHA512}hash|label|imap,smtp|2027-01-31, or delete the line; "
      "`mailctl app-password add` writes it.";
  AppPasswordTable table;
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kNone, report)) {
    std::string_view rest = logical.text;
    AppPassword entry;
    entry.line = logical.line;
    entry.address = ascii::to_lower(take_field(rest));
    entry.password = take_field(rest);
    entry.label = take_field(rest);
    const std::string_view scope = take_field(rest);
    const std::string_view expires = take_field(rest);
    const auto lost = [&](const auto&... why) {
      report.error(logical.line, cat(why..., "; this app password does not count"),
                   std::string(kForm));
    };
    if (entry.address.find('@') == std::string::npos || !is_possible_label(entry.label)) {
      lost("'", excerpt(entry.address), "' with the label '", excerpt(entry.label),
           "' is no app password");
      continue;
    }
    const auto parsed_scope = LoginScope::parse(scope);
    if (!parsed_scope) {
      lost("'", excerpt(scope), "' is no list of services (imap, pop3, smtp)");
      continue;
    }
    entry.scope = *parsed_scope;
    if (!expires.empty()) {
      entry.expires = parse_expiry(expires);
      if (!entry.expires) {
        lost("'", excerpt(expires), "' is no date");
        continue;
      }
    }
    if (!rest.empty()) {
      lost("'", excerpt(rest), "' stands behind the last field");
      continue;
    }
    crypto::PasswordVerdict why{};
    if (!crypto::is_usable_password(entry.password, &why)) {
      lost(to_string(why));
      continue;
    }
    if (const AppPassword* first = table.find(entry.address, entry.label)) {
      lost("'", excerpt(entry.address), "' has the label '", excerpt(entry.label), "' in line ",
           first->line, " already");
      continue;
    }
    auto& positions = table.of_account[entry.address];
    if (positions.size() == kMaxAppPasswords) {
      lost("'", excerpt(entry.address), "' has ", kMaxAppPasswords, " app passwords already");
      continue;
    }
    positions.push_back(static_cast<std::uint32_t>(table.passwords.size()));
    table.passwords.push_back(std::move(entry));
  }
  return table;
}

const AppPassword* AppPasswordTable::find(std::string_view address, std::string_view label) const {
  const auto found = of_account.find(address);
  if (found == of_account.end()) return nullptr;
  for (const std::uint32_t position : found->second) {
    if (ascii::equal_ignoring_case(passwords[position].label, label)) return &passwords[position];
  }
  return nullptr;
}

}  // namespace mail::directory
