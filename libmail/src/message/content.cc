// Content-Type and its relatives. Parameters are read one by one; a broken one costs only itself:
// reading goes on behind the next semicolon. Pieces of RFC 2231 are collected aside, sorted and
// joined at the end, so that their number costs no more than a sort.
//
// Tested by tests/unit/message/content_test.cc, tests/unit/message/stalwart_suite_test.cc.
#include "mail/message/content.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/text/base64.h"
#include "mail/text/charset.h"
#include "mail/text/encoded_word.h"
#include "mail/text/hex.h"
#include "mail/text/quoted_printable.h"
#include "message/lexer.h"
#include "message/media_type.h"

namespace mail::message {
namespace {

// RFC 2045 §5.1:
//   token     := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>
//   tspecials := "(" / ")" / "<" / ">" / "@" / "," / ";" / ":" / "\" / <"> / "/" / "[" / "]" /
//                "?" / "="
// Octets outside ASCII pass: they are kept, not understood.
constexpr OctetSet kTokenChars = OctetSet::all_but_controls_and(" ()<>@,;:\\\"/[]?=");
constexpr bool is_token_char(char c) { return kTokenChars.contains(c); }

/// One parameter as written, with the parts of its name that RFC 2231 §3 and §4 add.
struct Piece2231 {
  std::string name;          // without "*0" and "*"
  std::uint32_t number = 0;  // of "*0"
  bool extended = false;     // "*" at the end of the name
  std::size_t position =
      0;  // among the pieces of the field: of two with one number the first counts
  std::string value;
};

constexpr std::uint64_t kPieceLimit = 9999;  // numbers of pieces beyond are no piece numbers

/// RFC 2231 §7: attribute ["*" section] ["*"]. nullopt when there is no section.
std::optional<Piece2231> as_piece(const Parameter& parameter) {
  Piece2231 piece;
  std::string_view name = parameter.name;
  if (name.ends_with('*')) {
    piece.extended = true;
    name.remove_suffix(1);
  }
  const std::size_t star = name.rfind('*');
  if (star == std::string_view::npos || star == 0) return std::nullopt;
  const auto number = ascii::parse_number(name.substr(star + 1), kPieceLimit);
  if (!number) return std::nullopt;
  piece.name = name.substr(0, star);
  piece.number = static_cast<std::uint32_t>(*number);
  piece.value = parameter.value;
  return piece;
}

/// A plain piece of an extended value: what "%" would change is escaped.
void append_percent_encoded(std::string& to, std::string_view value) {
  for (char c : value) {
    if (ascii::is_printable(c) && c != '%' && c != ' ' && c != '\'' && c != '*') {
      to.push_back(c);
    } else {
      to.push_back('%');
      text::append_hex(to, c);
    }
  }
}

/// `pieces` are sorted by name and number; joins the runs that count 0, 1, 2…
void append_joined(std::vector<Parameter>& to, const std::vector<Piece2231>& pieces) {
  for (std::size_t begin = 0; begin < pieces.size();) {
    std::size_t end = begin;
    std::uint32_t expected = 0;
    while (end < pieces.size() && pieces[end].name == pieces[begin].name &&
           pieces[end].number == expected) {
      ++end;
      ++expected;
    }
    if (end == begin) {  // a gap: kept under its own name
      const Piece2231& piece = pieces[begin++];
      std::string name = cat(piece.name, "*", piece.number, piece.extended ? "*" : "");
      to.push_back({std::move(name), piece.value});
      continue;
    }
    const bool extended = std::any_of(pieces.begin() + begin, pieces.begin() + end,
                                      [](const Piece2231& piece) { return piece.extended; });
    Parameter joined{pieces[begin].name, {}};
    if (extended) joined.name.push_back('*');
    // Without a first extended piece there is no charset: RFC 2231 §4.1 wants the quotes anyway.
    if (extended && !pieces[begin].extended) joined.value = "''";
    for (std::size_t i = begin; i < end; ++i) {
      if (extended && !pieces[i].extended) {
        append_percent_encoded(joined.value, pieces[i].value);
      } else {
        joined.value += pieces[i].value;
      }
    }
    to.push_back(std::move(joined));
    begin = end;
  }
}

// RFC 2045 §5.1:
//   parameter := attribute "=" value
//   value     := token / quoted-string
// Unquoted values reach to the next blank or semicolon: "=" and "/" in boundaries are common.
std::optional<Parameter> take_parameter(Lexer& lexer) {
  lexer.skip_cfws();
  const std::string_view attribute = lexer.take_while(is_token_char);
  lexer.skip_cfws();
  if (attribute.empty() || !lexer.take('=')) return std::nullopt;
  lexer.skip_cfws();
  Parameter parameter{ascii::to_lower(attribute), {}};
  if (lexer.peek() == '"' && lexer.has_closed_quote()) {
    parameter.value = lexer.take_quoted_string();
  } else if (lexer.take('"')) {
    // Not closed: the field would vanish in the value.
    parameter.value = lexer.take_while([](char c) { return c != ';' && c != '\r' && c != '\n'; });
  } else {
    parameter.value = lexer.take_while([](char c) { return c != ';' && !ascii::is_space(c); });
  }
  return parameter;
}

std::vector<Parameter> take_parameters(Lexer& lexer) {
  std::vector<Parameter> parameters;
  std::vector<Piece2231> pieces;
  while (parameters.size() + pieces.size() < kParameterLimit) {
    lexer.skip_to(';');
    if (!lexer.take(';')) break;
    auto parameter = take_parameter(lexer);
    if (!parameter) continue;
    if (auto piece = as_piece(*parameter)) {
      piece->position = pieces.size();
      pieces.push_back(std::move(*piece));
    } else {
      parameters.push_back(std::move(*parameter));
    }
  }
  std::sort(pieces.begin(), pieces.end(), [](const Piece2231& a, const Piece2231& b) {
    return std::tie(a.name, a.number, a.position) < std::tie(b.name, b.number, b.position);
  });
  const auto is_same = [](const Piece2231& a, const Piece2231& b) {
    return a.name == b.name && a.number == b.number;
  };
  pieces.erase(std::unique(pieces.begin(), pieces.end(), is_same), pieces.end());
  append_joined(parameters, pieces);
  return parameters;
}

/// RFC 2231 §7: [charset] "'" [language] "'" extended-other-values.
std::string decode_extended(std::string_view value) {
  std::string_view charset;
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second != std::string_view::npos) {
    charset = value.substr(0, first);
    value.remove_prefix(second + 1);
  }
  std::string octets;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int octet =
        value[i] == '%' && i + 2 < value.size() ? text::hex_octet(value[i + 1], value[i + 2]) : -1;
    octets.push_back(octet < 0 ? value[i] : static_cast<char>(octet));
    if (octet >= 0) i += 2;
  }
  return text::to_utf8(octets, charset);
}

}  // namespace

