// A pair that is being replaced is for a moment two halves that do not fit: it is refused as a
// whole, the old one stays, and the second file's change brings the next try.
// Tested by tests/unit/net/certificate_test.cc.
#include "net/certificate.h"

#include <utility>

namespace mail::net {
namespace {

constexpr std::uint64_t kMaxPemOctets = 1024 * 1024;

}  // namespace

Status Certificate::load(const directory::Settings& settings, const std::string& config,
                         const std::string& hostname, WallTime now) {
  level_ =
      settings.text("TLS_LEVEL") == "intermediate" ? TlsLevel::kIntermediate : TlsLevel::kModern;
  const std::string_view type = settings.text("SSL_TYPE");
  if (type.empty()) return absl::OkStatus();
  if (type == "self-signed") return load_self_signed(config, hostname, now);
  certificate_path_ = settings.text("SSL_CERT_PATH");
  key_path_ = settings.text("SSL_KEY_PATH");
  if (certificate_path_.empty() || key_path_.empty()) {
    return failed_precondition("SSL_TYPE=", type, " needs both SSL_CERT_PATH and SSL_KEY_PATH");
  }
  return reload().status();
}

Status Certificate::load_self_signed(const std::string& config, const std::string& hostname,
                                     WallTime now) {
  const std::string folder = cat(config, "/ssl");
  certificate_path_ = cat(folder, "/", hostname, "-cert.pem");
  key_path_ = cat(folder, "/", hostname, "-key.pem");
  const auto missing = [this](const std::string& path) {
    return filesystem_.info(path).status().code() == absl::StatusCode::kNotFound;
  };
  // With one of the two there, something is wrong that a new pair would only cover up.
  if (missing(certificate_path_) && missing(key_path_)) {
    MAIL_RETURN_IF_ERROR(make_files(folder, hostname, now));
  }
  const auto authority = read(cat(folder, "/demoCA/cacert.pem"));
  if (authority.ok()) authority_ = *authority;
  return reload().status();
}

Status Certificate::make_files(const std::string& folder, const std::string& hostname,
                               WallTime now) {
  // The loopback names let a client on this machine check the certificate too.
  const std::string names[] = {hostname, "localhost", "127.0.0.1", "::1"};
  MAIL_ASSIGN_OR_RETURN(const Identity identity, make_identity(names, now));
  const std::string ca_folder = cat(folder, "/demoCA");
  MAIL_RETURN_IF_ERROR(make_directories(filesystem_, ca_folder, 0755));
  MAIL_RETURN_IF_ERROR(
      write_file_atomically(filesystem_, cat(ca_folder, "/cacert.pem"), identity.authority, 0644));
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem_, key_path_, identity.key, 0600));
  return write_file_atomically(filesystem_, certificate_path_, identity.certificate, 0644);
}

Status Certificate::use(Identity identity, TlsLevel level) {
  MAIL_ASSIGN_OR_RETURN(auto context,
                        TlsContext::make(identity.certificate, "the certificate made here",
                                         identity.key, "the key made here", level));
  authority_ = std::move(identity.authority);
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
  return absl::OkStatus();
}

StatusOr<std::string> Certificate::read(const std::string& path) const {
  // Certificates are often symbolic links (live/<domain>/ of letsencrypt), which `open` refuses.
  MAIL_ASSIGN_OR_RETURN(const std::string target, filesystem_.resolve_links(path));
  return read_file(filesystem_, target, kMaxPemOctets);
}

StatusOr<bool> Certificate::reload() {
  if (certificate_path_.empty()) return false;
  MAIL_ASSIGN_OR_RETURN(std::string certificate, read(certificate_path_));
  {
    const std::lock_guard lock(mutex_);
    // The key alone never changes: each certificate is for one key. So a server that may no longer
    // read keys reloads in peace as long as nothing was renewed.
    if (context_ != nullptr && certificate == certificate_) return false;
  }
  MAIL_ASSIGN_OR_RETURN(const std::string key, read(key_path_));
  MAIL_ASSIGN_OR_RETURN(auto context,
                        TlsContext::make(certificate, certificate_path_, key, key_path_, level_));
  const std::lock_guard lock(mutex_);
  certificate_ = std::move(certificate);
  context_ = std::move(context);
  return true;
}

std::shared_ptr<const TlsContext> Certificate::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

}  // namespace mail::net
