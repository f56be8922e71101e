// What a MIME header says of its body: RFC 2045 (Content-Type, Content-Transfer-Encoding),
// RFC 2183 (Content-Disposition), RFC 2231 (parameters beyond ASCII, and in pieces).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail::message {

/// As a field writes it, but for pieces: "name*0", "name*1" are joined to one "name", or "name*"
/// when a piece is extended; such a value keeps its "charset'language'%XX" form.
struct Parameter {
  std::string name;   // lower case
  std::string value;  // unquoted

  bool operator==(const Parameter&) const = default;
};

/// Parameters of one field, pieces included: what follows is not read. As Dovecot has it.
inline constexpr std::size_t kParameterLimit = 1'000;

struct ContentType {
  std::string type = "text";  // lower case
  std::string subtype = "plain";
  std::vector<Parameter> parameters;

  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return type == wanted_type && subtype == wanted_subtype;
  }
  bool operator==(const ContentType&) const = default;
};

struct ContentDisposition {
  std::string kind;  // "inline", "attachment", lower case
  std::vector<Parameter> parameters;

  bool operator==(const ContentDisposition&) const = default;
};

enum class TransferEncoding { kSevenBit, kEightBit, kBinary, kBase64, kQuotedPrintable, kUnknown };

/// Fails: nullopt when there is no type "/" subtype: RFC 2045 §5.2 then says text/plain, but a
/// reader may know better.
std::optional<ContentType> parse_content_type(std::string_view value);
std::optional<ContentDisposition> parse_content_disposition(std::string_view value);
TransferEncoding parse_transfer_encoding(std::string_view value);
/// The mechanism as a word, without comments: "base64"; empty when it is not one word.
std::string transfer_encoding_name(std::string_view value);
/// Content-Language: the tags.
std::vector<std::string> parse_languages(std::string_view value);

/// The value as UTF-8 text, RFC 2231 decoded, and encoded words (which do not belong here, but are
/// found everywhere) too. nullopt when there is none.
std::optional<std::string> parameter_text(const std::vector<Parameter>& parameters,
                                          std::string_view name);
/// The value as written, by its exact name.
std::optional<std::string_view> parameter_value(const std::vector<Parameter>& parameters,
                                                std::string_view name);

/// The body's octets. Unknown encodings and 7bit, 8bit, binary are returned as they are.
std::string decode_transfer(std::string_view body, TransferEncoding encoding);

}  // namespace mail::message
