#include "mail/smtp/types.h"

#include <catch2/catch.hpp>

namespace mail::smtp {
namespace {

TEST_CASE("Every extension has a keyword that leads back to it") {
  for (std::size_t i = 0; i < kExtensionCount; ++i) {
    const auto extension = static_cast<Extension>(i);
    CHECK(extension_named(to_string(extension)) == extension);
  }
  CHECK(extension_named("8bitmime") == Extension::kEightBitMime);
  CHECK_FALSE(extension_named("VERP"));
  CHECK_FALSE(extension_named(""));
}

TEST_CASE("A list of keywords has commas or blanks between them, and unknown words mean nothing") {
  const auto set = parse_extension_list(" silent-discard, dsn,CHUNKING\tetrn ,, ");
  CHECK(set.has(Extension::kDsn));
  CHECK(set.has(Extension::kChunking));
  CHECK_FALSE(set.has(Extension::kPipelining));
  CHECK(parse_extension_list("") == ExtensionSet{});
}

}  // namespace
}  // namespace mail::smtp
