#include "net/login_secret.h"

#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "unit/net/peer.h"

namespace mail::net::test {

TEST_CASE("The secret of the logins is made once, and is the same after a restart") {
  MemoryFilesystem files;
  SilentLogger logger;
  const std::string first = login_secret(files, "/state", logger);
  CHECK(first.size() == 32);
  CHECK(login_secret(files, "/state", logger) == first);
  CHECK(files.info("/state/login-secret")->mode == 0600);
  CHECK(login_secret(files, "/other", logger) != first);
}

TEST_CASE("A secret that was cut off is replaced") {
  MemoryFilesystem files;
  SilentLogger logger;
  REQUIRE(files.make_directory("/state", 0755).ok());
  REQUIRE(write_file_atomically(files, "/state/login-secret", "short", 0600).ok());
  const std::string secret = login_secret(files, "/state", logger);
  CHECK(secret.size() == 32);
  CHECK(login_secret(files, "/state", logger) == secret);
}

}  // namespace mail::net::test
