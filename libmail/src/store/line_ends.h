// Between CRLF, as mail travels, and LF, as Maildir keeps it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "mail/store/store.h"

namespace mail::store {

/// The octets that go into the file. A message that has CR CR LF is kept as it is: with LF ends
/// it could not be told from CR LF when it is read. So is one that has both CRLF and bare LF, as a
/// message of BINARYMIME may (RFC 3030 §3): its first line says so when it is read.
std::string to_stored(std::span<const std::string_view> pieces);

/// How many octets `stored` has with CRLF line ends: RFC822.SIZE, the W= of its name.
std::uint64_t wire_size(std::string_view stored);

/// What is in the file, with CRLF line ends; as it is, where its first line ends with CRLF.
std::shared_ptr<const Content> to_content(std::string stored);

}  // namespace mail::store
