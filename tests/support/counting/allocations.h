// What the program takes from the heap. Linking this replaces operator new: it is a library of its
// own, for programs that ask.
#pragma once

#include <cstddef>

namespace mail::test {

/// A value: the heap since the program began.
struct Allocations {
  std::size_t count = 0;   // calls of operator new
  std::size_t octets = 0;  // asked for by them, all together
};

/// Zeros under AddressSanitizer, which has its own operator new.
Allocations allocations();

/// The most that was held at one time since the last `start_peak`, beyond what was held then.
void start_peak();
std::size_t peak();

}  // namespace mail::test
