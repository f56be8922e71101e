// TLS by BoringSSL, driven on a non-blocking socket.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "mail/base/ports.h"
#include "mail/base/status.h"

namespace mail::net {

/// TLS_LEVEL (docs/net.md lists what each means here).
enum class TlsLevel { kModern, kIntermediate };

/// Certificate, key and what is spoken. Immutable: safe from any thread, shared by all connections
/// that began while it was in force.
class TlsContext {
 public:
  /// Two PEM texts; the certificate's chain may follow it. `certificate_name` and `key_name` are
  /// the files they came from, for messages. Fails: InvalidArgument, naming the file at fault.
  static StatusOr<std::shared_ptr<const TlsContext>> make(std::string_view certificate,
                                                          std::string_view certificate_name,
                                                          std::string_view key,
                                                          std::string_view key_name,
                                                          TlsLevel level);
  SSL_CTX* get() const { return context_.get(); }
  const BIO_METHOD* socket_method() const { return socket_method_.get(); }

 private:
  TlsContext() = default;

  struct FreeMethod {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  std::unique_ptr<BIO_METHOD, FreeMethod> socket_method_;
  bssl::UniquePtr<SSL_CTX> context_;
};

/// The server's end of one TLS connection. Belongs to its transport.
class TlsStream {
 public:
  enum class Step { kDone, kWantRead, kWantWrite, kFailed };

  /// Fails: ResourceExhausted.
  static StatusOr<std::unique_ptr<TlsStream>> accept(std::shared_ptr<const TlsContext> context,
                                                     int socket);

  /// Goes on with the handshake as far as the socket allows.
  Step handshake();
  /// Why the handshake failed, in words.
  std::string fault() const { return fault_; }
  TlsInfo info() const;

  Transport::Moved read(std::span<char> to);
  Transport::Moved write(std::string_view bytes);
  /// Decrypted octets that `read` gives without the socket becoming readable.
  bool has_decrypted() const;
  /// A read that cannot go on before something was written (a KeyUpdate being answered).
  bool read_wants_write() const { return read_wants_write_; }
  /// RFC 8446 §6.1: so that the peer can tell an end from a cut. Waits for nothing.
  void close_notify();

 private:
  explicit TlsStream(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}

  std::shared_ptr<const TlsContext> context_;
  bssl::UniquePtr<SSL> ssl_;
  std::string fault_;
  bool read_wants_write_ = false;
  bool read_ended_ = false;
  bool broken_ = false;  // after a fatal error nothing more may be asked of `ssl_`
};

}  // namespace mail::net
