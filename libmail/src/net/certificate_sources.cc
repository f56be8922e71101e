// docker-mailserver copies certificates to one place and shows them to its daemons; here they are
// read where they are. Of letsencrypt's folder and of acme.json not only the server's own
// certificate is taken but all, so that a client which asks for another name by SNI gets that one.
//
// Tested by tests/unit/net/certificate_test.cc.
#include "net/certificate_sources.h"

#include <algorithm>
#include <array>

#include "net/acme.h"

namespace mail::net {
namespace {

constexpr std::uint64_t kMaxPemOctets = 1024 * 1024;
constexpr std::uint64_t kMaxAcmeOctets = 16 * 1024 * 1024;
constexpr std::size_t kMaxLiveFolders = 1000;

constexpr char kSnakeoilCertificate[] = "/etc/ssl/certs/ssl-cert-snakeoil.pem";
constexpr char kSnakeoilKey[] = "/etc/ssl/private/ssl-cert-snakeoil.key";

StatusOr<std::string> read(Filesystem& filesystem, const std::string& path,
                           std::uint64_t limit = kMaxPemOctets) {
  // Certificates are often symbolic links (live/<domain>/ of letsencrypt), which `open` refuses.
  const auto target = filesystem.resolve_links(path);
  if (!target.ok()) {
    if (!absl::IsNotFound(target.status())) return target.status();
    return not_found("there is no file ", path,
                     ", which SSL_TYPE needs: put it there, or correct "
                     "the SSL_ settings");
  }
  return read_file(filesystem, *target, limit);
}

StatusOr<TlsPair> read_pair(Filesystem& filesystem, const std::string& certificate,
                            const std::string& key) {
  TlsPair pair;
  pair.certificate_name = certificate;
  pair.key_name = key;
  MAIL_ASSIGN_OR_RETURN(pair.certificate, read(filesystem, certificate));
  MAIL_ASSIGN_OR_RETURN(pair.key, read(filesystem, key));
  return pair;
}

bool exists(Filesystem& filesystem, const std::string& path) {
  return filesystem.info(path).status().code() != absl::StatusCode::kNotFound;
}

std::string acme_path(const CertificatePlan& plan) { return cat(plan.folder, "/acme.json"); }
std::string live_path(const CertificatePlan& plan) { return cat(plan.folder, "/live"); }

/// SSL_DOMAIN, HOSTNAME, DOMAINNAME: whose certificate is the server's.
std::vector<std::string> own_names(const CertificatePlan& plan) {
  std::vector<std::string> names;
  if (!plan.ssl_domain.empty()) {
    names.push_back(plan.ssl_domain.starts_with("*.") ? plan.ssl_domain.substr(2)
                                                      : plan.ssl_domain);
  }
  for (const std::string& name : {plan.hostname, domain_name(plan.hostname)}) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void add_acme(Filesystem& filesystem, const CertificatePlan& plan, CertificateSources& found) {
  const std::string path = acme_path(plan);
  if (!exists(filesystem, path)) return;
  const auto text = read(filesystem, path, kMaxAcmeOctets);
  const auto all = text.ok()
                       ? parse_acme(*text)
                       : StatusOr<std::vector<AcmeCertificate>>(std::vector<AcmeCertificate>());
  if (!text.ok() || !all.ok()) {
    found.complaints.push_back(
        cat(path, " cannot be used: ", message_of(text.ok() ? all.status() : text.status())));
    return;
  }
  std::vector<std::string> names = own_names(plan);
  if (!plan.ssl_domain.empty()) names.insert(names.begin(), plan.ssl_domain);
  const AcmeCertificate* own = nullptr;
  for (const std::string& name : names) {
    const auto match = std::find_if(all->begin(), all->end(),
                                    [&](const auto& candidate) { return candidate.is_for(name); });
    if (own == nullptr && match != all->end()) own = &*match;
  }
  if (own == nullptr) {
    found.complaints.push_back(
        cat("no key and certificate for '", names.front(), "' in '", path, "'"));
  }
  const auto add = [&](const AcmeCertificate& from) {
    TlsPair pair;
    pair.certificate = from.certificate;
    pair.key = from.key;
    pair.certificate_name = pair.key_name = cat(path, " (", from.main, ")");
    pair.is_default = &from == own;
    found.pairs.push_back(std::move(pair));
  };
  if (own != nullptr) add(*own);
  for (const AcmeCertificate& other : *all) {
    if (&other != own) add(other);
  }
}

/// Empty: no pair in that folder.
std::string key_in(Filesystem& filesystem, const std::string& folder) {
  if (!exists(filesystem, cat(folder, "/fullchain.pem"))) return {};
  for (const std::string_view name : {"/privkey.pem", "/key.pem"}) {
    if (exists(filesystem, cat(folder, name))) return cat(folder, name);
  }
  return {};
}

Status add_live(Filesystem& filesystem, const CertificatePlan& plan, CertificateSources& found) {
  const std::string live = live_path(plan);
  std::string own;
  for (const std::string& name : own_names(plan)) {
    const std::string folder = cat(live, "/", name);
    const std::string key = key_in(filesystem, folder);
    if (key.empty() || !own.empty()) continue;
    own = name;
    MAIL_ASSIGN_OR_RETURN(TlsPair pair, read_pair(filesystem, cat(folder, "/fullchain.pem"), key));
    pair.is_default = found.pairs.empty() || !found.pairs.front().is_default;
    found.pairs.insert(pair.is_default ? found.pairs.begin() : found.pairs.end(), std::move(pair));
  }
  const auto resolved = filesystem.resolve_links(live);
  auto entries = filesystem.list(resolved.ok() ? *resolved : live);
  if (!entries.ok()) return absl::OkStatus();
  std::sort(entries->begin(), entries->end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < std::min(entries->size(), kMaxLiveFolders); ++i) {
    const std::string folder = cat(live, "/", (*entries)[i].name);
    if ((*entries)[i].name == own) continue;
    const std::string key = key_in(filesystem, folder);
    if (key.empty()) continue;
    auto pair = read_pair(filesystem, cat(folder, "/fullchain.pem"), key);
    if (!pair.ok()) {
      found.complaints.emplace_back(message_of(pair.status()));
      continue;
    }
    pair->is_default = false;
    found.pairs.push_back(std::move(pair).value());
  }
  return absl::OkStatus();
}

StatusOr<CertificateSources> find_letsencrypt(Filesystem& filesystem, const CertificatePlan& plan) {
  CertificateSources found;
  add_acme(filesystem, plan, found);
  MAIL_RETURN_IF_ERROR(add_live(filesystem, plan, found));
  if (!found.pairs.empty() && found.pairs.front().is_default) return found;
  std::string tried;
  for (const std::string& name : own_names(plan)) {
    append(tried, tried.empty() ? "" : ", ", live_path(plan), "/", name);
  }
  for (const std::string& complaint : found.complaints) append(tried, "; ", complaint);
  return not_found(
      "SSL_TYPE=letsencrypt finds no fullchain.pem with privkey.pem or key.pem: "
      "looked at ",
      tried, ". Set SSL_DOMAIN to the name that the certificate was issued for");
}

}  // namespace

std::string domain_name(const std::string& hostname) {
  const std::size_t dot = hostname.find('.');
  if (dot == std::string::npos || hostname.find('.', dot + 1) == std::string::npos) return hostname;
  return hostname.substr(dot + 1);
}

StatusOr<CertificatePlan> plan_certificates(const directory::Settings& settings,
                                            const std::string& config,
                                            const std::string& hostname) {
  using Type = CertificatePlan::Type;
  CertificatePlan plan;
  plan.level =
      settings.text("TLS_LEVEL") == "intermediate" ? TlsLevel::kIntermediate : TlsLevel::kModern;
  const std::string_view type = settings.text("SSL_TYPE");
  const std::string ssl = cat(config, "/ssl/", hostname);
  if (type.empty()) return plan;
  if (type == "manual") {
    plan.type = Type::kManual;
    plan.certificate_path = settings.text("SSL_CERT_PATH");
    plan.key_path = settings.text("SSL_KEY_PATH");
    plan.alt_certificate_path = settings.text("SSL_ALT_CERT_PATH");
    plan.alt_key_path = settings.text("SSL_ALT_KEY_PATH");
    if (plan.certificate_path.empty() || plan.key_path.empty()) {
      return failed_precondition("SSL_TYPE=manual needs both SSL_CERT_PATH and SSL_KEY_PATH");
    }
    if (plan.alt_certificate_path.empty() != plan.alt_key_path.empty()) {
      return failed_precondition(
          "a second certificate needs both SSL_ALT_CERT_PATH and SSL_ALT_KEY_PATH");
    }
  } else if (type == "self-signed") {
    plan.type = Type::kSelfSigned;
    plan.certificate_path = cat(ssl, "-cert.pem");
    plan.key_path = cat(ssl, "-key.pem");
    plan.authority_path = cat(config, "/ssl/demoCA/cacert.pem");
  } else if (type == "custom") {
    plan.type = Type::kCustom;
    plan.certificate_path = plan.key_path = cat(ssl, "-full.pem");
  } else if (type == "snakeoil") {
    plan.type = Type::kManual;
    plan.certificate_path = kSnakeoilCertificate;
    plan.key_path = kSnakeoilKey;
  } else if (type == "letsencrypt") {
    plan.type = Type::kLetsEncrypt;
    plan.ssl_domain = settings.text("SSL_DOMAIN");
    plan.hostname = hostname;
    plan.folder = settings.text("LETSENCRYPT_FOLDER");
  } else {
    return invalid("SSL_TYPE='", type,
                   "' is not possible: write letsencrypt, manual, custom or self-signed, or leave "
                   "it empty for a server without TLS");
  }
  return plan;
}

StatusOr<CertificateSources> find_certificates(Filesystem& filesystem,
                                               const CertificatePlan& plan) {
  if (plan.type == CertificatePlan::Type::kLetsEncrypt) return find_letsencrypt(filesystem, plan);
  CertificateSources found;
  if (plan.type == CertificatePlan::Type::kNone) return found;
  MAIL_ASSIGN_OR_RETURN(TlsPair pair, read_pair(filesystem, plan.certificate_path, plan.key_path));
  found.pairs.push_back(std::move(pair));
  if (!plan.alt_certificate_path.empty()) {
    MAIL_ASSIGN_OR_RETURN(TlsPair other,
                          read_pair(filesystem, plan.alt_certificate_path, plan.alt_key_path));
    found.pairs.push_back(std::move(other));
  }
  return found;
}

std::vector<std::string> watched_paths(Filesystem& filesystem, const CertificatePlan& plan) {
  std::vector<std::string> paths;
  for (const std::string& path :
       {plan.certificate_path, plan.key_path, plan.alt_certificate_path, plan.alt_key_path}) {
    if (!path.empty()) paths.push_back(path);
  }
  if (plan.type != CertificatePlan::Type::kLetsEncrypt) return paths;
  paths.push_back(acme_path(plan));
  const std::string live = live_path(plan);
  paths.push_back(cat(live, "/"));
  const auto resolved = filesystem.resolve_links(live);
  const auto entries = filesystem.list(resolved.ok() ? *resolved : live);
  for (std::size_t i = 0; entries.ok() && i < std::min(entries->size(), kMaxLiveFolders); ++i) {
    if ((*entries)[i].type == FileType::kRegular) continue;
    for (const std::string_view name : {"fullchain.pem", "privkey.pem", "key.pem"}) {
      paths.push_back(cat(live, "/", (*entries)[i].name, "/", name));
    }
  }
  return paths;
}

std::vector<std::string> secret_paths(const CertificatePlan& plan) {
  std::vector<std::string> paths;
  for (const std::string& path : {plan.certificate_path, plan.key_path, plan.alt_certificate_path,
                                  plan.alt_key_path, plan.folder}) {
    if (!path.empty()) paths.push_back(path);
  }
  return paths;
}

}  // namespace mail::net
