// Stored passwords: cut off the scheme, look it up in one table, compare.
//
// The time of an answer must not tell a stranger which accounts exist or how their passwords are
// kept. A crypt scheme costs what it costs; every other outcome (digest schemes, PLAIN, unknown
// schemes, malformed hashes, no such user) does the work of one SHA512-CRYPT besides.
//
// Tested by tests/unit/crypto/password_test.cc.
#include "mail/crypto/password.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include <argon2.h>
#include <crypt.h>

#include "crypto/base64.h"
#include "crypto/crypt_hash.h"
#include "mail/base/ascii.h"
#include "mail/crypto/digest.h"
#include "mail/crypto/scram.h"
#include "mail/crypto/secret.h"

namespace mail::crypto {
namespace {

enum class Family {
  kCrypt,
  kAnyCrypt,
  kArgon2id,
  kArgon2i,
  kPbkdf2,
  kScram,
  kPlain,
  kDigest,
  kSaltedDigest
};

constexpr std::size_t kPbkdf2Octets = 20;
/// What a config file may cost a worker.
constexpr std::uint64_t kMaxPbkdf2Rounds = 1'000'000;

struct Scheme {
  std::string_view name;
  Family family;
  Algorithm algorithm = Algorithm::kSha1;  // of the two digest families
};

constexpr Scheme kSchemes[] = {
    {"SHA512-CRYPT", Family::kCrypt},
    {"SHA256-CRYPT", Family::kCrypt},
    {"BLF-CRYPT", Family::kCrypt},
    {"CRYPT", Family::kAnyCrypt},
    {"ARGON2ID", Family::kArgon2id},
    {"ARGON2I", Family::kArgon2i},
    {"PBKDF2", Family::kPbkdf2},
    {"SCRAM-SHA-256", Family::kScram},
    {"PLAIN", Family::kPlain},
    {"CLEARTEXT", Family::kPlain},
    {"CLEAR", Family::kPlain},
    {"SHA", Family::kDigest, Algorithm::kSha1},
    {"SHA1", Family::kDigest, Algorithm::kSha1},
    {"SHA256", Family::kDigest, Algorithm::kSha256},
    {"SHA512", Family::kDigest, Algorithm::kSha512},
    {"SSHA", Family::kSaltedDigest, Algorithm::kSha1},
    {"SSHA256", Family::kSaltedDigest, Algorithm::kSha256},
    {"SSHA512", Family::kSaltedDigest, Algorithm::kSha512},
};

/// What is verified when there is nothing to verify. No password hashes to all dots.
constexpr char kNobody[] =
    "$6$libmail.nobody.$"
    "......................................................................................";

struct Stored {
  const Scheme* scheme = nullptr;  // none: unknown
  bool hex = false;                // digests: hex instead of base64
  std::string_view hash;
};

// stored = [ "{" scheme [ "." ( "HEX" / "B64" / "BASE64" ) ] "}" ] hash
Stored parse_stored(std::string_view stored) {
  std::string_view name = "SHA512-CRYPT";
  std::string_view encoding;
  Stored parsed{nullptr, false, stored};
  if (stored.starts_with('{')) {
    const std::size_t close = stored.find('}');
    if (close == std::string_view::npos) return parsed;
    name = stored.substr(1, close - 1);
    parsed.hash = stored.substr(close + 1);
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
      encoding = name.substr(dot + 1);
      name = name.substr(0, dot);
    }
  }
  parsed.hex = ascii::equal_ignoring_case(encoding, "HEX");
  const bool known_encoding = encoding.empty() || parsed.hex ||
                              ascii::equal_ignoring_case(encoding, "B64") ||
                              ascii::equal_ignoring_case(encoding, "BASE64");
  for (const Scheme& scheme : kSchemes) {
    if (known_encoding && ascii::equal_ignoring_case(scheme.name, name)) parsed.scheme = &scheme;
  }
  return parsed;
}

std::optional<std::string> decode_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (!ascii::is_hex_digit(hex[i])) return std::nullopt;
    const char c = ascii::to_lower(hex[i]);
    const int digit = ascii::is_digit(c) ? c - '0' : c - 'a' + 10;
    if (i % 2 == 0) {
      bytes += static_cast<char>(digit << 4);
    } else {
      bytes.back() = static_cast<char>(bytes.back() | digit);
    }
  }
  return bytes;
}

