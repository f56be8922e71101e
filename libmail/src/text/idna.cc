// IDNA through libidn2. Domains are bounded before the library sees them: RFC 1035 §2.3.4 allows
// 255 octets on the wire, and what is longer in any form is none.
//
// Tested by tests/unit/text/idna_test.cc.
#include "mail/text/idna.h"

#include <memory>

#include <idn2.h>

#include "mail/base/ascii.h"
#include "mail/text/utf8.h"

namespace mail::text {
namespace {

/// Octets of UTF-8: four for each of the 253 characters that a name can have.
constexpr std::size_t kLimit = 1012;
constexpr std::size_t kLabelLimit = 63;
constexpr std::size_t kDomainLimit = 253;  // without the final dot

struct Free {
  void operator()(char* text) const { idn2_free(text); }
};

/// What may stand in an error message.
std::string excerpt(std::string_view domain) {
  std::string shown = sanitize_utf8(domain.substr(0, 80));
  for (char& c : shown) {
    if (ascii::is_control(c)) c = '?';
  }
  return shown;
}

Status refuse(std::string_view domain, std::string_view why) {
  return invalid("'", excerpt(domain), "' is no domain name: ", why);
}

Status check_input(std::string_view domain) {
  if (domain.empty()) return refuse(domain, "it is empty");
  if (domain.size() > kLimit) return refuse(domain, "it is too long");
  if (domain.find('\0') != std::string_view::npos) return refuse(domain, "it holds a NUL");
  if (!is_valid_utf8(domain)) return refuse(domain, "it is not UTF-8");
  return absl::OkStatus();
}

// RFC 1035 §2.3.4: labels of 1 to 63 octets.
Status check_lengths(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (domain.size() > kDomainLimit) return refuse(domain, "it is too long");
  for (std::string_view rest = domain;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (label.empty()) return refuse(domain, "a label is empty");
    if (label.size() > kLabelLimit) return refuse(domain, "a label is longer than 63 octets");
    if (dot == std::string_view::npos) return absl::OkStatus();
    rest.remove_prefix(dot + 1);
  }
}

bool has_a_label(std::string_view domain) {
  for (;;) {
    if (ascii::starts_with_ignoring_case(domain, "xn--")) return true;
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) return false;
    domain.remove_prefix(dot + 1);
  }
}

}  // namespace

StatusOr<std::string> to_a_labels(std::string_view domain) {
  MAIL_RETURN_IF_ERROR(check_input(domain));
  std::string name(domain);
  if (is_ascii(domain)) {
    // libidn2 knows hostnames only; "_dmarc" is a domain name too.
    MAIL_RETURN_IF_ERROR(check_lengths(domain));
    if (has_a_label(domain)) MAIL_RETURN_IF_ERROR(to_u_labels(domain).status());
    return ascii::to_lower(domain);
  }
  char* raw = nullptr;
  const int result = idn2_to_ascii_8z(name.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, Free> owner(raw);
  if (result != IDN2_OK) return refuse(domain, idn2_strerror(result));
  std::string ascii_form(raw);
  MAIL_RETURN_IF_ERROR(check_lengths(ascii_form));
  return ascii_form;
}

StatusOr<std::string> to_u_labels(std::string_view domain) {
  MAIL_RETURN_IF_ERROR(check_input(domain));
  if (!has_a_label(domain)) return std::string(domain);
  const std::string name = ascii::to_lower(domain);
  char* raw = nullptr;
  const int result = idn2_to_unicode_8z8z(name.c_str(), &raw, 0);
  const std::unique_ptr<char, Free> owner(raw);
  if (result != IDN2_OK) return refuse(domain, idn2_strerror(result));
  return std::string(raw);
}

}  // namespace mail::text
