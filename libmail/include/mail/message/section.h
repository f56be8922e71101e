// Which part of a message a client asks for: the section of BODY[…] (RFC 3501 §6.4.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail::message {

/// A value. BODY[4.2.HEADER.FIELDS (Subject)] is {{4, 2}, kHeaderFields, {"Subject"}}.
struct Section {
  enum class Kind {
    kWhole,            // BODY[], BODY[1.2]
    kHeader,           // HEADER: of the message, or of the message/rfc822 part
    kHeaderFields,     // HEADER.FIELDS (…)
    kHeaderFieldsNot,  // HEADER.FIELDS.NOT (…)
    kText,             // TEXT: the body without the header
    kMime,             // MIME: the header of the part itself; only with part numbers
  };

  std::vector<std::uint32_t> part;  // part numbers, counted from 1; empty: the message
  Kind kind = Kind::kWhole;
  std::vector<std::string> fields;  // names as the client wrote them

  bool operator==(const Section&) const = default;
};

/// As it stands between the brackets: "4.2.HEADER.FIELDS (Subject)". Names that are no atom are
/// quoted.
std::string to_string(const Section& section);

class MimeTree;

/// The octets of a section: a view into the message, or a header subset that was put together.
class SectionOctets {
 public:
  explicit SectionOctets(std::string_view view) : view_(view) {}
  explicit SectionOctets(std::string built) : built_(std::move(built)), is_built_(true) {}

  /// Lives as long as this object and the message.
  std::string_view octets() const { return is_built_ ? std::string_view(built_) : view_; }
  bool is_built() const { return is_built_; }

 private:
  std::string_view view_;
  std::string built_;
  bool is_built_ = false;
};

/// What FETCH answers. A part that does not exist is empty, as Dovecot answers it. Parses the MIME
/// tree only when part numbers ask for it.
SectionOctets section_octets(std::string_view message, const Section& section);
/// The same when the tree is already there.
SectionOctets section_octets(const MimeTree& tree, const Section& section);

}  // namespace mail::message
