#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"
#include "mail/net/identity.h"
#include "net/certificate_sources.h"
#include "net/tls.h"

namespace mail::net {

/// The certificates in force: where their files are, and the TLS context made of them, which new
/// connections take. Safe from any thread, but `load` and `use`, which belong to the start or to
/// one reload at a time.
class Certificate {
 public:
  explicit Certificate(Filesystem& filesystem) : filesystem_(filesystem) {}

  /// Follows `plan` from now on. A self-signed pair is made when both its files are missing. Fails:
  /// naming the file at fault and what to do; then what was in force before stays, and so does its
  /// plan.
  Status load(const CertificatePlan& plan, const std::string& hostname, WallTime now);
  /// One made here, without files.
  Status use(Identity identity, TlsLevel level);

  /// Reads the files again. What cannot be used leaves the last good one in force. True: other
  /// certificates are in force now.
  StatusOr<bool> reload();

  /// Null without TLS.
  std::shared_ptr<const TlsContext> context() const;
  /// What is wrong with certificates beside the default one, since the last that changed something.
  std::vector<std::string> complaints() const;
  const CertificatePlan& plan() const { return plan_; }
  std::string authority() const;

 private:
  StatusOr<bool> follow(const CertificatePlan& plan);
  Status make_files(const CertificatePlan& plan, const std::string& hostname, WallTime now);

  Filesystem& filesystem_;
  CertificatePlan plan_;

  mutable std::mutex mutex_;
  std::string authority_;
  std::string fingerprint_;  // of the pairs in force
  std::vector<std::string> complaints_;
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace mail::net
