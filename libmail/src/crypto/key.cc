// Keys over BoringSSL's EVP_PKEY. Whatever text or octets a key came from, it is judged by one
// function before anybody gets it: RSA of a bearable size, or Ed25519.
//
// Tested by tests/unit/crypto/key_test.cc.
#include "mail/crypto/key.h"

#include <cstdint>
#include <utility>

#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace mail::crypto {

struct PublicKey::State {
  bssl::UniquePtr<EVP_PKEY> key;
};

namespace {

using Key = bssl::UniquePtr<EVP_PKEY>;

constexpr std::size_t kEd25519Octets = 32;

const std::uint8_t* octets(std::string_view s) {
  return reinterpret_cast<const std::uint8_t*>(s.data());
}

CBS reader(std::string_view der) {
  CBS cbs;
  CBS_init(&cbs, octets(der), der.size());
  return cbs;
}

/// Fails: the reason why nobody should use this key.
Status check(const EVP_PKEY* key, std::string_view what) {
  ERR_clear_error();
  if (key == nullptr) return invalid("this is no ", what, " key of RSA or Ed25519");
  if (EVP_PKEY_id(key) == EVP_PKEY_ED25519) return absl::OkStatus();
  if (EVP_PKEY_id(key) != EVP_PKEY_RSA) return invalid("the key is neither RSA nor Ed25519");
  const auto bits = static_cast<std::size_t>(EVP_PKEY_bits(key));
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return invalid("the RSA key has ", bits, " bits; ", kMinRsaBits, " to ", kMaxRsaBits,
                   " are allowed");
  }
  return absl::OkStatus();
}

Key wrap_rsa(bssl::UniquePtr<RSA> rsa) {
  if (rsa == nullptr) return nullptr;
  Key key(EVP_PKEY_new());
  if (key == nullptr || EVP_PKEY_set1_RSA(key.get(), rsa.get()) != 1) return nullptr;
  return key;
}

/// Nothing may stand behind the key: an attacker's appendix would ride along unseen.
Key parse_public(std::string_view der) {
  CBS cbs = reader(der);
  Key key(EVP_parse_public_key(&cbs));
  if (key != nullptr && CBS_len(&cbs) == 0) return key;
  cbs = reader(der);
  bssl::UniquePtr<RSA> rsa(RSA_parse_public_key(&cbs));
  return rsa != nullptr && CBS_len(&cbs) == 0 ? wrap_rsa(std::move(rsa)) : nullptr;
}

Key parse_private(std::string_view der) {
  CBS cbs = reader(der);
  Key key(EVP_parse_private_key(&cbs));
  if (key != nullptr && CBS_len(&cbs) == 0) return key;
  cbs = reader(der);
  bssl::UniquePtr<RSA> rsa(RSA_parse_private_key(&cbs));
  return rsa != nullptr && CBS_len(&cbs) == 0 ? wrap_rsa(std::move(rsa)) : nullptr;
}

bssl::UniquePtr<BIO> text_reader(std::string_view pem) {
  return bssl::UniquePtr<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// An encrypted key is refused instead of asking a terminal for its passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

const EVP_MD* method(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kSha1: return EVP_sha1();
    case Algorithm::kSha256: return EVP_sha256();
    case Algorithm::kSha512: return EVP_sha512();
  }
  return nullptr;
}

KeyType type_of(const EVP_PKEY* key) {
  return EVP_PKEY_id(key) == EVP_PKEY_ED25519 ? KeyType::kEd25519 : KeyType::kRsa;
}

const EVP_MD* method_for(const EVP_PKEY* key, Algorithm algorithm) {
  return type_of(key) == KeyType::kEd25519 ? nullptr : method(algorithm);
}

}  // namespace

// ---- public

StatusOr<PublicKey> PublicKey::from_der(std::string_view der) {
  Key key = parse_public(der);
  MAIL_RETURN_IF_ERROR(check(key.get(), "public"));
  return PublicKey(std::make_shared<State>(State{std::move(key)}));
}

StatusOr<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const auto bio = text_reader(pem);
  Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  MAIL_RETURN_IF_ERROR(check(key.get(), "public"));
  return PublicKey(std::make_shared<State>(State{std::move(key)}));
}

StatusOr<PublicKey> PublicKey::from_ed25519(std::string_view raw) {
  if (raw.size() != kEd25519Octets) return invalid("an Ed25519 key has 32 octets");
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(raw), raw.size()));
  MAIL_RETURN_IF_ERROR(check(key.get(), "public"));
  return PublicKey(std::make_shared<State>(State{std::move(key)}));
}

KeyType PublicKey::type() const { return type_of(state_->key.get()); }

