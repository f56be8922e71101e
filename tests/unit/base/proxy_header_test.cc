#include "mail/base/proxy_header.h"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "mail/base/absl.h"

namespace mail {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;

std::string binary(char command, char kind, std::string_view rest) {
  const char start[] = {command, kind, static_cast<char>(rest.size() >> 8),
                        static_cast<char>(rest.size() & 0xff)};
  return cat(kSignature, std::string_view(start, sizeof start), rest);
}

struct Heard {
  Status status;
  std::string client;      // "192.0.2.7:40000"; empty: none
  std::size_t octets = 0;  // of the header
};

/// Gives at most `cut` octets at a time, as the header asks for them.
Heard hear(std::string_view stream, std::size_t cut) {
  ProxyHeader header;
  Heard heard;
  while (header.wanted() != 0 && heard.octets < stream.size()) {
    const std::size_t octets = std::min({header.wanted(), cut, stream.size() - heard.octets});
    heard.status = header.take(stream.substr(heard.octets, octets));
    if (!heard.status.ok()) return heard;
    heard.octets += octets;
  }
  if (header.wanted() != 0) heard.status = unavailable("incomplete");
  if (header.client()) heard.client = cat(header.client()->address, ":", header.client()->port);
  return heard;
}

const std::string kIpv4("\xc0\0\2\7\xc0\0\2\1\x9c\x40\0\x19", 12);
const std::string kIpv6(
    "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
    "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x9c\x40\0\x19",
    36);
const std::string kMapped(
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7"
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1\x9c\x40\0\x19",
    36);

}  // namespace

TEST_CASE("A PROXY header says who the client is, and not one octet behind it is taken") {
  struct Row {
    std::string header, client;
  };
  const Row rows[] = {
      {"PROXY TCP4 192.0.2.7 192.0.2.1 40000 25\r\n", "192.0.2.7:40000"},
      {"PROXY TCP6 2001:DB8::7 2001:db8::1 40000 25\r\n", "2001:db8::7:40000"},
      {"PROXY TCP6 ::ffff:192.0.2.7 ::1 65535 0\r\n", "192.0.2.7:65535"},
      {"PROXY UNKNOWN\r\n", ""},
      {"PROXY UNKNOWN what\rever\r\n", ""},
      {binary(0x21, 0x11, kIpv4), "192.0.2.7:40000"},
      {binary(0x21, 0x11, kIpv4 + "\x04\0\1\0"s), "192.0.2.7:40000"},
      {binary(0x21, 0x21, kIpv6), "2001:db8::7:40000"},
      {binary(0x21, 0x21, kMapped), "192.0.2.7:40000"},
      {binary(0x20, 0x11, kIpv4), ""},  // LOCAL
      {binary(0x20, 0, ""), ""},
      {binary(0x21, 0, "anything"), ""},
      {binary(0x21, 0x31, std::string(216, 'u')), ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.header);
    for (const std::size_t cut : {1, 2, 7, 10'000}) {
      const Heard heard = hear(row.header + "EHLO client.example\r\n", cut);
      CHECK(heard.status.ok());
      CHECK(heard.client == row.client);
      CHECK(heard.octets == row.header.size());
    }
    // Cut off anywhere it is no header.
    for (std::size_t size = 0; size < row.header.size(); ++size) {
      CHECK_FALSE(hear(row.header.substr(0, size), 10'000).status.ok());
    }
  }
}

TEST_CASE("What is no PROXY header, or a wrong one, is refused") {
  const std::string rows[] = {
      "EHLO client.example\r\n",
      "proxy TCP4 192.0.2.7 192.0.2.1 40000 25\r\n",
      "PROXY  TCP4 192.0.2.7 192.0.2.1 40000 25\r\n",
      "PROXY TCP4  192.0.2.7 192.0.2.1 40000 25\r\n",
      "PROXY TCP4 192.0.2.7 192.0.2.1 40000\r\n",
      "PROXY TCP4 192.0.2.7 192.0.2.1 40000 25 25\r\n",
      "PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n",
      "PROXY TCP6 192.0.2.7 192.0.2.1 40000 25\r\n",
      "PROXY TCP4 192.0.2.256 192.0.2.1 40000 25\r\n",
      "PROXY TCP4 192.0.2.7 nonsense 40000 25\r\n",
      "PROXY TCP4 192.0.2.7 192.0.2.1 65536 25\r\n",
      "PROXY TCP4 192.0.2.7 192.0.2.1 04000 25\r\n",
      "PROXY TCP4 192.0.2.7 192.0.2.1 -1 25\r\n",
      "PROXY UDP4 192.0.2.7 192.0.2.1 40000 25\r\n",
      "PROXY UNKNOWNS\r\n",
      "\r\n\r\n\0\r\nQUIX\n"s,
      binary(0x11, 0x11, kIpv4),
      binary(0x22, 0x11, kIpv4),
      binary(0x21, 0x12, kIpv4),
      binary(0x21, 0x11, kIpv4.substr(1)),
      binary(0x21, 0x21, kIpv4),
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(absl::IsInvalidArgument(hear(row, 1).status));
    CHECK(absl::IsInvalidArgument(hear(row, 10'000).status));
  }
}

TEST_CASE("A PROXY header is as long as it may be, and no longer") {
  const auto line = [](std::size_t size) {
    std::string text = "PROXY UNKNOWN ";
    return text + std::string(size - text.size() - 2, 'x') + "\r\n";
  };
  for (const std::size_t size : {kMaxProxyLine - 1, kMaxProxyLine}) {
    CHECK(hear(line(size), 10'000).status.ok());
  }
  CHECK(absl::IsInvalidArgument(hear(line(kMaxProxyLine + 1), 10'000).status));
  const auto rest = [](std::size_t size) { return kIpv4 + std::string(size - kIpv4.size(), 't'); };
  for (const std::size_t size : {kMaxProxyRest - 1, kMaxProxyRest}) {
    CHECK(hear(binary(0x21, 0x11, rest(size)), 10'000).client == "192.0.2.7:40000");
  }
  CHECK(absl::IsInvalidArgument(hear(binary(0x21, 0x11, rest(kMaxProxyRest + 1)), 10'000).status));
}

}  // namespace mail
