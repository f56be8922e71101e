// The IMAP server engine, with limits so low that a short input reaches them.
#include "session/session.h"

namespace mail::test {
Protocol imap_protocol();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto protocol = mail::test::imap_protocol();
  static const mail::test::TranscriptOptions options = {
      {"allows_cleartext_auth", "1"},
      {"offers_starttls", "1"},
      {"command_before_login", "100"},
      {"command", "200"},
      {"append", "100"},
      {"search_depth", "5"},
      {"search_nodes", "10"},
      {"errors", "5"},
      {"output", "300"},
  };
  mail::fuzz::play_in_two_cuts(protocol, options, "no refused", data, size);
  return 0;
}
