// ENVELOPE, BODY and BODYSTRUCTURE of any octets read back by the grammar of RFC 3501 §9, which
// tests/support/imap_grammar.h knows by itself.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/message.h"
#include "support/imap_grammar.h"

using namespace mail;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = text_of(data, size);
  for (const message::MimeLimits& limits :
       {message::MimeLimits{}, message::MimeLimits{.parts = 5, .depth = 2}}) {
    const message::MimeTree tree(octets, limits);
    using test::StructureForm;
    require(
        test::body_fault(message::body_structure_text(tree, false), StructureForm::kBody).empty());
    require(
        test::body_fault(message::body_structure_text(tree, true), StructureForm::kBodyStructure)
            .empty());
    const std::string_view header = tree.header(tree.root());
    const std::string envelope = message::envelope_text(header);
    require(test::envelope_fault(envelope).empty());
    require(message::envelope_text(message::parse_envelope(header)) == envelope);
  }
  return 0;
}
