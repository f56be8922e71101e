// TLS by BoringSSL, driven on a non-blocking socket.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "mail/base/absl.h"
#include "mail/base/ports.h"
#include "mail/base/status.h"

namespace mail::net {

struct ClientOffer;

/// TLS_LEVEL (docs/net.md lists what each means here).
enum class TlsLevel { kModern, kIntermediate };

/// A certificate, its chain behind it, and its key: PEM texts and the files they came from, for
/// messages. A value.
struct TlsPair {
  std::string certificate;
  std::string certificate_name;
  std::string key;
  std::string key_name;
  bool is_default = true;  // also for clients that ask for no name or for an unknown one

  bool operator==(const TlsPair&) const = default;
};

/// Certificates, keys and what is spoken. Immutable: safe from any thread, shared by all
/// connections that began while it was in force.
class TlsContext {
 public:
  /// Which of the pairs a client gets: those whose certificate has the name that it asked for (SNI,
  /// RFC 6066 §3), else the default ones and what has the first one's name; among these the first
  /// that it can check, ECDSA before RSA.
  ///
  /// Fails: InvalidArgument, naming the file at fault, when a default pair cannot be used or there
  /// is none. Another pair that cannot be used is left out, with a sentence in `complaints`.
  static StatusOr<std::shared_ptr<const TlsContext>> make(std::span<const TlsPair> pairs,
                                                          TlsLevel level,
                                                          std::vector<std::string>& complaints);
  SSL_CTX* get() const { return entries_.front().context.get(); }
  const BIO_METHOD* socket_method() const { return socket_method_.get(); }
  /// What a client of that offer gets. Never null.
  SSL_CTX* choose(const ClientOffer& offer) const;

 private:
  struct Entry {
    bssl::UniquePtr<SSL_CTX> context;
    int key_type = 0;                // EVP_PKEY_EC, EVP_PKEY_RSA, …
    std::uint16_t signature = 0;     // the scheme of a P-256, P-384 or P-521 key in TLS 1.3
    std::vector<std::string> names;  // of the certificate, in lower case
    bool is_default = true;
  };
  using Candidates = std::vector<std::size_t>;  // positions in entries_, ECDSA first

  TlsContext() = default;
  static StatusOr<Entry> make_entry(const TlsPair& pair, TlsLevel level);
  void index_names();

  struct FreeMethod {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  std::unique_ptr<BIO_METHOD, FreeMethod> socket_method_;
  std::vector<Entry> entries_;
  StringMap<Candidates> by_name_;
  Candidates defaults_;
};

/// The server's end of one TLS connection. Belongs to its transport.
class TlsStream {
 public:
  enum class Step { kDone, kWantRead, kWantWrite, kFailed };

  /// `protocol`: its name for ALPN (RFC 7301), which outlives the stream; a client that asks for
  /// others only is refused, one that does not ask is served. Empty: any. Fails: ResourceExhausted.
  static StatusOr<std::unique_ptr<TlsStream>> accept(std::shared_ptr<const TlsContext> context,
                                                     int socket, std::string_view protocol = {});

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

  // For BoringSSL's callbacks, which find the stream by the BIO.
  int socket() const { return socket_; }
  std::string_view protocol() const { return protocol_; }

 private:
  TlsStream(std::shared_ptr<const TlsContext> context, int socket, std::string_view protocol)
      : context_(std::move(context)), protocol_(protocol), socket_(socket) {}

  std::shared_ptr<const TlsContext> context_;
  std::string_view protocol_;
  bssl::UniquePtr<SSL> ssl_;
  std::string fault_;
  int socket_;
  bool read_wants_write_ = false;
  bool read_ended_ = false;
  bool broken_ = false;  // after a fatal error nothing more may be asked of `ssl_`
};

}  // namespace mail::net
