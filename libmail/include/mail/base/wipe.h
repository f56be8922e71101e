// Forgetting what was secret. `crypto::Secret` keeps a secret; this is for the buffers of engines,
// which link no cryptography.
#pragma once

#include <cstddef>
#include <string>

namespace mail {

/// Overwrites the octets in a way the compiler may not remove.
void wipe(char* octets, std::size_t size);

/// Empties the text and overwrites all the memory it has, so that what was longer once is gone too.
void wipe(std::string& text);

}  // namespace mail
