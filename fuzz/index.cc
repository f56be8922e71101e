// What is read from libmail.index is consistent in itself, and survives being written and read
// again; a summary's views lie inside its octets.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz.h"
#include "store/index_format.h"
#include "store/summary.h"

using namespace mail;
using mail::fuzz::require;
using mail::fuzz::text_of;
using namespace mail::store;

namespace {

void check_image(const IndexImage& image) {
  std::uint32_t last = 0;
  IndexBlock block;
  for (const Tombstone& line : image.expunged) block.add(line);
  for (const IndexedMessage& message : image.messages) {
    require(number(message.uid) > last);
    last = number(message.uid);
    require(message.name.find('/') == std::string::npos && !message.name.starts_with('.'));
    block.add(message);
  }
  require(last < image.folder.uidlist.next);
  block.add(image.folder);
  std::string text = IndexText::header(image.inode, image.seed);
  text += IndexText::block(block, image.seed, text.size());
  const auto again = parse_index(text);
  require(again && again->messages == image.messages && again->folder == image.folder);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = text_of(data, size);
  if (const auto image = parse_index(bytes)) check_image(*image);
  // The same octets as records of a file whose checksums are right.
  std::string text = IndexText::header(1, 2);
  text += IndexText::block(IndexBlock::of(std::string(bytes)), 2, text.size());
  if (const auto image = parse_index(text)) check_image(*image);
  if (const auto summary = unpack_summary(bytes, nullptr)) {
    require(summary->envelope.size() + summary->body_structure.size() + summary->body.size() +
                summary->header.size() <
            size);
  }
  return 0;
}
