// What is spoken: TLS 1.2 and 1.3, the server's order of suites, nothing that DMS's two levels
// leave out. BoringSSL has no finite-field DHE and no CBC suites with SHA-2, so of both levels the
// six ECDHE AEAD suites remain, in each level's order. The order of TLS 1.3 suites is BoringSSL's
// own (AES first where the processor has it).
//
// Each pair has an SSL_CTX of its own; a handshake begins with the first and is handed to the right
// one when the ClientHello is there (client_offer.h).
//
// Memory is what the rest is about: an idle connection should cost a few kilobytes. So no session
// cache (tickets live at the client), no read-ahead, and each SSL sheds its handshake
// configuration once connected. Tested by tests/unit/net/tls_test.cc.
#include <algorithm>
#include <cerrno>

#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "mail/base/ascii.h"
#include "net/client_offer.h"
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
const TlsStream& stream_of(BIO* bio) { return *static_cast<const TlsStream*>(BIO_get_data(bio)); }
int socket_of(BIO* bio) { return stream_of(bio).socket(); }

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

/// The first certificate of the text, for its names.
bssl::UniquePtr<X509> first_certificate(std::string_view text) {
  const auto bio = memory(text);
  return bssl::UniquePtr<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::string text_of(const ASN1_STRING* string) {
  return ascii::to_lower(
      std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                       static_cast<std::size_t>(ASN1_STRING_length(string))));
}

/// dNSName entries; the common name counts where there are none (RFC 6125 §6.4.4).
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const bssl::UniquePtr<GENERAL_NAMES> alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (std::size_t i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
  }
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (names.empty() && at >= 0) {
    names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return names;
}

/// The one scheme that a key of this curve signs with in TLS 1.3 (RFC 8446 §4.2.3); 0: no such key.
std::uint16_t signature_of(const EVP_PKEY* key) {
  const EC_KEY* ec = EVP_PKEY_get0_EC_KEY(key);
  if (ec == nullptr) return 0;
  switch (EC_GROUP_get_curve_name(EC_KEY_get0_group(ec))) {
    case NID_X9_62_prime256v1: return SSL_SIGN_ECDSA_SECP256R1_SHA256;
    case NID_secp384r1: return SSL_SIGN_ECDSA_SECP384R1_SHA384;
    case NID_secp521r1: return SSL_SIGN_ECDSA_SECP521R1_SHA512;
    default: return 0;
  }
}

ssl_select_cert_result_t choose_certificate(const SSL_CLIENT_HELLO* hello) {
  const auto* ours =
      static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(hello->ssl)));
  SSL_CTX* chosen = ours->choose(offer_of(*hello));
  if (chosen != SSL_get_SSL_CTX(hello->ssl) && SSL_set_SSL_CTX(hello->ssl, chosen) == nullptr) {
    return ssl_select_cert_error;
  }
  return ssl_select_cert_success;
}

/// RFC 7301 §3.2: a client that asks for other protocols only is at the wrong door; perhaps
/// somebody leads a browser's requests here (ALPACA).
int choose_protocol(SSL* ssl, const std::uint8_t** chosen, std::uint8_t* chosen_size,
                    const std::uint8_t* offered, unsigned offered_size, void*) {
  const std::string_view ours = stream_of(SSL_get_rbio(ssl)).protocol();
  if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
    if (name != ours) continue;
    *chosen = offered + at + 1;
    *chosen_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Status set_up(SSL_CTX* context, TlsLevel level) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  const char* suites = level == TlsLevel::kModern ? kModernSuites : kIntermediateSuites;
  if (SSL_CTX_set_strict_cipher_list(context, suites) != 1) {
    return internal_error("BoringSSL does not know the cipher suites ", suites);
  }
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_select_certificate_cb(context, choose_certificate);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return absl::OkStatus();
}

}  // namespace

