// The two versions are told apart by their first twelve octets. Version 1 is a line of unknown
// length, so it is taken in two octets at a time: what follows its CR LF is the client's.
//
// Tested by tests/unit/base/proxy_header_test.cc.
#include "mail/base/proxy_header.h"

#include <array>
#include <cstdint>
#include <vector>

#include <arpa/inet.h>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail {
namespace {

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kBinaryStart = 16;
constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

unsigned octet_at(std::string_view octets, std::size_t i) {
  return static_cast<unsigned char>(octets[i]);
}
std::uint16_t number_at(std::string_view octets, std::size_t i) {
  return static_cast<std::uint16_t>(octet_at(octets, i) << 8 | octet_at(octets, i + 1));
}

/// Of 4 or 16 octets.
std::string address_text(std::string_view octets) {
  if (octets.size() == 16 && octets.starts_with(kMappedPrefix)) octets.remove_prefix(12);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = octets.size() == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, octets.data(), text.data(), text.size()) == nullptr ? "" : text.data();
}

std::optional<std::string> parse_address(int family, std::string_view text) {
  std::array<char, 16> octets{};
  if (inet_pton(family, std::string(text).c_str(), octets.data()) != 1) return std::nullopt;
  return address_text({octets.data(), family == AF_INET ? 4U : 16U});
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = ascii::parse_number(text);
  const bool usual = text.size() <= 5 && (text == "0" || !text.starts_with('0'));
  if (!port || *port > 65535 || !usual) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t blank = line.find(' ');
    words.push_back(line.substr(0, blank));
    if (blank == std::string_view::npos) return words;
    line.remove_prefix(blank + 1);
  }
}

}  // namespace

std::size_t ProxyHeader::wanted() const {
  if (octets_.size() < kSignature.size()) return kSignature.size() - octets_.size();
  if (octets_.starts_with(kLineStart)) {
    if (octets_.ends_with("\r\n")) return 0;
    return octets_.ends_with('\r') ? 1 : 2;
  }
  if (octets_.size() < kBinaryStart) return kBinaryStart - octets_.size();
  return kBinaryStart + number_at(octets_, 14) - octets_.size();
}

Status ProxyHeader::take(std::string_view octets) {
  octets_ += octets;
  const std::string_view seen = octets_;
  const bool is_line = seen.starts_with(kLineStart.substr(0, seen.size()));
  if (!is_line && !seen.starts_with(kSignature.substr(0, seen.size()))) {
    return invalid("it does not begin with a PROXY header");
  }
  if (seen.size() < kSignature.size()) return absl::OkStatus();
  if (is_line) {
    if (wanted() == 0) return finish_line();
    if (seen.size() + wanted() > kMaxProxyLine) {
      return invalid("the PROXY line is longer than ", kMaxProxyLine, " octets");
    }
    return absl::OkStatus();
  }
  if (seen.size() < kBinaryStart) return absl::OkStatus();
  if (octet_at(seen, 12) >> 4 != 2) return invalid("the PROXY header is of another version than 2");
  if (number_at(seen, 14) > kMaxProxyRest) {
    return invalid("the PROXY header is longer than ", kMaxProxyRest, " octets");
  }
  return wanted() == 0 ? finish_binary() : absl::OkStatus();
}

// line = "PROXY" SP ( "TCP4" / "TCP6" ) SP address SP address SP port SP port CRLF
//      / "PROXY" SP "UNKNOWN" *OCTET CRLF
Status ProxyHeader::finish_line() {
  const std::string_view line(octets_.data(), octets_.size() - 2);
  const auto words = words_of(line);
  if (words[1] == "UNKNOWN") return absl::OkStatus();
  const int family = words[1] == "TCP4" ? AF_INET : AF_INET6;
  if ((family == AF_INET6 && words[1] != "TCP6") || words.size() != 6) {
    return invalid("the PROXY line is none of TCP4, TCP6 or UNKNOWN");
  }
  const auto source = parse_address(family, words[2]);
  const auto source_port = parse_port(words[4]);
  if (!source || !parse_address(family, words[3]) || !source_port || !parse_port(words[5])) {
    return invalid("the PROXY line has an address or a port that is none");
  }
  client_ = Endpoint{*source, *source_port};
  return absl::OkStatus();
}

// §2.2: 12 signature, 1 version and command, 1 family and transport, 2 length, addresses, TLVs.
Status ProxyHeader::finish_binary() {
  const std::string_view rest = std::string_view(octets_).substr(kBinaryStart);
  enum Command : unsigned { kLocal = 0, kProxy = 1 };
  const unsigned command = octet_at(octets_, 12) & 0xf;
  if (command == kLocal) return absl::OkStatus();
  if (command != kProxy) return invalid("the PROXY header has an unknown command");
  enum Kind : unsigned { kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21, kUnix = 0x31 };
  const unsigned kind = octet_at(octets_, 13);
  // "The receiver should … use the real connection endpoints."
  if (kind == kUnspecified || kind == kUnix) return absl::OkStatus();
  if (kind != kTcp4 && kind != kTcp6) return invalid("the PROXY header is not of a TCP connection");
  const std::size_t octets = kind == kTcp4 ? 4 : 16;
  if (rest.size() < 2 * octets + 4) return invalid("the PROXY header is too short");
  client_ = Endpoint{address_text(rest.substr(0, octets)), number_at(rest, 2 * octets)};
  return absl::OkStatus();
}

}  // namespace mail
