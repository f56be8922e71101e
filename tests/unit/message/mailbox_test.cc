#include "mail/message/mailbox.h"

#include <catch2/catch.hpp>

namespace mail::message {
namespace {

struct Case {
  std::string text;
  std::string canonical;  // empty: refused
};
const Case kCases[] = {
    {"ann@Example.COM", "ann@example.com"},
    {"Ann.B+tag@x.org", "Ann.B+tag@x.org"},
    {"\"ann\"@x.org", "ann@x.org"},
    {"\"a b\"@x.org", "\"a b\"@x.org"},
    {"\"a\\\"b\\\\\"@x.org", "\"a\\\"b\\\\\"@x.org"},
    {"\"a@b\"@x.org", "\"a@b\"@x.org"},
    {"\"\"@x.org", "\"\"@x.org"},
    {"ann@[192.000.2.1]", "ann@[192.0.2.1]"},
    {"ann@[ipv6:2001:DB8:0:0::1]", "ann@[IPv6:2001:db8::1]"},
    {"ann@localhost", "ann@localhost"},
    {"", ""},
    {"ann", ""},
    {"@x.org", ""},
    {"ann@", ""},
    {"ann@@x.org", ""},
    {".ann@x.org", ""},
    {"ann.@x.org", ""},
    {"a..b@x.org", ""},
    {"a b@x.org", ""},
    {"a(c)@x.org", ""},
    {"ann@x..org", ""},
    {"ann@.x.org", ""},
    {"ann@x.org.", ""},
    {"ann@-x.org", ""},
    {"ann@x-.org", ""},
    {"ann@x_y.org", ""},
    {"ann@[192.0.2.256]", ""},
    {"ann@[192.0.2]", ""},
    {"ann@[IPv6:1::2::3]", ""},
    {"ann@[tag:content]", ""},
    {"ann@[192.0.2.1", ""},
    {"\"ann@x.org", ""},
    {"\"ann\"b@x.org", ""},
    {"\"a\tb\"@x.org", ""},
    {"ann@x.org\r\n", ""},
    {std::string("an\0n@x.org", 10), ""},
    {"jürgen@x.org", ""},
    {std::string(64, 'a') + "@x.org", std::string(64, 'a') + "@x.org"},
    {std::string(65, 'a') + "@x.org", ""},
    {"a@" + std::string(63, 'b') + ".org", "a@" + std::string(63, 'b') + ".org"},
    {"a@" + std::string(64, 'b') + ".org", ""},
};

TEST_CASE("envelope addresses are read strictly and written canonically") {
  for (const Case& c : kCases) {
    INFO(c.text);
    const auto mailbox = parse_mailbox(c.text);
    REQUIRE(mailbox.ok() == !c.canonical.empty());
    if (!mailbox.ok()) {
      CHECK_FALSE(message_of(mailbox.status()).empty());
      continue;
    }
    CHECK(to_string(*mailbox) == c.canonical);
    CHECK(parse_mailbox(to_string(*mailbox)).value() == *mailbox);
  }
}

TEST_CASE("an address has at most 254 octets, a domain 255") {
  auto domain = [](std::size_t octets) {
    std::string text;
    while (text.size() < octets) text += text.size() % 50 == 49 ? '.' : 'd';
    return text;
  };
  CHECK(parse_mailbox("a@" + domain(251)).ok());
  CHECK(parse_mailbox("a@" + domain(252)).ok());
  CHECK_FALSE(parse_mailbox("a@" + domain(253)).ok());
  CHECK(parse_domain(domain(254)).ok());
  CHECK(parse_domain(domain(255)).ok());
  CHECK_FALSE(parse_domain(domain(256)).ok());
}

TEST_CASE("UTF-8 needs SMTPUTF8 and must be valid") {
  const MailboxOptions options{.allow_utf8 = true};
  CHECK(to_string(parse_mailbox("jürgen@müller.example", options).value()) ==
        "jürgen@müller.example");
  CHECK(parse_mailbox("\"j ü\"@x.org", options).ok());
  CHECK_FALSE(parse_mailbox("j\xFC@x.org", options).ok());
}

struct PathCase {
  std::string_view text;
  std::string_view mailbox;
  std::size_t length;
};
TEST_CASE("a path ends at its bracket, parameters follow") {
  for (const PathCase& c :
       {PathCase{"<>", "", 2}, PathCase{"<> SIZE=1", "", 2},
        PathCase{"<a@x> BODY=8BITMIME", "a@x", 5}, PathCase{"<@r1,@r2.org:a@x>", "a@x", 17},
        PathCase{"<\"a>b\"@x>", "\"a>b\"@x", 9},
        PathCase{"<a@[192.0.2.1]>", "a@[192.0.2.1]", 15}}) {
    INFO(c.text);
    const auto path = parse_path(c.text);
    REQUIRE(path.ok());
    CHECK(path->length == c.length);
    CHECK(path->is_null() == c.mailbox.empty());
    if (!path->is_null()) CHECK(to_string(*path->mailbox) == c.mailbox);
  }
  for (const char* text : {"", "a@x", "<a@x", "< a@x>", "<a@x >", "<@r1:>", "<@r1,a@x>", "<@r1>",
                           "<@r1", "<<a@x>>", "<postmaster>", "<a>"}) {
    INFO(text);
    CHECK_FALSE(parse_path(text).ok());
  }
}

TEST_CASE("postmaster needs no domain where that is allowed") {
  const MailboxOptions options{.allow_bare_postmaster = true};
  CHECK(to_string(*parse_path("<PostMaster>", options)->mailbox) == "PostMaster");
  CHECK_FALSE(parse_path("<ann>", options).ok());
}

}  // namespace
}  // namespace mail::message
