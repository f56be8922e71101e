#include "mail/smtp/reply.h"

#include <catch2/catch.hpp>
#include <string>

namespace mail::smtp {
namespace {

using namespace std::string_literals;

std::string wire(const Reply& reply) {
  std::string bytes = "x";  // what was there stays
  append_wire(bytes, reply);
  return bytes.substr(1);
}

TEST_CASE("A reply is one well-formed reply, whatever its text") {
  const struct {
    Reply reply;
    std::string expected;
  } cases[] = {
      {{250, "2.1.0", "Ok"}, "250 2.1.0 Ok\r\n"},
      {{220, "", "mx.example ESMTP"}, "220 mx.example ESMTP\r\n"},
      {{334, "", ""}, "334 \r\n"},
      {{550, "5.7.1", "one\ntwo\nthree"}, "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n"},
      {{250, "", "a\n"}, "250 a\r\n"},
      {{250, "", "a\n\nb"}, "250-a\r\n250-\r\n250 b\r\n"},
      // A peer's text cannot forge a line.
      {{550, "", "a\r\n250 Ok"}, "550-a?\r\n550 250 Ok\r\n"},
      {{550, "", "a\0b\x1b[2J\x7f\xff"s}, "550 a?b?[2J??\r\n"},
      {{550, "", "a\tb"}, "550 a\tb\r\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.reply.text);
    CHECK(wire(c.reply) == c.expected);
  }
}

TEST_CASE("A reply line is at most 512 octets; longer text goes on in another") {
  for (const std::size_t size : {500U, 501U, 502U, 1002U, 5000U}) {
    const auto bytes = wire({550, "5.7.1", std::string(size, 'a')});
    CAPTURE(size);
    std::size_t letters = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto end = bytes.find("\r\n", at) + 2;
      CHECK(end - at <= 512);
      CHECK(bytes[at + 3] == (end == bytes.size() ? ' ' : '-'));
      letters += end - at - 2 - 10;
      at = end;
    }
    CHECK(letters == size);
  }
  // 512 octets: "550 5.7.1 ", 500 letters, CRLF.
  CHECK(wire({550, "5.7.1", std::string(500, 'a')}).size() == 512);
}

}  // namespace
}  // namespace mail::smtp
