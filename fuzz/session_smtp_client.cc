// The SMTP client engine against servers that mean ill, with limits that a short input reaches.
#include "session/session.h"

namespace mail::test {
Protocol smtp_client_protocol();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto protocol = mail::test::smtp_client_protocol();
  static const mail::test::TranscriptOptions smtp = {
      {"reply_line", "100"}, {"reply_lines", "10"}, {"prefers_chunking", "1"}};
  static const mail::test::TranscriptOptions submission = {{"dialect", "submission"},
                                                           {"login", "ann"},
                                                           {"nonce", "abc"},
                                                           {"allows_cleartext_auth", "1"}};
  static const mail::test::TranscriptOptions lmtp = {{"dialect", "lmtp"}, {"tls", "required"}};
  for (const auto* options : {&smtp, &submission, &lmtp}) {
    mail::fuzz::play_in_two_cuts(protocol, *options, "quit", data, size);
  }
  return 0;
}
