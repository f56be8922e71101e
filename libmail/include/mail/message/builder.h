// Building headers and small messages (notices, bounces, tests) that say what their maker meant: no
// value can add a field or end the header.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"
#include "mail/message/address.h"
#include "mail/message/date.h"

namespace mail::message {

/// Fields in the order they are added. Long lines are folded at spaces before column 78 where that
/// is possible (RFC 5322 §2.1.1); line ends are CRLF.
///
/// A value with CR, LF or NUL is refused, and so are other controls where they would stand as they
/// are, a name that is none (RFC 5322 ftext), and a domain that is more than a domain: nothing is
/// added then. Every Status says which field.
class HeaderBuilder {
 public:
  /// A structured value as it is: ASCII, or UTF-8 for an SMTPUTF8 message.
  Status add(std::string_view name, std::string_view value);
  /// Unstructured text in UTF-8: encoded words where it needs them.
  Status add_text(std::string_view name, std::string_view utf8);
  Status add_addresses(std::string_view name, const std::vector<Address>& addresses);
  Status add_date(std::string_view name, const DateTime& date);

  /// The fields so far, without the empty line.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Folds one field, "Name: value" with its CRLF. Fails as `HeaderBuilder::add`.
StatusOr<std::string> fold_field(std::string_view name, std::string_view value);

/// A message of one text/plain part: adds MIME-Version, Content-Type and Content-Transfer-Encoding
/// to the header. LF in `utf8` becomes CRLF; 7bit when it can be, else quoted-printable.
std::string text_message(const HeaderBuilder& header, std::string_view utf8);

}  // namespace mail::message
