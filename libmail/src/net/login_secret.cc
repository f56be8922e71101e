// Tested by tests/unit/net/login_secret_test.cc.
#include "net/login_secret.h"

#include "mail/crypto/random.h"

namespace mail::net {
namespace {

constexpr std::size_t kOctets = 32;

StatusOr<std::string> make_secret(Filesystem& filesystem, const std::string& state,
                                  const std::string& path) {
  MAIL_RETURN_IF_ERROR(make_directories(filesystem, state, 0755));
  std::string secret = crypto::random_bytes(kOctets);
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem, path, secret, 0600));
  return secret;
}

}  // namespace

std::string login_secret(Filesystem& filesystem, const std::string& state, Logger& logger) {
  const std::string path = cat(state, "/login-secret");
  auto secret = read_file(filesystem, path, kOctets);
  if (secret.ok() && secret->size() == kOctets) return std::move(*secret);
  // One of another size was cut off, or is not ours: a new one does no harm.
  secret = make_secret(filesystem, state, path);
  if (secret.ok()) return std::move(*secret);
  logger.warning("the secret of the logins cannot be kept; a restart may tell who has no account",
                 {{"file", path}, {"error", std::string(message_of(secret.status()))}});
  return {};
}

}  // namespace mail::net
