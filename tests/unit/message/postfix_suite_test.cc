// Postfix's tests of its address parser (tok822) and of quoting: what it writes for an input must
// mean to us what the input means.
#include <catch2/catch.hpp>
#include <string>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message.h"
#include "support/suites.h"

namespace mail::message {
namespace {

/// The mailboxes of a list without names.
std::string mailboxes(std::string_view value) {
  std::string result;
  for (const Address& address : parse_addresses(value)) {
    if (address.kind == Address::Kind::kMailbox) append(result, address_spec(address), "\n");
  }
  return result;
}

/// What stands behind `label` and its line end, up to the empty line.
std::string_view paragraph(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + label.size());
  text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  return text.substr(0, text.find("\n\n"));
}

TEST_CASE("Postfix's canonical addresses mean what it read them from") {
  const auto folder = test::suite("postfix");
  if (!folder) return;
  test::Exceptions exceptions("suites/postfix");
  std::size_t count = 0;
  for (const char* file : {"tok822_parse.ref", "tok822_limit.ref"}) {
    const std::string text = test::read_test_file(*folder + "/postfix/src/global/" + file);
    for (std::size_t at = text.find(">>>"); at != std::string::npos;) {
      const std::size_t next = text.find("\n>>>", at + 1);
      const std::string_view block = std::string_view(text).substr(at, next - at);
      at = next == std::string::npos ? next : next + 1;
      const std::string_view input = block.substr(3, block.find("<<<\n") - 3);
      const std::string expected = mailboxes(paragraph(block, "Externalized, no newlines"));
      const std::string actual = mailboxes(input);
      ++count;
      const std::string key = cat(file, " ", count);
      if (expected == actual || exceptions.covers(key)) continue;
      INFO(key << " " << input);
      CHECK(actual == expected);
    }
  }
  CHECK(count >= 20);
  // quote_822_local: 'a@b@c@d' quoted '"a@b@c"@d': the last @ parts domain and local part.
  CHECK(quoted_local_part("a@b@c") == "\"a@b@c\"");
  CHECK(mailboxes("\"a@b@c\"@d") == "\"a@b@c\"@d\n");
  CHECK(quoted_local_part("") == "\"\"");
  CHECK(exceptions.unused() == "");
}

}  // namespace
}  // namespace mail::message
