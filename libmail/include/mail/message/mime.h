// The MIME structure of a message: offsets into one buffer, found in one pass.
//
// Lazy: the pass reads Content-Type and Content-Transfer-Encoding only, everything else is read
// from the part's header when it is asked for. No copy of the message, no recursion: parts stand in
// one array in the order of their headers, so a parent's index is below its children's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message/content.h"

namespace mail::message {

struct MimeLimits {
  std::size_t parts = 10'000;           // all parts together, the message itself included
  std::size_t depth = 100;              // multipart in multipart in message/rfc822 …
  std::size_t header_octets = 4 << 20;  // of one part: fields beyond are not read for structure
  std::size_t boundary_octets = 250;    // longer ones (RFC 2046 §5.1.1 says 70) match by prefix
};

/// A value. Offsets into the message; lines are counted as Dovecot and RFC 3501 do: line ends in
/// the octets of the part.
struct MimePart {
  enum class Kind {
    kLeaf,
    kMultipart,  // its parts are its children; none when no boundary is named or found
    kMessage,    // message/rfc822: one child, the message inside
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Kind kind = Kind::kLeaf;
  TransferEncoding encoding = TransferEncoding::kSevenBit;
  std::uint32_t parent = kNone;
  std::uint32_t first_child = kNone;
  std::uint32_t next_sibling = kNone;
  std::uint32_t children = 0;
  std::uint32_t depth = 0;
  bool in_digest = false;  // a child of multipart/digest: message/rfc822 by default
  std::size_t header = 0;  // where the header begins
  std::size_t body = 0;    // where it ends (behind its empty line) and the body begins
  std::size_t end = 0;     // where the body ends, before the line end that belongs to a boundary
  std::size_t body_lines = 0;

  bool operator==(const MimePart&) const = default;
};

/// What the header of one part says. A value, made on demand.
struct PartDescription {
  ContentType content_type;  // with RFC 2045 §5.2's and RFC 2046 §5.1.5's defaults
  std::optional<ContentDisposition> disposition;
  std::vector<std::string> languages;
  std::string encoding = "7bit";           // lower case, as written otherwise
  std::optional<std::string> id;           // Content-ID, unfolded
  std::optional<std::string> description;  // unfolded, encoded words left as they are
  std::optional<std::string> md5;
  std::optional<std::string> location;

  bool operator==(const PartDescription&) const = default;
};

/// A value over a message that must outlive it.
class MimeTree {
 public:
  /// Never fails. Beyond a limit a part stays a leaf, and `is_truncated` says so.
  explicit MimeTree(std::string_view message, const MimeLimits& limits = {});

  std::string_view message() const { return message_; }
  /// Never empty; [0] is the message itself.
  std::span<const MimePart> parts() const { return parts_; }
  const MimePart& root() const { return parts_.front(); }
  const MimePart& part(std::uint32_t index) const { return parts_[index]; }
  bool is_truncated() const { return is_truncated_; }

  /// With the empty line that ends it.
  std::string_view header(const MimePart& part) const {
    return message_.substr(part.header, part.body - part.header);
  }
  /// Still transfer-encoded.
  std::string_view body(const MimePart& part) const {
    return message_.substr(part.body, part.end - part.body);
  }
  PartDescription describe(const MimePart& part) const;

  /// By the part numbers of IMAP: {} is the message, {1} of a message without multipart its body
  /// (RFC 3501 §6.4.5).
  std::optional<std::uint32_t> find(std::span<const std::uint32_t> numbers) const;

 private:
  friend class MimeScanner;
  std::string_view message_;
  std::vector<MimePart> parts_;
  bool is_truncated_ = false;
};

}  // namespace mail::message