StatusOr<TlsContext::Entry> TlsContext::make_entry(const TlsPair& pair, TlsLevel level) {
  Entry entry;
  entry.is_default = pair.is_default;
  entry.context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = entry.context.get();
  if (context == nullptr) return exhausted("no memory for TLS");
  MAIL_RETURN_IF_ERROR(set_up(context, level));
  MAIL_RETURN_IF_ERROR(load_certificates(context, pair.certificate, pair.certificate_name));
  const auto key_bio = memory(pair.key);
  // An empty password instead of the default, which would ask at the terminal.
  const bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, const_cast<char*>("")));
  if (!key) {
    return invalid(pair.key_name,
                   ": no private key in PEM form without a password. Expected -----BEGIN PRIVATE "
                   "KEY-----");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return invalid(pair.key_name, ": this key does not belong to the certificate in ",
                   pair.certificate_name, "; name the two files that were issued together");
  }
  entry.key_type = EVP_PKEY_id(key.get());
  entry.signature = signature_of(key.get());
  entry.names = names_of(first_certificate(pair.certificate).get());
  return entry;
}

StatusOr<std::shared_ptr<const TlsContext>> TlsContext::make(std::span<const TlsPair> pairs,
                                                             TlsLevel level,
                                                             std::vector<std::string>& complaints) {
  std::shared_ptr<TlsContext> made(new TlsContext());
  made->socket_method_.reset(BIO_meth_new(BIO_TYPE_SOCKET, "mail socket"));
  BIO_METHOD* method = made->socket_method_.get();
  if (method == nullptr) return exhausted("no memory for TLS");
  BIO_meth_set_read(method, socket_read);
  BIO_meth_set_write(method, socket_write);
  BIO_meth_set_ctrl(method, socket_control);
  for (const TlsPair& pair : pairs) {
    ERR_clear_error();
    auto entry = make_entry(pair, level);
    ERR_clear_error();
    if (!entry.ok()) {
      if (pair.is_default) return std::move(entry).status();
      complaints.emplace_back(message_of(entry.status()));
      continue;
    }
    SSL_CTX_set_app_data(entry->context.get(), made.get());
    made->entries_.push_back(std::move(entry).value());
  }
  if (made->entries_.empty()) return invalid("there is no certificate");
  made->index_names();
  return std::shared_ptr<const TlsContext>(std::move(made));
}

void TlsContext::index_names() {
  for (const bool ecdsa : {true, false}) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      if ((entry.key_type == EVP_PKEY_EC) != ecdsa) continue;
      for (const std::string& name : entry.names) by_name_[name].push_back(i);
      const auto& first = entries_.front().names;
      const bool is_twin = !first.empty() && std::find(entry.names.begin(), entry.names.end(),
                                                       first.front()) != entry.names.end();
      if (entry.is_default || is_twin) defaults_.push_back(i);
    }
  }
}

SSL_CTX* TlsContext::choose(const ClientOffer& offer) const {
  const std::string& name = offer.server_name;
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    // A wildcard stands for one whole label (RFC 6125 §6.4.3).
    const std::size_t dot = name.find('.');
    if (dot != std::string::npos) found = by_name_.find(cat("*", name.substr(dot)));
  }
  const Candidates& candidates = found != by_name_.end() ? found->second : defaults_;
  for (const std::size_t i : candidates) {
    const Entry& entry = entries_[i];
    if (offer.can_check(entry.key_type, entry.signature)) return entry.context.get();
  }
  return entries_[candidates.front()].context.get();
}

StatusOr<std::unique_ptr<TlsStream>> TlsStream::accept(std::shared_ptr<const TlsContext> context,
                                                       int socket, std::string_view protocol) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(context), socket, protocol));
  stream->ssl_.reset(SSL_new(stream->context_->get()));
  bssl::UniquePtr<BIO> bio(BIO_new(stream->context_->socket_method()));
  if (!stream->ssl_ || !bio) return exhausted("no memory for a TLS connection");
  BIO_set_data(bio.get(), stream.get());
  BIO_set_init(bio.get(), 1);
  SSL* ssl = stream->ssl_.get();
  SSL_set_bio(ssl, bio.get(), bio.get());  // takes one reference when both are the same
  bio.release();
  SSL_set_accept_state(ssl);
  SSL_set_shed_handshake_config(ssl, 1);
  return stream;
}

}  // namespace mail::net
