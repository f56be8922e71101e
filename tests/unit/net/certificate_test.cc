#include <catch2/catch.hpp>

#include <openssl/base64.h>
#include <openssl/x509v3.h>

#include "mail/base/memory_filesystem.h"
#include "net/acme.h"
#include "net/certificate.h"
#include "net/client_offer.h"
#include "unit/net/pairs.h"

namespace mail::net {
namespace {

const WallTime kNow = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21));
const std::string kHost = "mail.example.com";

directory::Settings settings_of(directory::Environment environment) {
  MemoryFilesystem empty;
  return directory::Settings::read(empty, "/none", environment);
}

Status load(Certificate& certificate, const directory::Environment& environment) {
  const auto plan = plan_certificates(settings_of(environment), "/c", kHost);
  if (!plan.ok()) return plan.status();
  return certificate.load(*plan, kHost, kNow);
}

Identity identity(const std::string& name = kHost) {
  const std::string names[] = {name};
  return make_identity(names, kNow).value();
}

void put(MemoryFilesystem& files, const std::string& path, const std::string& text) {
  REQUIRE(files.write(path, text).ok());
}

void put_live(MemoryFilesystem& files, const std::string& name, const Identity& pair,
              const std::string& key = "privkey.pem") {
  const std::string folder = "/etc/letsencrypt/live/" + name;
  put(files, folder + "/fullchain.pem", pair.certificate);
  put(files, folder + "/" + key, pair.key);
}

/// The certificate that a client of TLS 1.3 gets when it asks for `name`.
std::string served(const Certificate& certificate, const std::string& name) {
  ClientOffer offer;
  offer.server_name = name;
  offer.speaks_1_3 = offer.has_p256 = offer.has_rsa_signature = true;
  X509* x = SSL_CTX_get0_certificate(certificate.context()->choose(offer));
  for (const char* candidate : {"mail.example.com", "example.com", "other.example",
                                "a.wild.example", "new.example", "override.example"}) {
    if (X509_check_host(x, candidate, std::string_view(candidate).size(), 0, nullptr) == 1) {
      return candidate;
    }
  }
  return {};
}

std::string base64(const std::string& text) {
  std::string encoded(text.size() * 2 + 10, '\0');
  encoded.resize(EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(encoded.data()),
                                 reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  return encoded;
}

std::string acme_entry(const std::string& main, const std::string& sans, const Identity& pair) {
  return cat(R"({"domain":{"main":")", main, R"(","sans":[)", sans, R"(]},"certificate":")",
             base64(pair.certificate), R"(","key":")", base64(pair.key), R"(","Store":"default"})");
}

}  // namespace

TEST_CASE("Without SSL_TYPE there is no TLS") {
  MemoryFilesystem files;
  Certificate certificate(files);
  REQUIRE(load(certificate, {}).ok());
  CHECK(certificate.context() == nullptr);
  CHECK(certificate.reload().value() == false);
}

TEST_CASE("An unknown SSL_TYPE is an error, not a server without TLS") {
  MemoryFilesystem files;
  Certificate certificate(files);
  const Status status = load(certificate, {{"SSL_TYPE", "letsencript"}});
  CHECK_THAT(std::string(message_of(status)),
             Catch::Contains("SSL_TYPE='letsencript'") && Catch::Contains("self-signed"));
}

