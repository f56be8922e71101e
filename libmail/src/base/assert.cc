#include "mail/base/assert.h"

#ifndef NDEBUG
#include <cstdio>
#include <cstdlib>
#endif

namespace mail {

bool assertion_failed([[maybe_unused]] const char* condition, [[maybe_unused]] const char* file,
                      [[maybe_unused]] int line) {
#ifndef NDEBUG
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
#else
  return false;
#endif
}

}  // namespace mail
