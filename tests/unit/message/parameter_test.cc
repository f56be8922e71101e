#include "mail/message/parameter.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/message/builder.h"
#include "mail/message/content.h"

namespace mail::message {
namespace {

std::string read_back(std::string_view written) {
  const auto type = parse_content_type(cat("text/plain; ", written));
  return type ? parameter_text(type->parameters, "name").value_or("nothing") : "no type";
}

}  // namespace

TEST_CASE("A parameter is written in the plainest way that can hold it") {
  const struct {
    std::string_view value, written;
  } cases[] = {
      {"report.pdf", "name=report.pdf"},
      {"the report.pdf", "name=\"the report.pdf\""},
      {"", "name=\"\""},
      {"a\"b\\c", "name=\"a\\\"b\\\\c\""},
      {"Übersicht.pdf", "name*=utf-8''%C3%9Cbersicht.pdf"},
      {"a\tb", "name*=utf-8''a%09b"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.value);
    const auto written = format_parameter("name", c.value);
    REQUIRE(written.ok());
    CHECK(*written == c.written);
    CHECK(read_back(*written) == c.value);
  }
}

TEST_CASE("A long value is cut into pieces that fit a line, between characters") {
  for (const std::string_view unit : {"a", "ü", "例え", "a b"}) {
    std::string value;
    while (value.size() < 500) value += unit;
    const auto written = format_parameter("name", value);
    REQUIRE(written.ok());
    CHECK(read_back(*written) == value);
    const auto field = fold_field("Content-Type", cat("text/plain; ", *written));
    REQUIRE(field.ok());
    for (std::string_view rest = *field; !rest.empty();) {
      const auto end = rest.find("\r\n");
      CHECK(end <= 78);
      rest.remove_prefix(end + 2);
    }
  }
  CHECK(format_parameter("name", std::string(71, 'a'))->size() == 76);
  CHECK(format_parameter("name", std::string(72, 'a'))->starts_with("name*0*=utf-8''"));
}

TEST_CASE("A parameter cannot carry a field, and needs a name that is one") {
  for (const std::string_view bad : {"a\r\nBcc: b", "a\nb", "\r", "\xff"}) {
    CHECK_FALSE(format_parameter("name", bad).ok());
  }
  CHECK_FALSE(format_parameter("name", std::string_view("a\0b", 3)).ok());
  const std::string longest(60, 'n');
  CHECK(format_parameter(longest, "ü").ok());
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a*"),
                                  std::string("a="), std::string("\xc3\xa4"), longest + "n"}) {
    CHECK_FALSE(format_parameter(name, "value").ok());
  }
}

}  // namespace mail::message
