// Traefik keeps its certificates in one file:
//
//     {"resolver": {"Certificates": [{"domain": {"main": "mail.example.com", "sans": ["…"]},
//                                     "certificate": "<base64 of PEM>", "key": "<base64 of
//                                     PEM>"}]}}
//
// Tested by tests/unit/net/certificate_test.cc.
#include "net/acme.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <openssl/base64.h>

#include "mail/base/ascii.h"

namespace mail::net {
namespace {

using Json = nlohmann::json;

/// The member of that name in any capitals; null when there is none.
const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (const auto& [key, value] : object.items()) {
    if (ascii::equal_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

std::string text_member(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string decoded(const std::string& base64) {
  std::size_t size = 0;
  const auto* from = reinterpret_cast<const std::uint8_t*>(base64.data());
  std::string text(base64.size(), '\0');
  const int done = EVP_DecodeBase64(reinterpret_cast<std::uint8_t*>(text.data()), &size,
                                    text.size(), from, base64.size());
  text.resize(done == 1 ? size : 0);
  return text;
}

void collect(const Json& holder, std::vector<AcmeCertificate>& to) {
  const Json* list = member(holder, "certificates");
  if (list == nullptr || !list->is_array()) return;
  for (const Json& entry : *list) {
    const Json* domain = member(entry, "domain");
    if (domain == nullptr) continue;
    AcmeCertificate found;
    found.main = text_member(*domain, "main");
    const Json* sans = member(*domain, "sans");
    for (const Json& name : sans != nullptr && sans->is_array() ? *sans : Json::array()) {
      if (name.is_string()) found.sans.push_back(name.get<std::string>());
    }
    found.certificate = decoded(text_member(entry, "certificate"));
    found.key = decoded(text_member(entry, "key"));
    if (!found.certificate.empty() && !found.key.empty()) to.push_back(std::move(found));
  }
}

}  // namespace

bool AcmeCertificate::is_for(std::string_view name) const {
  const auto is_name = [name](const std::string& own) {
    return ascii::equal_ignoring_case(own, name);
  };
  return is_name(main) || std::any_of(sans.begin(), sans.end(), is_name);
}

StatusOr<std::vector<AcmeCertificate>> parse_acme(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return invalid("not the JSON of an acme.json");
  std::vector<AcmeCertificate> found;
  collect(json, found);
  for (const auto& [resolver, holder] : json.items()) collect(holder, found);
  return found;
}

}  // namespace mail::net
