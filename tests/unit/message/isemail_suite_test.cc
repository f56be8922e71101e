// The addresses of isemail: those it calls valid by RFC 5321 are accepted, all others refused.
#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/message/mailbox.h"
#include "mail/text/utf8.h"
#include "support/suites.h"

namespace mail::message {
namespace {

std::string element(std::string_view test, std::string_view name) {
  const std::string open = cat("<", name, ">");
  const std::size_t begin = test.find(open);
  if (begin == std::string_view::npos) return "";
  const std::size_t end = test.find(cat("</", name, ">"), begin);
  return std::string(test.substr(begin + open.size(), end - begin - open.size()));
}

/// XML entities; &#x2400; and the following stand for control characters.
std::string unescape(std::string_view xml) {
  std::string result;
  while (!xml.empty()) {
    const std::size_t end = xml.starts_with('&') ? xml.find(';') : std::string_view::npos;
    if (end == std::string_view::npos) {
      result.push_back(xml.front());
      xml.remove_prefix(1);
      continue;
    }
    const std::string_view entity = xml.substr(1, end - 1);
    if (entity == "amp") result.push_back('&');
    if (entity == "lt") result.push_back('<');
    if (entity == "gt") result.push_back('>');
    if (entity == "quot") result.push_back('"');
    if (entity.starts_with("#x")) {
      const auto c = static_cast<char32_t>(std::stoul(std::string(entity.substr(2)), nullptr, 16));
      text::append_code_point(result, c >= 0x2400 && c < 0x2480 ? c - 0x2400 : c);
    }
    xml.remove_prefix(end + 1);
  }
  return result;
}

TEST_CASE("isemail's addresses are judged as RFC 5321 does") {
  const auto folder = test::suite("isemail");
  if (!folder) return;
  test::Exceptions exceptions("suites/isemail");
  const std::string xml = test::read_test_file(*folder + "/test/tests-original.xml");
  std::size_t count = 0;
  for (std::size_t at = xml.find("<test id="); at != std::string::npos;
       at = xml.find("<test id=", at + 1)) {
    const std::string_view rest = std::string_view(xml).substr(at);
    const std::string_view test = rest.substr(0, rest.find("</test>"));
    const std::string id(test.substr(10, test.find('"', 10) - 10));
    const std::string category = element(test, "category");
    const std::string address = unescape(element(test, "address"));
    const bool valid = category == "ISEMAIL_VALID_CATEGORY" || category == "ISEMAIL_DNSWARN" ||
                       category == "ISEMAIL_RFC5321";
    ++count;
    if (parse_mailbox(address).ok() == valid || exceptions.covers(id)) continue;
    INFO(id << " " << address << " " << category << " " << element(test, "diagnosis"));
    CHECK(parse_mailbox(address).ok() == valid);
  }
  CHECK(count >= 275);
  CHECK(exceptions.unused() == "");
}

}  // namespace
}  // namespace mail::message
