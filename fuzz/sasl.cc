// A server exchange and a client exchange take any lines; what SCRAM's parsers accept is cut from
// the message, and names survive being escaped.
//
// The first octet of the input chooses mechanism and TLS, the rest is lines.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "mail/base/absl.h"
#include "mail/sasl.h"
#include "mail/text/base64.h"
#include "sasl/scram_message.h"

using namespace mail;
using mail::fuzz::require;
using namespace mail::sasl;

namespace {

std::string_view take_line(std::string_view& input) {
  const auto end = input.find('\n');
  const auto line = input.substr(0, end);
  input.remove_prefix(end == input.npos ? input.size() : end + 1);
  return line;
}

const TlsInfo kTls{.version = "TLSv1.3",
                   .cipher = {},
                   .server_name = {},
                   .bindings = {.exporter = "EXPORTER", .end_point = "END-POINT"}};

/// Lines come as they are, or in base64 when `wraps`: else hardly any would be.
std::string line_of(std::string_view& input, bool wraps) {
  const auto line = take_line(input);
  return wraps ? text::base64_encode(line) : std::string(line);
}

void play_server(Mechanism mechanism, const TlsInfo* tls, bool wraps, std::string_view input) {
  ServerExchange exchange(mechanism, {.offers_scram = true}, tls);
  ServerStep step = exchange.start(std::nullopt);
  for (int questions = 0; questions < 20; ++questions) {
    if (std::holds_alternative<Challenge>(step)) {
      if (input.empty()) return;
      step = exchange.receive(line_of(input, wraps));
    } else if (const auto* user = std::get_if<ScramUser>(&step)) {
      require(!user->authentication.empty());
      require(user->authorization.empty() || user->authorization == user->authentication);
      step = exchange.challenge_scram({"salt", 4096, "SERVER"});
    } else if (const auto* proof = std::get_if<ScramProof>(&step)) {
      require(proof->proof.size() == 32);
      require(proof->auth_message.find("SERVER") != std::string_view::npos);
      step = exchange.confirm_scram("signature");
    } else if (const auto* login = std::get_if<Authenticate>(&step)) {
      require(!login->authentication.empty());
      require(login->is_proven == is_scram(mechanism));
      require(login->is_proven == login->password.empty());
      return;
    } else {
      return;
    }
  }
  require(false);  // no exchange is that long
}

void play_client(Mechanism mechanism, const TlsInfo* tls, bool wraps, std::string_view input) {
  ClientExchange exchange(mechanism, {"", "ann", "secret"}, "CLIENT", tls, true);
  if (!exchange.start().ok()) return;
  bool gave_up = false;
  while (!input.empty()) {
    ClientStep step = exchange.receive(line_of(input, wraps));
    if (std::holds_alternative<ScramPassword>(step)) {
      step = exchange.prove_scram({std::string(32, 'p'), "signature"});
    }
    gave_up = gave_up || std::holds_alternative<GiveUp>(step);
    require(!gave_up || !exchange.finish().ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Mechanism mechanism = kMechanisms[data[0] % 4];
  const TlsInfo* tls = (data[0] & 4) != 0 ? &kTls : nullptr;
  const bool wraps = (data[0] & 8) != 0;
  play_server(mechanism, tls, wraps, input);
  play_client(mechanism, tls, wraps, input);
  if (const auto first = parse_client_first(input)) {
    require(cat(first->gs2_header, first->bare) == input);
    require(first->bare.starts_with(cat("n=", escape_name(first->authentication), ",r=")));
  }
  if (const auto final = parse_client_final(input)) {
    require(cat(final->without_proof, ",p=", final->proof) == input);
  }
  parse_server_first(input);
  parse_server_final(input);
  return 0;
}
