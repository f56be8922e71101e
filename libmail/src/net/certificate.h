#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"
#include "mail/directory/settings.h"
#include "mail/net/identity.h"
#include "net/tls.h"

namespace mail::net {

/// The certificate in force: where its files are, and the TLS context made of them, which new
/// connections take. Safe from any thread.
class Certificate {
 public:
  explicit Certificate(Filesystem& filesystem) : filesystem_(filesystem) {}

  /// As SSL_TYPE says: nothing when it is empty; SSL_CERT_PATH and SSL_KEY_PATH; or
  /// <config>/ssl/<hostname>-cert.pem and -key.pem, which are made when both are missing. Fails:
  /// naming the file at fault and what to do.
  Status load(const directory::Settings& settings, const std::string& config,
              const std::string& hostname, WallTime now);
  /// One made here, without files.
  Status use(Identity identity, TlsLevel level);

  /// Reads the files again when the certificate changed. What cannot be used leaves the last good
  /// one in force. True: another certificate is in force now.
  StatusOr<bool> reload();

  /// Null without TLS.
  std::shared_ptr<const TlsContext> context() const;
  /// Empty without files.
  const std::string& certificate_path() const { return certificate_path_; }
  const std::string& key_path() const { return key_path_; }
  const std::string& authority() const { return authority_; }

 private:
  Status load_self_signed(const std::string& config, const std::string& hostname, WallTime now);
  Status make_files(const std::string& folder, const std::string& hostname, WallTime now);
  StatusOr<std::string> read(const std::string& path) const;

  Filesystem& filesystem_;
  std::string certificate_path_;
  std::string key_path_;
  std::string authority_;
  TlsLevel level_ = TlsLevel::kModern;

  mutable std::mutex mutex_;
  std::string certificate_;  // the text in force
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace mail::net
