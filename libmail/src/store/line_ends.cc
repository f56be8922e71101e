// Whole lines at a time: memchr finds the ends, memcpy moves what is between them.
//
// Tested by tests/unit/store/formats_test.cc.
#include "store/line_ends.h"

#include <cstring>
#include <utility>

namespace mail::store {
namespace {

class OwnedContent final : public Content {
 public:
  explicit OwnedContent(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view bytes() const override { return bytes_; }

 private:
  std::string bytes_;
};

/// LFs that have no CR in front: each becomes an octet more on the wire.
std::uint64_t count_bare(std::string_view text) {
  std::uint64_t bare = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') ++bare;
  }
  return bare;
}

/// Its first line ends with CRLF: a file that is to be read as it is.
bool is_verbatim(std::string_view stored) {
  const std::size_t end = stored.find('\n');
  return end != std::string_view::npos && end != 0 && stored[end - 1] == '\r';
}

std::string joined(std::span<const std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string all;
  all.reserve(size);
  for (const std::string_view piece : pieces) all += piece;
  return all;
}

}  // namespace

std::string to_stored(std::span<const std::string_view> pieces) {
  std::string text = joined(pieces);
  if (text.find("\r\r\n") != std::string::npos) return text;
  if (is_verbatim(text) && count_bare(text) != 0) return text;
  // In place: what is kept moves to the front, line by line.
  char* const begin = text.data();
  const char* const end = begin + text.size();
  char* to = begin;
  const char* from = begin;
  while (from < end) {
    const auto* cr =
        static_cast<const char*>(std::memchr(from, '\r', static_cast<std::size_t>(end - from)));
    if (cr == nullptr) cr = end;
    const bool is_line_end = cr + 1 < end && cr[1] == '\n';
    const char* const stop = cr == end || is_line_end ? cr : cr + 1;  // a bare CR stays
    const auto length = static_cast<std::size_t>(stop - from);
    if (to != from) std::memmove(to, from, length);
    to += length;
    from = is_line_end ? cr + 1 : stop;
  }
  text.resize(static_cast<std::size_t>(to - begin));
  return text;
}

std::uint64_t wire_size(std::string_view stored) {
  return is_verbatim(stored) ? stored.size() : stored.size() + count_bare(stored);
}

std::shared_ptr<const Content> to_content(std::string stored) {
  const std::uint64_t bare = is_verbatim(stored) ? 0 : count_bare(stored);
  if (bare == 0) return std::make_shared<OwnedContent>(std::move(stored));
  std::string wire;
  wire.reserve(stored.size() + bare);
  std::size_t from = 0;
  for (std::size_t at = stored.find('\n'); at != std::string::npos; at = stored.find('\n', from)) {
    wire.append(stored, from, at - from);
    if (at == 0 || stored[at - 1] != '\r') wire += '\r';
    wire += '\n';
    from = at + 1;
  }
  wire.append(stored, from);
  return std::make_shared<OwnedContent>(std::move(wire));
}

}  // namespace mail::store
