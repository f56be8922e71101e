// Certificates as clients will see them: the pairs that the server would load, and when they end.
//
// Tested by tests/unit/net/checkup_test.cc.
#include <algorithm>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/certificate_sources.h"
#include "net/checkup_parts.h"
#include "net/tls.h"

namespace mail::net {
namespace {

bssl::UniquePtr<BIO> memory(std::string_view text) {
  return bssl::UniquePtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// From `now` on; negative: it is over.
seconds until(const ASN1_TIME* time, WallTime now) {
  const auto since_epoch = std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
  const bssl::UniquePtr<ASN1_TIME> present(ASN1_TIME_set(nullptr, since_epoch));
  int days = 0;
  int rest = 0;
  if (!present || ASN1_TIME_diff(&days, &rest, present.get(), time) != 1) return seconds(0);
  return std::chrono::days(days) + seconds(rest);
}

std::string in_days(seconds span) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(span).count();
  return days == 1 ? "1 day" : cat(days, " days");
}

constexpr std::string_view kRenew = "renew it; a new one is in force as soon as it is there";

/// True when it is in force and will be.
bool examine_dates(Checkup& checkup, const TlsPair& pair, const X509* certificate) {
  const seconds begins = until(X509_get0_notBefore(certificate), checkup.options.now);
  const seconds ends = until(X509_get0_notAfter(certificate), checkup.options.now);
  // Clients that ask for the name of another certificate are fewer than all.
  const auto severity = pair.is_default ? Finding::Severity::kError : Finding::Severity::kWarning;
  const auto add = [&](Finding::Severity how, std::string text, std::string_view fix) {
    checkup.findings.push_back({how, "certificates", std::move(text), std::string(fix)});
  };
  if (ends < seconds(0)) {
    add(severity, cat(pair.certificate_name, " expired ", in_days(-ends), " ago"), kRenew);
  } else if (begins > seconds(0)) {
    add(severity, cat(pair.certificate_name, " is not valid before ", in_days(begins), " from now"),
        "wait, or set the clock of this machine");
  } else if (ends < kSoonExpired) {
    add(Finding::Severity::kWarning, cat(pair.certificate_name, " expires in ", in_days(ends)),
        kRenew);
  } else {
    return true;
  }
  return false;
}

/// Without what stands between it and a root that clients know, some of them cannot check it.
bool lacks_chain(const TlsPair& pair, X509* certificate) {
  const bool signs_itself =
      X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
  const auto bio = memory(pair.certificate);
  std::size_t count = 0;
  while (bssl::UniquePtr<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))) ++count;
  ERR_clear_error();
  return count == 1 && !signs_itself;
}

void examine_pair(Checkup& checkup, const CertificatePlan& plan, const TlsPair& pair) {
  const auto bio = memory(pair.certificate);
  const bssl::UniquePtr<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return;  // it was said where the pair was loaded
  const bool lasts = examine_dates(checkup, pair, certificate.get());
  const std::string& name = checkup.hostname;
  if (pair.is_default &&
      X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) != 1) {
    checkup.warning("certificates",
                    cat(pair.certificate_name, " is not for the host name '", name, "'"),
                    "issue one for that name, or set OVERRIDE_HOSTNAME or SSL_DOMAIN");
  }
  if (plan.type == CertificatePlan::Type::kSelfSigned) {
    checkup.note("certificates",
                 cat(pair.certificate_name, " is signed by nobody that clients know"),
                 cat("give your clients ", plan.authority_path, ", or set SSL_TYPE=letsencrypt"));
  } else if (lasts && lacks_chain(pair, certificate.get())) {
    checkup.warning("certificates",
                    cat(pair.certificate_name, " has no chain behind the certificate"),
                    "name the full chain (fullchain.pem): some clients cannot check it so");
  }
}

/// SSL_TYPE=self-signed makes both files at the start when both are missing.
bool will_be_made(Filesystem& files, const CertificatePlan& plan) {
  return plan.type == CertificatePlan::Type::kSelfSigned &&
         absl::IsNotFound(files.info(plan.certificate_path).status()) &&
         absl::IsNotFound(files.info(plan.key_path).status());
}

}  // namespace

void examine_certificates(Checkup& checkup) {
  const auto plan = plan_certificates(checkup.settings, checkup.options.config, checkup.hostname);
  if (!plan.ok()) {
    checkup.error("certificates", std::string(message_of(plan.status())),
                  "correct the SSL_ settings: the server does not start so");
    return;
  }
  if (plan->type == CertificatePlan::Type::kNone) {
    checkup.warning("certificates", "TLS is off, passwords cross the network in the clear",
                    "set SSL_TYPE=letsencrypt, manual, custom or self-signed");
    return;
  }
  if (will_be_made(checkup.files, *plan)) {
    checkup.note("certificates", cat(plan->certificate_path, " is made at the next start"));
    return;
  }
  const auto found = find_certificates(checkup.files, *plan);
  if (!found.ok()) {
    checkup.error("certificates", std::string(message_of(found.status())),
                  "until then the server does not start, or keeps the last good one");
    return;
  }
  std::vector<std::string> complaints = found->complaints;
  const auto usable = TlsContext::make(found->pairs, plan->level, complaints);
  if (!usable.ok()) {
    checkup.error("certificates", std::string(message_of(usable.status())),
                  "until then the server does not start, or keeps the last good one");
  }
  for (const std::string& complaint : complaints) {
    checkup.warning("certificates", complaint, "correct it, or take it away: it is left out");
  }
  for (const TlsPair& pair : found->pairs) examine_pair(checkup, *plan, pair);
}

}  // namespace mail::net
