// The SMTP server engine in two dialects, with limits so low that a short input reaches them.
#include "session/session.h"

namespace mail::test {
Protocol smtp_protocol();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto protocol = mail::test::smtp_protocol();
  static const mail::test::TranscriptOptions submission = {
      {"dialect", "submission"}, {"offers_auth", "1"},    {"allows_cleartext_auth", "1"},
      {"offers_starttls", "1"},  {"command_line", "100"}, {"auth_line", "100"},
      {"data_line", "100"},      {"message_size", "300"}, {"recipients", "3"},
      {"errors", "5"},           {"junk_commands", "5"},  {"output", "200"},
      {"trusts_peer", "1"},
  };
  static const auto lmtp = [] {
    auto options = submission;
    options["dialect"] = "lmtp";
    return options;
  }();
  mail::fuzz::play_in_two_cuts(protocol, submission, "answer 450 4.0.0 no", data, size);
  mail::fuzz::play_in_two_cuts(protocol, lmtp, "answer 450 4.0.0 no", data, size);
  return 0;
}
