// The POP3 server engine, with limits so low that a short input reaches them.
#include "session/session.h"

namespace mail::test {
Protocol pop3_protocol();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto protocol = mail::test::pop3_protocol();
  static const mail::test::TranscriptOptions options = {
      {"allows_cleartext_auth", "1"},
      {"offers_stls", "1"},
      {"command_line", "60"},
      {"sasl_line", "80"},
      {"errors", "5"},
      {"output", "100"},
  };
  mail::fuzz::play_in_two_cuts(protocol, options, "refuse [AUTH] no", data, size);
  return 0;
}
