// The MIME tree and everything that is read from it: offsets stay in order and inside the message,
// links go forward, and every text that IMAP would send can be made.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/message.h"

using namespace mail::message;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = text_of(data, size);
  const MimeTree tree(message, {.parts = 50, .depth = 10});
  for (std::uint32_t i = 0; i < tree.parts().size(); ++i) {
    const MimePart& part = tree.part(i);
    require(part.header <= part.body && part.body <= part.end && part.end <= size);
    require(i == 0 ? part.parent == MimePart::kNone : part.parent < i);
    decoded_text(tree, part);
  }
  body_structure_text(tree, false);
  body_structure_text(tree, true);
  envelope_text(tree.header(tree.root()));
  message_contains(tree, "needle");
  for (std::uint32_t a = 0; a < 4; ++a) {
    for (std::uint32_t b = 0; b < 3; ++b) {
      section_octets(tree, {{a, b}, Section::Kind::kHeaderFields, {"Subject"}});
      section_octets(tree, {{a}, Section::Kind::kMime, {}});
    }
  }
  return 0;
}
