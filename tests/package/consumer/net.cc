#include <mail/net/identity.h>

int main() {
  const std::string name = "mx.example.com";
  const auto now = std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
  const auto identity = mail::net::make_identity({&name, 1}, now);
  return identity.ok() && identity->certificate.starts_with("-----BEGIN CERTIFICATE-----") ? 0 : 1;
}
