// explicit_bzero is the C library's promise that the writes stay.
//
// Tested by tests/unit/base/wipe_test.cc.
#include "mail/base/wipe.h"

#include <string.h>

namespace mail {

void wipe(char* octets, std::size_t size) {
  if (size != 0) explicit_bzero(octets, size);
}

void wipe(std::string& text) {
  // Without a reallocation: the capacity is there already.
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace mail
