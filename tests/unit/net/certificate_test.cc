#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "net/certificate.h"

namespace mail::net {
namespace {

const WallTime kNow = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21));

directory::Settings settings_of(directory::Environment environment) {
  MemoryFilesystem empty;
  return directory::Settings::read(empty, "/none", environment);
}

Identity identity() {
  const std::string names[] = {"mail.example.com"};
  return make_identity(names, kNow).value();
}

void put(Filesystem& files, const std::string& path, const std::string& text) {
  REQUIRE(make_directories(files, parent_path(path), 0755).ok());
  REQUIRE(write_file_atomically(files, path, text, 0600).ok());
}

}  // namespace

TEST_CASE("Without SSL_TYPE there is no TLS") {
  MemoryFilesystem files;
  Certificate certificate(files);
  REQUIRE(certificate.load(settings_of({}), "/c", "mail.example.com", kNow).ok());
  CHECK(certificate.context() == nullptr);
  CHECK(certificate.reload().value() == false);
}

TEST_CASE("A self-signed pair is made when it is missing and kept afterwards") {
  MemoryFilesystem files;
  REQUIRE(make_directories(files, "/c", 0755).ok());
  const auto settings = settings_of({{"SSL_TYPE", "self-signed"}});
  Certificate first(files);
  REQUIRE(first.load(settings, "/c", "mail.example.com", kNow).ok());
  CHECK(first.context() != nullptr);
  CHECK(first.certificate_path() == "/c/ssl/mail.example.com-cert.pem");
  CHECK(files.info("/c/ssl/mail.example.com-key.pem")->mode == 0600);
  const std::string made = read_file(files, first.certificate_path(), 100'000).value();
  CHECK(read_file(files, "/c/ssl/demoCA/cacert.pem", 100'000).value() == first.authority());

  Certificate second(files);
  REQUIRE(second.load(settings, "/c", "mail.example.com", kNow).ok());
  CHECK(read_file(files, second.certificate_path(), 100'000).value() == made);
  CHECK(second.authority() == first.authority());
}

TEST_CASE("One half of a self-signed pair is an error, not a reason to replace it") {
  MemoryFilesystem files;
  put(files, "/c/ssl/mail.example.com-key.pem", identity().key);
  Certificate certificate(files);
  const Status status =
      certificate.load(settings_of({{"SSL_TYPE", "self-signed"}}), "/c", "mail.example.com", kNow);
  CHECK_THAT(std::string(message_of(status)), Catch::Contains("mail.example.com-cert.pem"));
}

TEST_CASE("A manual pair needs both paths, both files, and must match") {
  MemoryFilesystem files;
  const Identity ours = identity();
  put(files, "/k/cert.pem", ours.certificate);
  put(files, "/k/key.pem", ours.key);
  put(files, "/k/other.pem", identity().key);
  struct Row {
    const char* certificate;
    const char* key;
    const char* fault;  // empty: none
  };
  const Row rows[] = {
      {"/k/cert.pem", "/k/key.pem", ""},
      {"/k/cert.pem", "", "SSL_KEY_PATH"},
      {"", "/k/key.pem", "SSL_CERT_PATH"},
      {"/k/missing.pem", "/k/key.pem", "/k/missing.pem"},
      {"/k/cert.pem", "/k/missing.pem", "/k/missing.pem"},
      {"/k/cert.pem", "/k/other.pem", "/k/other.pem: this key does not belong"},
      {"/k/key.pem", "/k/key.pem", "/k/key.pem: no usable certificate"},
  };
  for (const Row& row : rows) {
    INFO(row.certificate << " " << row.key);
    Certificate certificate(files);
    const Status status = certificate.load(settings_of({{"SSL_TYPE", "manual"},
                                                        {"SSL_CERT_PATH", row.certificate},
                                                        {"SSL_KEY_PATH", row.key}}),
                                           "/c", "mail.example.com", kNow);
    if (*row.fault == '\0') {
      CHECK(status.ok());
    } else {
      CHECK_THAT(std::string(message_of(status)), Catch::Contains(row.fault));
      CHECK(certificate.context() == nullptr);
    }
  }
}

TEST_CASE("A renewed pair comes into force once both halves are there") {
  MemoryFilesystem files;
  const Identity before = identity();
  const Identity after = identity();
  put(files, "/k/cert.pem", before.certificate);
  put(files, "/k/key.pem", before.key);
  Certificate certificate(files);
  REQUIRE(certificate
              .load(settings_of({{"SSL_TYPE", "manual"},
                                 {"SSL_CERT_PATH", "/k/cert.pem"},
                                 {"SSL_KEY_PATH", "/k/key.pem"}}),
                    "/c", "mail.example.com", kNow)
              .ok());
  const auto old = certificate.context();
  CHECK(certificate.reload().value() == false);
  put(files, "/k/cert.pem", after.certificate);
  CHECK_FALSE(certificate.reload().ok());
  CHECK(certificate.context() == old);
  put(files, "/k/key.pem", after.key);
  CHECK(certificate.reload().value() == true);
  CHECK(certificate.context() != old);
}

}  // namespace mail::net