/// The digest and, where the scheme has one, the salt behind it.
std::optional<std::string> decode_digest(const Stored& stored) {
  std::optional<std::string> bytes =
      stored.hex ? decode_hex(stored.hash) : decode_base64(stored.hash);
  if (!bytes) return std::nullopt;
  const std::size_t size = digest_size(stored.scheme->algorithm);
  const bool salted = stored.scheme->family == Family::kSaltedDigest;
  if (salted ? bytes->size() <= size : bytes->size() != size) return std::nullopt;
  return bytes;
}

bool is_crypt_hash(std::string_view hash, bool any_method) {
  // Without "$" it would be DES, of which only the first eight characters count.
  if (!any_method && !hash.starts_with('$')) return false;
  if (hash.size() < 13 || hash.size() >= CRYPT_OUTPUT_SIZE) return false;
  const std::string setting(hash);
  const int check = crypt_checksalt(setting.c_str());
  return check != CRYPT_SALT_INVALID && check != CRYPT_SALT_METHOD_DISABLED;
}

/// "$argon2id$v=19$m=65536,t=3,p=1$salt$hash": the library checks the rest.
bool is_argon2_hash(std::string_view hash, std::string_view method) {
  return hash.starts_with(method) && std::count(hash.begin(), hash.end(), '$') >= 4;
}

void spend_a_hash(std::string_view password) { crypt_with(kNobody, password); }

bool argon2_matches(std::string_view hash, std::string_view password, argon2_type type) {
  const std::string encoded(hash);
  return argon2_verify(encoded.c_str(), password.data(), password.size(), type) == ARGON2_OK;
}

bool digest_matches(const Stored& stored, std::string_view password) {
  const std::string bytes = decode_digest(stored).value_or("");
  const std::size_t size = digest_size(stored.scheme->algorithm);
  if (bytes.size() < size) return false;
  Digest running(stored.scheme->algorithm);
  running.update(password);
  running.update(std::string_view(bytes).substr(size));
  return constant_time_equal(running.finish(), std::string_view(bytes).substr(0, size));
}

bool pbkdf2_matches(std::string_view hash, std::string_view password) {
  const auto parsed = parse_pbkdf2(hash);
  if (!parsed) return false;
  return constant_time_equal(pbkdf2_hex(password, parsed->salt, parsed->rounds),
                             ascii::to_lower(parsed->hex));
}

bool scram_matches(std::string_view hash, std::string_view password) {
  const auto credential = parse_scram_credential(hash);
  if (!credential.ok()) return false;
  const auto made = make_scram_credential(password, credential->salt, credential->iterations);
  return constant_time_equal(made.stored_key, credential->stored_key);
}

bool matches(const Stored& stored, std::string_view password) {
  switch (stored.scheme->family) {
    case Family::kCrypt:
    case Family::kAnyCrypt: {
      const std::string hash = crypt_with(stored.hash, password);
      return !hash.empty() && constant_time_equal(hash, stored.hash);
    }
    case Family::kArgon2id: return argon2_matches(stored.hash, password, Argon2_id);
    case Family::kArgon2i: return argon2_matches(stored.hash, password, Argon2_i);
    case Family::kPbkdf2: return pbkdf2_matches(stored.hash, password);
    case Family::kScram: return scram_matches(stored.hash, password);
    case Family::kPlain: return constant_time_equal(stored.hash, password);
    case Family::kDigest:
    case Family::kSaltedDigest: return digest_matches(stored, password);
  }
  return false;
}

/// Schemes whose own work is next to none: a refusal must take as long as for a login that does not
/// exist. A match need not: it tells all by itself.
bool is_cheap(const Stored& stored) {
  const Family family = stored.scheme->family;
  return family == Family::kPlain || family == Family::kDigest || family == Family::kSaltedDigest;
}

