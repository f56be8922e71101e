// What is spoken: TLS 1.2 and 1.3, the server's order of suites, nothing that DMS's two levels
// leave out. BoringSSL has no finite-field DHE and no CBC suites with SHA-2, so of both levels the
// six ECDHE AEAD suites remain, in each level's order. The order of TLS 1.3 suites is BoringSSL's
// own (AES first where the processor has it).
//
// Memory is what the rest is about: an idle connection should cost a few kilobytes. So no session
// cache (tickets live at the client), no read-ahead, and each SSL sheds its handshake
// configuration once connected. Tested by tests/unit/net/tls_test.cc.
#include <cerrno>

#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/tls.h"

namespace mail::net {
namespace {

constexpr char kModernSuites[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kIntermediateSuites[] =
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

// BoringSSL's own socket BIO writes without MSG_NOSIGNAL: a peer that left would end the process.
// The socket's number is kept where the pointer would be.
int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int socket_read(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = recv(socket_of(bio), to, static_cast<std::size_t>(size), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

int socket_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = send(socket_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long socket_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

bssl::UniquePtr<BIO> memory(std::string_view text) {
  return bssl::UniquePtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// The server's certificate and what follows it.
Status load_certificates(SSL_CTX* context, std::string_view text, std::string_view name) {
  const auto bio = memory(text);
  bssl::UniquePtr<X509> first(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!first || SSL_CTX_use_certificate(context, first.get()) != 1) {
    return invalid(name,
                   ": no usable certificate in PEM form. Expected -----BEGIN CERTIFICATE-----");
  }
  while (true) {
    bssl::UniquePtr<X509> next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
      return invalid(name, ": the chain behind the certificate is not usable");
    }
  }
  const auto error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return invalid(name, ": the chain behind the certificate is damaged");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::shared_ptr<const TlsContext>> TlsContext::make(std::string_view certificate,
                                                             std::string_view certificate_name,
                                                             std::string_view key,
                                                             std::string_view key_name,
                                                             TlsLevel level) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext());
  made->socket_method_.reset(BIO_meth_new(BIO_TYPE_SOCKET, "mail socket"));
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  BIO_METHOD* method = made->socket_method_.get();
  SSL_CTX* context = made->context_.get();
  if (method == nullptr || context == nullptr) return exhausted("no memory for TLS");
  BIO_meth_set_read(method, socket_read);
  BIO_meth_set_write(method, socket_write);
  BIO_meth_set_ctrl(method, socket_control);

  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  const char* suites = level == TlsLevel::kModern ? kModernSuites : kIntermediateSuites;
  if (SSL_CTX_set_strict_cipher_list(context, suites) != 1) {
    return internal_error("BoringSSL does not know the cipher suites ", suites);
  }
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

  if (Status loaded = load_certificates(context, certificate, certificate_name); !loaded.ok()) {
    ERR_clear_error();
    return loaded;
  }
  const auto key_bio = memory(key);
  // An empty password instead of the default, which would ask at the terminal.
  bssl::UniquePtr<EVP_PKEY> private_key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, const_cast<char*>("")));
  const bool usable = private_key && SSL_CTX_use_PrivateKey(context, private_key.get()) == 1 &&
                      SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (!private_key) {
    return invalid(key_name, ": no private key in PEM form without a password");
  }
  if (!usable) {
    return invalid(key_name, ": this key does not belong to the certificate in ", certificate_name);
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

StatusOr<std::unique_ptr<TlsStream>> TlsStream::accept(std::shared_ptr<const TlsContext> context,
                                                       int socket) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(context)));
  stream->ssl_.reset(SSL_new(stream->context_->get()));
  bssl::UniquePtr<BIO> bio(BIO_new(stream->context_->socket_method()));
  if (!stream->ssl_ || !bio) return exhausted("no memory for a TLS connection");
  BIO_set_data(bio.get(), reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio.get(), 1);
  SSL* ssl = stream->ssl_.get();
  SSL_set_bio(ssl, bio.get(), bio.get());  // takes one reference when both are the same
  bio.release();
  SSL_set_accept_state(ssl);
  SSL_set_shed_handshake_config(ssl, 1);
  return stream;
}

}  // namespace mail::net