TEST_CASE("A self-signed pair is made when it is missing and kept afterwards") {
  MemoryFilesystem files;
  REQUIRE(make_directories(files, "/c", 0755).ok());
  const directory::Environment settings = {{"SSL_TYPE", "self-signed"}};
  Certificate first(files);
  REQUIRE(load(first, settings).ok());
  CHECK(first.context() != nullptr);
  const std::string path = "/c/ssl/mail.example.com-cert.pem";
  CHECK(first.plan().certificate_path == path);
  CHECK(files.info("/c/ssl/mail.example.com-key.pem")->mode == 0600);
  const std::string made = read_file(files, path, 100'000).value();
  CHECK(read_file(files, "/c/ssl/demoCA/cacert.pem", 100'000).value() == first.authority());

  Certificate second(files);
  REQUIRE(load(second, settings).ok());
  CHECK(read_file(files, path, 100'000).value() == made);
  CHECK(second.authority() == first.authority());
}

TEST_CASE("One half of a self-signed pair is an error, not a reason to replace it") {
  MemoryFilesystem files;
  put(files, "/c/ssl/mail.example.com-key.pem", identity().key);
  Certificate certificate(files);
  CHECK_THAT(std::string(message_of(load(certificate, {{"SSL_TYPE", "self-signed"}}))),
             Catch::Contains("mail.example.com-cert.pem"));
}

TEST_CASE("A custom certificate is one file with key and chain") {
  MemoryFilesystem files;
  Certificate certificate(files);
  const directory::Environment settings = {{"SSL_TYPE", "custom"}};
  CHECK_THAT(std::string(message_of(load(certificate, settings))),
             Catch::Contains("/c/ssl/mail.example.com-full.pem"));
  const Identity ours = identity();
  put(files, "/c/ssl/mail.example.com-full.pem", ours.key + ours.certificate);
  REQUIRE(load(certificate, settings).ok());
  CHECK(served(certificate, kHost) == kHost);
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
    const char* alt_certificate;
    const char* alt_key;
    const char* fault;  // empty: none
  };
  const Row rows[] = {
      {"/k/cert.pem", "/k/key.pem", "", "", ""},
      {"/k/cert.pem", "", "", "", "SSL_KEY_PATH"},
      {"", "/k/key.pem", "", "", "SSL_CERT_PATH"},
      {"/k/missing.pem", "/k/key.pem", "", "", "no file /k/missing.pem"},
      {"/k/cert.pem", "/k/missing.pem", "", "", "no file /k/missing.pem"},
      {"/k/cert.pem", "/k/other.pem", "", "", "/k/other.pem: this key does not belong"},
      {"/k/key.pem", "/k/key.pem", "", "", "/k/key.pem: no usable certificate"},
      {"/k/cert.pem", "/k/key.pem", "/k/cert.pem", "/k/key.pem", ""},
      {"/k/cert.pem", "/k/key.pem", "/k/cert.pem", "", "SSL_ALT_KEY_PATH"},
      {"/k/cert.pem", "/k/key.pem", "/k/cert.pem", "/k/gone.pem", "no file /k/gone.pem"},
      {"/k/cert.pem", "/k/key.pem", "/k/cert.pem", "/k/other.pem", "/k/other.pem: this key"},
  };
  for (const Row& row : rows) {
    INFO(row.certificate << " " << row.key << " " << row.alt_certificate << " " << row.alt_key);
    Certificate certificate(files);
    const Status status = load(certificate, {{"SSL_TYPE", "manual"},
                                             {"SSL_CERT_PATH", row.certificate},
                                             {"SSL_KEY_PATH", row.key},
                                             {"SSL_ALT_CERT_PATH", row.alt_certificate},
                                             {"SSL_ALT_KEY_PATH", row.alt_key}});
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
  REQUIRE(load(certificate, {{"SSL_TYPE", "manual"},
                             {"SSL_CERT_PATH", "/k/cert.pem"},
                             {"SSL_KEY_PATH", "/k/key.pem"}})
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

TEST_CASE("letsencrypt looks for SSL_DOMAIN, then the host name, then its domain") {
  struct Row {
    std::vector<const char*> folders;
    const char* domain;
    const char* expected;  // empty: an error that names the places
  };
  const Row rows[] = {
      {{"mail.example.com"}, "", "mail.example.com"},
      {{"mail.example.com", "example.com"}, "", "mail.example.com"},
      {{"example.com"}, "", "example.com"},
      {{"other.example", "mail.example.com"}, "other.example", "other.example"},
      {{"other.example", "mail.example.com"}, "*.other.example", "other.example"},
      {{"mail.example.com"}, "other.example", "mail.example.com"},
      {{"other.example"}, "", ""},
      {{}, "", ""},
  };
  for (const Row& row : rows) {
    MemoryFilesystem files;
    for (const char* folder : row.folders) put_live(files, folder, identity(folder));
    put(files, "/etc/letsencrypt/live/README", "This directory contains your keys");
    Certificate certificate(files);
    const Status status =
        load(certificate, {{"SSL_TYPE", "letsencrypt"}, {"SSL_DOMAIN", row.domain}});
    INFO(row.domain << ": " << message_of(status));
    if (*row.expected == '\0') {
      CHECK_THAT(std::string(message_of(status)),
                 Catch::Contains("/etc/letsencrypt/live/mail.example.com") &&
                     Catch::Contains("/etc/letsencrypt/live/example.com") &&
                     Catch::Contains("SSL_DOMAIN"));
    } else {
      REQUIRE(status.ok());
      CHECK(served(certificate, "") == row.expected);
    }
  }
}

TEST_CASE("Every certificate of the letsencrypt folder serves its own name") {
  MemoryFilesystem files;
  put_live(files, "mail.example.com", identity());
  put_live(files, "other.example", identity("other.example"), "key.pem");
  put_live(files, "wild", identity("*.wild.example"));
  put(files, "/etc/letsencrypt/live/half/fullchain.pem", identity("half.example").certificate);
  put_live(files, "torn", {.certificate = "?", .key = "?", .authority = {}});
  Certificate certificate(files);
  REQUIRE(load(certificate, {{"SSL_TYPE", "letsencrypt"}}).ok());
  CHECK(served(certificate, "other.example") == "other.example");
  CHECK(served(certificate, "a.wild.example") == "a.wild.example");
  CHECK(served(certificate, "half.example") == kHost);
  REQUIRE(certificate.complaints().size() == 1);
  CHECK_THAT(certificate.complaints()[0],
             Catch::Contains("/etc/letsencrypt/live/torn/fullchain.pem"));
  put_live(files, "new.example", identity("new.example"));
  CHECK(certificate.reload().value());
  CHECK(served(certificate, "new.example") == "new.example");
}

TEST_CASE("certbot's links are followed, and a link to a renewed pair is a change") {
  MemoryFilesystem files;
  const std::string root = "/etc/letsencrypt";
  const auto put_archive = [&](int number) {
    const Identity pair = identity();
    put(files, cat(root, "/archive/mail.example.com/fullchain", number, ".pem"), pair.certificate);
    put(files, cat(root, "/archive/mail.example.com/privkey", number, ".pem"), pair.key);
  };
  const auto link = [&](const char* name, int number) {
    const std::string path = cat(root, "/live/mail.example.com/", name, ".pem");
    if (files.info(path).ok()) REQUIRE(files.unlink(path).ok());
    REQUIRE(files.make_symlink(cat("../../archive/mail.example.com/", name, number, ".pem"), path)
                .ok());
  };
  put_archive(1);
  put_archive(2);
  REQUIRE(make_directories(files, root + "/live/mail.example.com", 0700).ok());
  link("fullchain", 1);
  link("privkey", 1);
  Certificate certificate(files);
  REQUIRE(load(certificate, {{"SSL_TYPE", "letsencrypt"}}).ok());
  link("fullchain", 2);
  CHECK_FALSE(certificate.reload().ok());
  link("privkey", 2);
  CHECK(certificate.reload().value());
}

TEST_CASE("Traefik's acme.json comes before live/, in both its forms") {
  const Identity ours = identity();
  const Identity wild = identity("*.wild.example");
  const std::string entry = acme_entry("mail.example.com", R"("override.example")", ours);
  const std::string wild_entry = acme_entry("*.wild.example", "", wild);
  struct Row {
    std::string text;
    const char* domain;
    std::string expected;  // for a client without a name
    bool complains;
  };
  const Row rows[] = {
      {cat(R"({"le":{"Account":{},"Certificates":[)", entry, ",", wild_entry, "]}}"), "",
       "mail.example.com", false},
      {cat(R"({"a":{"Certificates":null},"b":{"Certificates":[)", entry, "]}}"), "",
       "mail.example.com", false},
      {cat(R"({"Account":{},"Certificates":[)", entry, "]}"), "", "mail.example.com", false},
      {cat(R"({"le":{"Certificates":[)", wild_entry, ",", entry, "]}}"), "*.wild.example",
       "a.wild.example", false},
      {cat(R"({"le":{"Certificates":[)", wild_entry, "]}}"), "", "example.com", true},
      {"{ no json", "", "example.com", true},
      {R"({"le":{"Certificates":[{"domain":7},8,{"domain":{"main":"mail.example.com"}}]}})", "",
       "example.com", true},
  };
  for (const Row& row : rows) {
    INFO(row.text.substr(0, 80));
    MemoryFilesystem files;
    put_live(files, "example.com", identity("example.com"));
    put(files, "/etc/letsencrypt/acme.json", row.text);
    Certificate certificate(files);
    const Status status =
        load(certificate, {{"SSL_TYPE", "letsencrypt"}, {"SSL_DOMAIN", row.domain}});
    INFO(message_of(status));
    REQUIRE(status.ok());
    CHECK(served(certificate, "") == row.expected);
    CHECK(served(certificate, "example.com") == "example.com");
    CHECK(certificate.complaints().empty() != row.complains);
  }
}

TEST_CASE("What is watched are the files, and the folder that new domains appear in") {
  MemoryFilesystem files;
  put_live(files, "mail.example.com", identity());
  const auto plan = plan_certificates(settings_of({{"SSL_TYPE", "letsencrypt"}}), "/c", kHost);
  const auto paths = watched_paths(files, *plan);
  for (const char* path : {"/etc/letsencrypt/acme.json", "/etc/letsencrypt/live/",
                           "/etc/letsencrypt/live/mail.example.com/fullchain.pem",
                           "/etc/letsencrypt/live/mail.example.com/privkey.pem"}) {
    CHECK(std::find(paths.begin(), paths.end(), path) != paths.end());
  }
}

TEST_CASE("DOMAINNAME is the host name without its first label, when more than two are there") {
  CHECK(domain_name("mail.example.com") == "example.com");
  CHECK(domain_name("a.mail.example.com") == "mail.example.com");
  CHECK(domain_name("example.com") == "example.com");
  CHECK(domain_name("localhost") == "localhost");
}

}  // namespace mail::net
