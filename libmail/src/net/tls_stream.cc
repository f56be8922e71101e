// One TLS connection by readiness: every call moves what the socket allows and says what to wait
// for. BoringSSL frees its record buffers by itself when they are empty, so an idle connection
// holds none. Tested by tests/unit/net/tls_test.cc.
#include <algorithm>
#include <climits>

#include <openssl/err.h>

#include "net/channel_binding.h"
#include "net/tls.h"

namespace mail::net {
namespace {

std::string reason_of_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "the peer closed the connection";
}

int octets(std::size_t n) { return static_cast<int>(std::min<std::size_t>(n, INT_MAX)); }

}  // namespace

TlsStream::Step TlsStream::handshake() {
  if (broken_) return Step::kFailed;
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return Step::kDone;
  switch (SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_WANT_READ: return Step::kWantRead;
    case SSL_ERROR_WANT_WRITE: return Step::kWantWrite;
    default: break;
  }
  broken_ = true;
  fault_ = reason_of_error();
  ERR_clear_error();
  return Step::kFailed;
}

TlsInfo TlsStream::info() const {
  TlsInfo info;
  info.version = SSL_get_version(ssl_.get());
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get()); cipher != nullptr) {
    info.cipher = SSL_CIPHER_standard_name(cipher);
  }
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) info.server_name = name;
  info.bindings = channel_bindings(ssl_.get());
  return info;
}

Transport::Moved TlsStream::read(std::span<char> to) {
  if (broken_ || read_ended_) return {.octets = 0, .open = false};
  if (to.empty()) return {};
  ERR_clear_error();
  read_wants_write_ = false;
  const int n = SSL_read(ssl_.get(), to.data(), octets(to.size()));
  if (n > 0) return {.octets = static_cast<std::size_t>(n), .open = true};
  switch (SSL_get_error(ssl_.get(), n)) {
    case SSL_ERROR_WANT_WRITE: read_wants_write_ = true; return {};
    case SSL_ERROR_WANT_READ: return {};
    // The peer's direction ended, in order or not; ours is still open (RFC 8446 §6.1).
    case SSL_ERROR_ZERO_RETURN:
    case SSL_ERROR_SYSCALL: break;
    default: broken_ = true; break;
  }
  read_ended_ = true;
  ERR_clear_error();
  return {.octets = 0, .open = false};
}

Transport::Moved TlsStream::write(std::string_view bytes) {
  if (broken_) return {.octets = 0, .open = false};
  std::size_t written = 0;
  while (written < bytes.size()) {
    ERR_clear_error();
    const int n = SSL_write(ssl_.get(), bytes.data() + written, octets(bytes.size() - written));
    if (n > 0) {
      written += static_cast<std::size_t>(n);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), n);
    if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) break;
    broken_ = true;
    ERR_clear_error();
    return {.octets = written, .open = false};
  }
  return {.octets = written, .open = true};
}

bool TlsStream::has_decrypted() const { return !broken_ && SSL_pending(ssl_.get()) > 0; }

void TlsStream::close_notify() {
  if (broken_ || SSL_in_init(ssl_.get())) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  broken_ = true;
}

}  // namespace mail::net
