#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"

namespace mail::net {

/// One certificate of Traefik's acme.json. A value.
struct AcmeCertificate {
  std::string main;               // as it was ordered: perhaps "*.example.com"
  std::vector<std::string> sans;  // likewise
  std::string certificate;        // PEM, with its chain
  std::string key;                // PEM

  bool is_for(std::string_view name) const;
};

/// All of the file that are whole, whatever the resolver's name and Traefik's version (1 writes
/// `Certificates` at the top and names in capitals). Fails: InvalidArgument when it is no JSON.
StatusOr<std::vector<AcmeCertificate>> parse_acme(std::string_view text);

}  // namespace mail::net
