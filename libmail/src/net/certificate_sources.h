// Where certificates come from: SSL_TYPE and its companions turned into pairs of PEM texts.
#pragma once

#include <string>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/directory/settings.h"
#include "net/tls.h"

namespace mail::net {

/// What SSL_* say. A value.
struct CertificatePlan {
  enum class Type { kNone, kManual, kSelfSigned, kCustom, kLetsEncrypt };
  Type type = Type::kNone;
  std::string certificate_path, key_path;          // all but kNone and kLetsEncrypt
  std::string alt_certificate_path, alt_key_path;  // kManual: the other kind of key
  std::string authority_path;                      // kSelfSigned
  std::string ssl_domain, hostname;                // kLetsEncrypt, as the next
  std::string folder;                              // with live/ and acme.json
  TlsLevel level = TlsLevel::kModern;

  bool operator==(const CertificatePlan&) const = default;
};

/// Fails: InvalidArgument and FailedPrecondition, naming the setting.
StatusOr<CertificatePlan> plan_certificates(const directory::Settings& settings,
                                            const std::string& config, const std::string& hostname);

/// What is to be had now. A value.
struct CertificateSources {
  std::vector<TlsPair> pairs;           // the first is the default
  std::vector<std::string> complaints;  // what is wrong beside it
};
/// Fails: naming the file or the places that were looked at, and what to do.
StatusOr<CertificateSources> find_certificates(Filesystem& filesystem, const CertificatePlan& plan);

/// Files, and folders (with a slash behind them) whose entries matter: what to watch.
std::vector<std::string> watched_paths(Filesystem& filesystem, const CertificatePlan& plan);
/// Files and folders that a privileged helper may open for us.
std::vector<std::string> secret_paths(const CertificatePlan& plan);

/// "mail.example.com" → "example.com", "example.com" → "example.com" (docker-mailserver's
/// DOMAINNAME).
std::string domain_name(const std::string& hostname);

}  // namespace mail::net
