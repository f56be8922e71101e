// A pair that is being replaced is for a moment two halves that do not fit: it is refused as a
// whole, the old one stays, and the second file's change brings the next try.
// Tested by tests/unit/net/certificate_test.cc.
#include "net/certificate.h"

#include <utility>

#include <openssl/sha.h>

namespace mail::net {
namespace {

constexpr std::uint64_t kMaxAuthorityOctets = 1024 * 1024;

/// Tells sets of pairs apart without keeping keys.
std::string fingerprint_of(const std::vector<TlsPair>& pairs) {
  SHA256_CTX hash;
  SHA256_Init(&hash);
  for (const TlsPair& pair : pairs) {
    for (const std::string* text :
         {&pair.certificate_name, &pair.certificate, &pair.key_name, &pair.key}) {
      SHA256_Update(&hash, text->c_str(), text->size() + 1);
    }
    SHA256_Update(&hash, pair.is_default ? "1" : "0", 1);
  }
  std::uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, &hash);
  return {reinterpret_cast<const char*>(digest), sizeof digest};
}

}  // namespace

Status Certificate::load(const CertificatePlan& plan, const std::string& hostname, WallTime now) {
  if (plan.type == CertificatePlan::Type::kSelfSigned) {
    const auto missing = [this](const std::string& path) {
      return filesystem_.info(path).status().code() == absl::StatusCode::kNotFound;
    };
    // With one of the two there, something is wrong that a new pair would only cover up.
    if (missing(plan.certificate_path) && missing(plan.key_path)) {
      MAIL_RETURN_IF_ERROR(make_files(plan, hostname, now));
    }
  }
  MAIL_RETURN_IF_ERROR(follow(plan).status());
  plan_ = plan;
  std::string authority;
  if (!plan.authority_path.empty()) {
    const auto text = read_file(filesystem_, plan.authority_path, kMaxAuthorityOctets);
    if (text.ok()) authority = *text;
  }
  const std::lock_guard lock(mutex_);
  authority_ = std::move(authority);
  return absl::OkStatus();
}

Status Certificate::make_files(const CertificatePlan& plan, const std::string& hostname,
                               WallTime now) {
  // The loopback names let a client on this machine check the certificate too.
  const std::string names[] = {hostname, "localhost", "127.0.0.1", "::1"};
  MAIL_ASSIGN_OR_RETURN(const Identity identity, make_identity(names, now));
  MAIL_RETURN_IF_ERROR(make_directories(filesystem_, parent_path(plan.authority_path), 0755));
  MAIL_RETURN_IF_ERROR(
      write_file_atomically(filesystem_, plan.authority_path, identity.authority, 0644));
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem_, plan.key_path, identity.key, 0600));
  return write_file_atomically(filesystem_, plan.certificate_path, identity.certificate, 0644);
}

Status Certificate::use(Identity identity, TlsLevel level) {
  TlsPair pair;
  pair.certificate = std::move(identity.certificate);
  pair.certificate_name = "the certificate made here";
  pair.key = std::move(identity.key);
  pair.key_name = "the key made here";
  std::vector<std::string> complaints;
  MAIL_ASSIGN_OR_RETURN(auto context, TlsContext::make({&pair, 1}, level, complaints));
  const std::lock_guard lock(mutex_);
  authority_ = std::move(identity.authority);
  context_ = std::move(context);
  return absl::OkStatus();
}

StatusOr<bool> Certificate::reload() { return follow(plan_); }

StatusOr<bool> Certificate::follow(const CertificatePlan& plan) {
  if (plan.type == CertificatePlan::Type::kNone && plan_.type == plan.type) return false;
  MAIL_ASSIGN_OR_RETURN(CertificateSources found, find_certificates(filesystem_, plan));
  std::string fingerprint = fingerprint_of(found.pairs);
  {
    const std::lock_guard lock(mutex_);
    if (fingerprint == fingerprint_ && plan.level == plan_.level) return false;
  }
  std::shared_ptr<const TlsContext> context;
  if (!found.pairs.empty()) {
    MAIL_ASSIGN_OR_RETURN(context, TlsContext::make(found.pairs, plan.level, found.complaints));
  }
  const std::lock_guard lock(mutex_);
  fingerprint_ = std::move(fingerprint);
  complaints_ = std::move(found.complaints);
  context_ = std::move(context);
  return true;
}

std::shared_ptr<const TlsContext> Certificate::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

std::vector<std::string> Certificate::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

std::string Certificate::authority() const {
  const std::lock_guard lock(mutex_);
  return authority_;
}

}  // namespace mail::net