/// kMatch: usable.
PasswordVerdict check(const Stored& stored) {
  if (stored.scheme == nullptr) return PasswordVerdict::kUnknownScheme;
  bool usable = false;
  switch (stored.scheme->family) {
    case Family::kCrypt: usable = is_crypt_hash(stored.hash, false); break;
    case Family::kAnyCrypt: usable = is_crypt_hash(stored.hash, true); break;
    case Family::kArgon2id: usable = is_argon2_hash(stored.hash, "$argon2id$"); break;
    case Family::kArgon2i: usable = is_argon2_hash(stored.hash, "$argon2i$"); break;
    case Family::kPbkdf2: usable = parse_pbkdf2(stored.hash).has_value(); break;
    case Family::kScram: usable = parse_scram_credential(stored.hash).ok(); break;
    case Family::kPlain: usable = !stored.hash.empty(); break;
    case Family::kDigest:
    case Family::kSaltedDigest: usable = decode_digest(stored).has_value(); break;
  }
  return usable ? PasswordVerdict::kMatch : PasswordVerdict::kMalformed;
}

}  // namespace

std::string crypt_with(std::string_view setting, std::string_view password) {
  const std::string zero_ended_setting(setting);
  std::string phrase(password);
  // 32 KiB: too large for the stack of a pool thread.
  auto data = std::make_unique<crypt_data>();
  const char* hash = crypt_r(phrase.c_str(), zero_ended_setting.c_str(), data.get());
  std::string result = hash == nullptr || *hash == '*' ? std::string() : std::string(hash);
  wipe(phrase.data(), phrase.size());
  wipe(reinterpret_cast<char*>(data.get()), sizeof *data);
  return result;
}

bool is_possible_password(std::string_view password) {
  return !password.empty() && password.size() <= kMaxPasswordOctets &&
         password.find('\0') == std::string_view::npos;
}

// hash = "$1$" salt "$" rounds "$" 40HEXDIG
std::optional<Pbkdf2Hash> parse_pbkdf2(std::string_view hash) {
  if (!hash.starts_with("$1$")) return std::nullopt;
  hash.remove_prefix(3);
  const std::size_t first = hash.find('$');
  const std::size_t second = first == hash.npos ? first : hash.find('$', first + 1);
  if (second == hash.npos) return std::nullopt;
  const auto rounds =
      ascii::parse_number(hash.substr(first + 1, second - first - 1), kMaxPbkdf2Rounds);
  const std::string_view hex = hash.substr(second + 1);
  const bool is_hex = std::all_of(hex.begin(), hex.end(), ascii::is_hex_digit);
  if (!rounds || *rounds == 0 || !is_hex || hex.size() != kPbkdf2Octets * 2) return std::nullopt;
  return Pbkdf2Hash{hash.substr(0, first), static_cast<std::uint32_t>(*rounds), hex};
}

std::string pbkdf2_hex(std::string_view password, std::string_view salt, std::uint32_t rounds) {
  return to_hex(pbkdf2(Algorithm::kSha1, password, salt, rounds, kPbkdf2Octets));
}

std::string_view to_string(PasswordVerdict verdict) {
  switch (verdict) {
    case PasswordVerdict::kMatch: return "match";
    case PasswordVerdict::kMismatch: return "mismatch";
    case PasswordVerdict::kUnknownScheme: return "unknown password scheme";
    case PasswordVerdict::kMalformed: return "malformed password hash";
  }
  return "unknown";
}

PasswordVerdict verify_password(std::string_view stored, std::string_view password) {
  const Stored parsed = parse_stored(stored);
  if (const PasswordVerdict verdict = check(parsed); verdict != PasswordVerdict::kMatch) {
    verify_nobody(password);
    return verdict;
  }
  if (!is_possible_password(password)) return PasswordVerdict::kMismatch;
  if (matches(parsed, password)) return PasswordVerdict::kMatch;
  if (is_cheap(parsed)) spend_a_hash(password);
  return PasswordVerdict::kMismatch;
}

PasswordVerdict verify_nobody(std::string_view password) {
  if (is_possible_password(password)) spend_a_hash(password);
  return PasswordVerdict::kMismatch;
}

bool is_usable_password(std::string_view stored, PasswordVerdict* why) {
  const PasswordVerdict verdict = check(parse_stored(stored));
  if (why != nullptr) *why = verdict;
  return verdict == PasswordVerdict::kMatch;
}

std::optional<ScramCredential> scram_credential(std::string_view stored) {
  const Stored parsed = parse_stored(stored);
  if (parsed.scheme == nullptr || parsed.scheme->family != Family::kScram) return std::nullopt;
  auto credential = parse_scram_credential(parsed.hash);
  if (!credential.ok()) return std::nullopt;
  return std::move(*credential);
}

}  // namespace mail::crypto
