// What leaves has no line end but CRLF (attack A2): all short messages over the octets that matter,
// in every cut, read back by the server's reader.
#include "smtp/data_writer.h"

#include <catch2/catch.hpp>
#include <vector>

#include "smtp/data_reader.h"

namespace mail::smtp {
namespace {

std::string write(std::string_view message, std::size_t cut, bool doubles_dots) {
  DataWriter writer(doubles_dots);
  std::string wire;
  writer.append(message.substr(0, cut), wire);
  writer.append(message.substr(cut), wire);
  writer.finish(wire);
  return wire;
}

/// The rule, said slowly: any of CRLF, CR and LF ends a line.
std::string twin(std::string_view message) {
  std::string lines;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\r' || message[i] == '\n') {
      lines += "\r\n";
      if (message[i] == '\r' && i + 1 < message.size() && message[i + 1] == '\n') ++i;
    } else {
      lines += message[i];
    }
  }
  if (!lines.empty() && !lines.ends_with('\n')) lines += "\r\n";
  return lines;
}

TEST_CASE("No message can smuggle another one out (A2)") {
  constexpr std::string_view kOctets = "\r\n.a";
  for (std::size_t length = 0; length <= 7; ++length) {
    std::vector<std::size_t> digits(length, 0);
    for (;;) {
      std::string message;
      for (const auto digit : digits) message += kOctets[digit];
      const std::string expected = twin(message);
      for (std::size_t cut = 0; cut <= length; ++cut) {
        if (write(message, cut, false) != expected) FAIL("differs");
        const std::string wire = write(message, cut, true) + ".\r\n";
        DataReader reader({.message = 0, .line = 1000});
        std::string read;
        std::string_view rest = wire;
        bool has_ended = false;
        while (!rest.empty() && !has_ended) {
          const auto piece = reader.read(rest);
          read += piece.chunk;
          rest.remove_prefix(piece.consumed);
          has_ended = piece.has_ended;
          if (piece.consumed == 0) break;
        }
        if (!has_ended || !rest.empty() || read != expected) FAIL("smuggled");
      }
      std::size_t i = 0;
      while (i < length && ++digits[i] == kOctets.size()) digits[i++] = 0;
      if (i == length) break;
    }
  }
}

}  // namespace
}  // namespace mail::smtp
