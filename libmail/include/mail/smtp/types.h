// Words that the server's and the client's engine share. All are values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mail::smtp {

/// RFC 5321 §2.3.1 port 25; RFC 6409 §3.1 port 587; RFC 8314 §3.3 port 465 (TLS from the first
/// byte); RFC 2033.
enum class Dialect : std::uint8_t { kSmtp, kSubmission, kSubmissions, kLmtp };

/// BODY= of MAIL: RFC 6152 §3, RFC 3030 §3.
enum class BodyType : std::uint8_t { kSevenBit, kEightBitMime, kBinaryMime };

/// What a server says that it can, in answer to EHLO or LHLO.
enum class Extension : std::uint8_t {
  kPipelining,           // RFC 2920
  kSize,                 // RFC 1870
  kStartTls,             // RFC 3207
  kAuth,                 // RFC 4954
  kEnhancedStatusCodes,  // RFC 2034
  kEightBitMime,         // RFC 6152
  kSmtpUtf8,             // RFC 6531
  kChunking,             // RFC 3030 §2
  kBinaryMime,           // RFC 3030 §3
  kDsn,                  // RFC 3461
  kLimits,               // RFC 9422
  kXclient,              // Postfix's XCLIENT_README
};
inline constexpr std::size_t kExtensionCount = 12;

/// The keyword: "8BITMIME".
std::string_view to_string(Extension extension);
/// Case does not matter. Fails: nullopt for one that is not in the enumeration.
std::optional<Extension> extension_named(std::string_view keyword);

class ExtensionSet {
 public:
  constexpr bool has(Extension extension) const { return (bits_ & bit(extension)) != 0; }
  constexpr void insert(Extension extension) { bits_ |= bit(extension); }
  constexpr bool operator==(const ExtensionSet&) const = default;

 private:
  static constexpr std::uint16_t bit(Extension extension) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(extension));
  }
  std::uint16_t bits_ = 0;
};

/// "silent-discard, dsn": Postfix's smtpd_discard_ehlo_keywords. Words that name nothing known are
/// passed over, as there.
ExtensionSet parse_extension_list(std::string_view text);

/// RET= (RFC 3461 §4.3): what a notice of failure returns.
enum class DsnReturn : std::uint8_t { kUnspecified, kFull, kHeaders };

/// NOTIFY= (RFC 3461 §4.1). None is set when the parameter was not given.
struct DsnNotify {
  bool never = false;
  bool success = false;
  bool failure = false;
  bool delay = false;

  constexpr bool is_given() const { return never || success || failure || delay; }
  constexpr bool operator==(const DsnNotify&) const = default;
};

}  // namespace mail::smtp
