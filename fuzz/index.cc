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

bool is_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && !name.starts_with('.');
}

/// The octets of a file with this image in it, each message by itself.
std::string written(const IndexImage& image, const TextPool& texts) {
  IndexBlock block;
  for (const Tombstone& line : image.expunged) block.add(line);
  for (const MessageRow& row : image.rows) {
    block.add(row, row.name(texts), row.keys(texts), KeywordLetters());
  }
  block.add(image.folder);
  std::string text = IndexText::header(image.inode, image.seed);
  return text += IndexText::block(block, image.seed, text.size());
}

/// The same as a table.
std::string written_as_table(const IndexImage& image, const TextPool& texts) {
  IndexBlock block;
  for (const Tombstone& line : image.expunged) block.add(line);
  block.add(image.rows, texts, KeywordLetters());
  block.add(image.folder);
  std::string text = IndexText::header(image.inode, image.seed);
  return text += IndexText::block(block, image.seed, text.size());
}

TextPool pool_of(std::string_view bytes) {
  TextPool pool;
  pool.add(bytes);
  return pool;
}

void check_image(IndexImage image, std::string_view bytes) {
  const TextPool texts = take_texts(image, pool_of(bytes));
  std::uint32_t last = 0;
  for (const MessageRow& row : image.rows) {
    require(number(row.uid()) > last);
    last = number(row.uid());
    require(is_name(row.name(texts)));
  }
  require(last < image.folder.uidlist.next);
  for (const std::string& text : {written(image, texts), written_as_table(image, texts)}) {
    auto again = parse_index(text);
    require(again && again->folder == image.folder && again->rows.size() == image.rows.size());
    const TextPool same = take_texts(*again, pool_of(text));
    for (std::size_t i = 0; i < image.rows.size(); ++i) {
      const MessageRow& row = image.rows[i];
      require(again->rows[i].uid() == row.uid() && again->rows[i].size() == row.size());
      require(again->rows[i].is_misnamed() == row.is_misnamed());
      require(again->rows[i].text(same) == row.text(texts));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = text_of(data, size);
  if (auto image = parse_index(bytes)) check_image(*std::move(image), bytes);
  // The same octets as records of a file whose checksums are right.
  std::string text = IndexText::header(1, 2);
  text += IndexText::block(IndexBlock::of(std::string(bytes)), 2, text.size());
  if (auto image = parse_index(text)) check_image(*std::move(image), text);
  if (const auto summary = unpack_summary(bytes, nullptr)) {
    require(summary->envelope.size() + summary->body_structure.size() + summary->body.size() +
                summary->header.size() <
            size);
  }
  return 0;
}
