// Writing headers. Everything goes through `fold_field`, which is where CR, LF and NUL end.
//
// Tested by tests/unit/message/builder_test.cc.
#include "mail/message/builder.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/text/encoded_word.h"
#include "mail/text/quoted_printable.h"
#include "mail/text/utf8.h"

namespace mail::message {
namespace {

// RFC 5322 §2.1.1, without the CRLF.
constexpr std::size_t kLineGoal = 78;
constexpr std::size_t kLineLimit = 998;

// RFC 5322 §2.2: ftext = %d33-57 / %d59-126
bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() < kLineGoal &&
         std::all_of(
             name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

Status check_field(std::string_view name, std::string_view value) {
  if (!is_field_name(name)) return invalid("header field name is none: \"", name, "\"");
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return invalid("header field ", name, ": value with CR, LF or NUL");
  }
  if (!text::is_valid_utf8(value)) return invalid("header field ", name, ": value is not UTF-8");
  return absl::OkStatus();
}

/// Of controls, RFC 5322 §3.6.8 leaves the tab. Some readers end a line at the others too.
Status check_controls(std::string_view name, std::string_view value) {
  const bool is_clean = std::none_of(value.begin(), value.end(),
                                     [](char c) { return ascii::is_control(c) && c != '\t'; });
  if (!is_clean) return invalid("header field ", name, ": value with a control character");
  return absl::OkStatus();
}

/// A domain is written as it is, so it must be nothing else: neither the end of its address nor the
/// beginning of another.
Status check_domain(std::string_view name, std::string_view domain) {
  const bool is_literal = domain.starts_with('[') && domain.find(']') == domain.size() - 1;
  if (is_literal) domain = domain.substr(1, domain.size() - 2);
  const std::string_view specials = is_literal ? " \t<>()[]@,;\\\"" : " \t<>()[]@,;\\\":";
  if (domain.find_first_of(specials) == std::string_view::npos) return absl::OkStatus();
  return invalid("header field ", name, ": \"", domain, "\" is no domain");
}

/// No control but line ends, no line too long (RFC 2045 §2.7). Line ends are CRLF here.
bool is_seven_bit(std::string_view text) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool begins_line_end = c == '\r' && text.substr(i + 1).starts_with('\n');
    column = c == '\n' ? 0 : column + (begins_line_end ? 0 : 1);
    const bool is_plain = ascii::is_printable(c) || c == '\t' || c == '\n' || begins_line_end;
    if (!is_plain || column > kLineLimit) return false;
  }
  return true;
}

std::string with_crlf(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && text.substr(i + 1).starts_with('\n')) continue;
    if (c == '\n') result.push_back('\r');
    result.push_back(c);
  }
  if (!result.empty() && !result.ends_with('\n')) result += "\r\n";
  return result;
}

}  // namespace

// RFC 5322 §2.2.3: a line may be folded before any blank; a line of blanks alone is never made.
StatusOr<std::string> fold_field(std::string_view name, std::string_view value) {
  MAIL_RETURN_IF_ERROR(check_field(name, value));
  MAIL_RETURN_IF_ERROR(check_controls(name, value));
  value = ascii::trim(value);
  std::string out = cat(name, ":");
  std::size_t column = out.size();
  bool has_word = false;
  while (!value.empty()) {
    // One word with the blanks before it; the first has none yet.
    const std::size_t word = std::min(value.find_first_not_of(" \t"), value.size());
    const std::size_t end = std::min(value.find_first_of(" \t", word), value.size());
    const std::string piece = cat(has_word ? "" : " ", value.substr(0, end));
    value.remove_prefix(end);
    const std::size_t limit = has_word ? kLineGoal : kLineLimit;
    if (column + piece.size() > limit) {
      out += "\r\n";
      column = 0;
    }
    if (piece.size() > kLineLimit) {
      return invalid("header field ", name, ": a word longer than ", kLineLimit, " octets");
    }
    out += piece;
    column += piece.size();
    has_word = true;
  }
  return out + "\r\n";
}

Status HeaderBuilder::add(std::string_view name, std::string_view value) {
  MAIL_ASSIGN_OR_RETURN(const std::string field, fold_field(name, value));
  text_ += field;
  return absl::OkStatus();
}

Status HeaderBuilder::add_text(std::string_view name, std::string_view utf8) {
  // Before encoding, which would make CR, LF and NUL harmless octets of an encoded word: nobody
  // means them, and readers that decode before they split would be injected into.
  MAIL_RETURN_IF_ERROR(check_field(name, utf8));
  return add(name, text::encode_words(utf8));
}

Status HeaderBuilder::add_addresses(std::string_view name, const std::vector<Address>& addresses) {
  for (const Address& address : addresses) {
    for (const std::string* part : {&address.name, &address.local_part, &address.domain}) {
      MAIL_RETURN_IF_ERROR(check_field(name, *part));
    }
    MAIL_RETURN_IF_ERROR(check_domain(name, address.domain));
  }
  return add(name, to_string(addresses));
}

Status HeaderBuilder::add_date(std::string_view name, const DateTime& date) {
  return add(name, format_date(date));
}

std::string text_message(const HeaderBuilder& header, std::string_view utf8) {
  const std::string body = with_crlf(text::sanitize_utf8(utf8));
  const bool seven_bit = is_seven_bit(body);
  const bool is_ascii = text::is_ascii(body);
  return cat(header.text(), "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=",
             is_ascii ? "us-ascii" : "utf-8",
             "\r\nContent-Transfer-Encoding: ", seven_bit ? "7bit" : "quoted-printable", "\r\n\r\n",
             seven_bit ? body : text::quoted_printable_encode(body));
}

}  // namespace mail::message
