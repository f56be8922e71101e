// ENVELOPE, BODY and BODYSTRUCTURE as a client reads them: by the grammar of RFC 3501 §9 and by
// nothing of the library that writes them. Shared by tests and fuzz targets.
#pragma once

#include <string>
#include <string_view>

namespace mail::test {

enum class StructureForm {
  kBody,           // no extension data
  kBodyStructure,  // extension data up to the location
  kAny,            // as other servers write: any beginning of the extension data
};

/// What breaks the grammar of `envelope`, with the octets where it does; empty when nothing does.
std::string envelope_fault(std::string_view text);
/// The same for `body`. `parts` counts the bodies, the outermost included.
std::string body_fault(std::string_view text, StructureForm form, std::size_t* parts = nullptr);

}  // namespace mail::test
