// Dates of header fields, of INTERNALDATE and of SEARCH: what is read can be written in its own
// form and read again as the same instant.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/message/date.h"

using namespace mail::message;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto date = parse_date(text)) {
    require(parse_date(format_date(*date)) == date);
    const std::string utc = format_internal_date({date->time, std::chrono::minutes(0)});
    require(utc.size() == 26);
    require(parse_internal_date(utc)->time == date->time);
  }
  if (const auto date = parse_internal_date(text)) {
    require(parse_internal_date(format_internal_date(*date)) == date);
    require(date->local_day().ok());
  }
  if (const auto day = parse_imap_day(text)) require(day->ok());
  return 0;
}
