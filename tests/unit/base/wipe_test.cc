#include "mail/base/wipe.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace mail {

TEST_CASE("A wiped text is empty, and nothing is left in its memory") {
  for (const std::size_t size : {3, 15, 16, 500}) {
    std::string text(size, 'x');
    text.resize(size / 2);  // the rest stays behind in the buffer
    const char* memory = text.data();
    wipe(text);
    CHECK(text.empty());
    CHECK(text.data() == memory);
    text.resize(text.capacity());
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c == '\0'; }));
  }
}

TEST_CASE("Wiping nothing is nothing") {
  wipe(nullptr, 0);
  std::string text;
  wipe(text);
  CHECK(text.empty());
}

}  // namespace mail