namespace {

// RFC 2045 §5.1:
//   content := "Content-Type" ":" type "/" subtype *(";" parameter)
bool take_media_type(Lexer& lexer, ContentType& to) {
  lexer.skip_cfws();
  to.type = ascii::to_lower(lexer.take_while(is_token_char));
  lexer.skip_cfws();
  if (to.type.empty() || !lexer.take('/')) return false;
  lexer.skip_cfws();
  to.subtype = ascii::to_lower(lexer.take_while(is_token_char));
  return !to.subtype.empty();
}

}  // namespace

std::optional<ContentType> parse_media_type(std::string_view value) {
  Lexer lexer(value);
  ContentType result;
  if (!take_media_type(lexer, result)) return std::nullopt;
  return result;
}

std::optional<ContentType> parse_content_type(std::string_view value) {
  Lexer lexer(value);
  ContentType result;
  if (!take_media_type(lexer, result)) return std::nullopt;
  result.parameters = take_parameters(lexer);
  return result;
}

// RFC 2183 §2:
//   disposition := "Content-Disposition" ":" disposition-type *(";" disposition-parm)
std::optional<ContentDisposition> parse_content_disposition(std::string_view value) {
  Lexer lexer(value);
  ContentDisposition result;
  lexer.skip_cfws();
  result.kind = ascii::to_lower(lexer.take_while(is_token_char));
  if (result.kind.empty()) return std::nullopt;
  result.parameters = take_parameters(lexer);
  return result;
}

std::string transfer_encoding_name(std::string_view value) {
  Lexer lexer(value);
  lexer.skip_cfws();
  const std::string_view token = lexer.take_while(is_token_char);
  lexer.skip_cfws();
  // "8 bit" and "text/html" name nothing.
  const bool is_one_word = lexer.at_end() || lexer.peek() == ';';
  return is_one_word ? ascii::to_lower(token) : "";
}

TransferEncoding parse_transfer_encoding(std::string_view value) {
  const std::string name = transfer_encoding_name(value);
  if (name.empty() || name == "7bit") return TransferEncoding::kSevenBit;
  if (name == "8bit") return TransferEncoding::kEightBit;
  if (name == "binary") return TransferEncoding::kBinary;
  if (name == "base64") return TransferEncoding::kBase64;
  if (name == "quoted-printable") return TransferEncoding::kQuotedPrintable;
  return TransferEncoding::kUnknown;
}

// RFC 3282 §2:
//   Content-Language = "Content-Language" ":" [CFWS] Language-Tag [CFWS]
//                      *("," [CFWS] Language-Tag [CFWS])
std::vector<std::string> parse_languages(std::string_view value) {
  std::vector<std::string> tags;
  Lexer lexer(value);
  while (true) {
    lexer.skip_cfws();
    const std::string_view tag = lexer.take_while(is_token_char);
    if (!tag.empty()) tags.emplace_back(tag);
    lexer.skip_to(',');
    if (!lexer.take(',')) return tags;
  }
}

std::optional<std::string_view> parameter_value(const std::vector<Parameter>& parameters,
                                                std::string_view name) {
  for (const Parameter& parameter : parameters) {
    if (ascii::equal_ignoring_case(parameter.name, name)) return parameter.value;
  }
  return std::nullopt;
}

std::optional<std::string> parameter_text(const std::vector<Parameter>& parameters,
                                          std::string_view name) {
  if (auto extended = parameter_value(parameters, cat(name, "*"))) {
    return decode_extended(*extended);
  }
  if (auto plain = parameter_value(parameters, name)) return text::decode_encoded_words(*plain);
  return std::nullopt;
}

std::string decode_transfer(std::string_view body, TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::kBase64: return text::base64_decode_lenient(body);
    case TransferEncoding::kQuotedPrintable: return text::quoted_printable_decode(body);
    case TransferEncoding::kSevenBit:
    case TransferEncoding::kEightBit:
    case TransferEncoding::kBinary:
    case TransferEncoding::kUnknown: break;
  }
  return std::string(body);
}

}  // namespace mail::message
