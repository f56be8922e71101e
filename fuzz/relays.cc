// postfix-relaymap.cf and postfix-sasl-password.cf (cut at FF): routes are found by their keys, a
// relay's own text means the same relay, and no password stands in a diagnostic.
#include "fuzz.h"
#include "mail/base/absl.h"
#include "mail/directory/snapshot.h"

using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mail::fuzz::Parts parts(text_of(data, size));
  Snapshot::Texts texts;
  texts.relay_map = parts.next();
  constexpr std::string_view kSecret = "S3CR3T-S3CR3T";
  if (text_of(data, size).find(kSecret) != std::string_view::npos) return 0;
  texts.relay_credentials =
      mail::cat(parts.next(), "\n@secret.example user:", kSecret, "\nx ", kSecret, "\n");
  const auto snapshot = Snapshot::from_texts(texts, Options{});
  for (const RelayRoute& route : snapshot->relay_routes()) {
    if (!route.key.starts_with('@')) require(snapshot->relay_route(route.key) != nullptr);
    if (route.opts_out) continue;
    const auto again = parse_relay_host(route.host.text);
    require(again.ok() && *again == route.host && route.host.port != 0);
    snapshot->relay_credentials(route.key, route.host.text);
  }
  for (const RelayCredentials& credentials : snapshot->relay_credentials()) {
    require(!credentials.user.empty());
  }
  for (const Diagnostic& diagnostic : snapshot->diagnostics()) {
    require(diagnostic.text.find(kSecret) == std::string::npos);
  }
  snapshot->relay_route(text_of(data, size));
  return 0;
}