std::size_t PublicKey::bits() const {
  return type() == KeyType::kEd25519 ? kEd25519Octets * 8
                                     : static_cast<std::size_t>(EVP_PKEY_bits(state_->key.get()));
}

std::string PublicKey::der() const {
  bssl::ScopedCBB cbb;
  std::uint8_t* der = nullptr;
  std::size_t size = 0;
  if (CBB_init(cbb.get(), 512) != 1 || EVP_marshal_public_key(cbb.get(), state_->key.get()) != 1 ||
      CBB_finish(cbb.get(), &der, &size) != 1) {
    return {};
  }
  const bssl::UniquePtr<std::uint8_t> owner(der);
  return std::string(reinterpret_cast<const char*>(der), size);
}

std::string PublicKey::raw() const {
  std::uint8_t raw[kEd25519Octets];
  std::size_t size = sizeof raw;
  if (type() != KeyType::kEd25519 ||
      EVP_PKEY_get_raw_public_key(state_->key.get(), raw, &size) != 1) {
    return {};
  }
  return std::string(reinterpret_cast<const char*>(raw), size);
}

bool PublicKey::verify(std::string_view message, std::string_view signature,
                       Algorithm algorithm) const {
  EVP_PKEY* key = state_->key.get();
  bssl::ScopedEVP_MD_CTX context;
  const bool is_good =
      EVP_DigestVerifyInit(context.get(), nullptr, method_for(key, algorithm), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message),
                       message.size()) == 1;
  ERR_clear_error();
  return is_good;
}

// ---- private

StatusOr<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  const auto bio = text_reader(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  MAIL_RETURN_IF_ERROR(check(key.get(), "private"));
  return PrivateKey(std::make_shared<PublicKey::State>(PublicKey::State{std::move(key)}));
}

StatusOr<PrivateKey> PrivateKey::from_der(std::string_view der) {
  Key key = parse_private(der);
  MAIL_RETURN_IF_ERROR(check(key.get(), "private"));
  return PrivateKey(std::make_shared<PublicKey::State>(PublicKey::State{std::move(key)}));
}

StatusOr<PrivateKey> PrivateKey::from_ed25519(std::string_view seed) {
  if (seed.size() != kEd25519Octets) return invalid("an Ed25519 seed has 32 octets");
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed), seed.size()));
  MAIL_RETURN_IF_ERROR(check(key.get(), "private"));
  return PrivateKey(std::make_shared<PublicKey::State>(PublicKey::State{std::move(key)}));
}

StatusOr<PrivateKey> PrivateKey::make_rsa(std::size_t bits) {
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return invalid("an RSA key of ", bits, " bits is not made; ", kMinRsaBits, " to ", kMaxRsaBits,
                   " are");
  }
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  if (rsa == nullptr || exponent == nullptr || BN_set_word(exponent.get(), RSA_F4) != 1 ||
      RSA_generate_key_ex(rsa.get(), static_cast<int>(bits), exponent.get(), nullptr) != 1) {
    return internal_error("an RSA key cannot be made");
  }
  Key key = wrap_rsa(std::move(rsa));
  MAIL_RETURN_IF_ERROR(check(key.get(), "private"));
  return PrivateKey(std::make_shared<PublicKey::State>(PublicKey::State{std::move(key)}));
}

StatusOr<PrivateKey> PrivateKey::make_ed25519() {
  EVP_PKEY* made = nullptr;
  bssl::UniquePtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr));
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_keygen(context.get(), &made) != 1) {
    return internal_error("an Ed25519 key cannot be made");
  }
  return PrivateKey(std::make_shared<PublicKey::State>(PublicKey::State{Key(made)}));
}

KeyType PrivateKey::type() const { return type_of(state_->key.get()); }

PublicKey PrivateKey::public_key() const { return PublicKey(state_); }

std::string PrivateKey::pem() const {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  const std::uint8_t* text = nullptr;
  std::size_t size = 0;
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      BIO_mem_contents(bio.get(), &text, &size) != 1) {
    return {};
  }
  return std::string(reinterpret_cast<const char*>(text), size);
}

StatusOr<std::string> PrivateKey::sign(std::string_view message, Algorithm algorithm) const {
  EVP_PKEY* key = state_->key.get();
  bssl::ScopedEVP_MD_CTX context;
  std::string signature(static_cast<std::size_t>(EVP_PKEY_size(key)), '\0');
  std::size_t size = signature.size();
  const bool is_done =
      EVP_DigestSignInit(context.get(), nullptr, method_for(key, algorithm), nullptr, key) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                     octets(message), message.size()) == 1;
  ERR_clear_error();
  if (!is_done) return internal_error("the key cannot sign this");
  signature.resize(size);
  return signature;
}

}  // namespace mail::crypto
