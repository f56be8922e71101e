// Addresses of headers and of the envelope. What the strict reader accepts it writes in one form
// that it reads back as the same value.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/message/address.h"
#include "mail/message/mailbox.h"

using namespace mail::message;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  to_string(parse_addresses(text));
  for (const bool allow_utf8 : {false, true}) {
    const MailboxOptions options{.allow_utf8 = allow_utf8, .allow_bare_postmaster = true};
    const auto mailbox = parse_mailbox(text, options);
    if (mailbox.ok()) {
      const auto again = parse_mailbox(to_string(*mailbox), options);
      require(again.ok() && *again == *mailbox);
    }
    const auto path = parse_path(text, options);
    if (path.ok()) require(path->length <= size && text[path->length - 1] == '>');
  }
  return 0;
}
