// Every mail of every suite that has mails, for tests that hold for any input.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mail::test {

/// A value: octets that somebody sent, or might.
struct Mail {
  std::string name;  // "enmime/testdata/mail/attachment.raw"; of a mbox with "#7" behind it
  std::string octets;
};

/// Calls `use` with each file of the suites that hold mails, whatever its kind: a picture or a JSON
/// file is a message too, if a strange one. A mbox comes as its mails. Returns how many there were;
/// 0, after a warning with its name, when a suite is absent.
std::size_t for_each_mail(const std::function<void(const Mail&)>& use);

/// The line ends of RFC 5322: each LF that has no CR gets one.
std::string with_crlf(std::string_view text);

}  // namespace mail::test
