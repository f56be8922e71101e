// A reader that believes nothing: lengths are checked before they are used, a checksum before the
// records behind it, and what the records say before it is handed on. So a file that was cut short,
// overwritten with zeros, or made by an enemy costs at most the time of a rebuild.
//
// Tested by tests/unit/store/index_format_test.cc; fuzzed by fuzz/index.cc.
#include "store/index_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "mail/base/ascii.h"
#include "store/checksum.h"
#include "store/message_name.h"

namespace mail::store {
namespace {

constexpr std::string_view kMagic = "libmail\n";
constexpr std::size_t kHeaderSize = 8 + 4 + 8 + 8 + 4;
constexpr std::size_t kBlockHead = 4 + 4;
constexpr std::size_t kFolderRoom = 1024;  // for the folder record behind a table

enum class Kind : std::uint8_t {
  kFolder = 1,
  kMessage = 2,
  kExpunged = 3,
  kPlace = 4,
  kTable = 5,
  kFlags = 6,
};

/// Little-endian, whatever the processor is.
template <class Number>
void store(char* at, Number number) {
  const auto value = static_cast<std::uint64_t>(number);
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(at, &value, sizeof(Number));
  } else {
    for (std::size_t octet = 0; octet < sizeof(Number); ++octet) {
      at[octet] = static_cast<char>(value >> (8 * octet));
    }
  }
}
template <class Number>
Number load(const char* at) {
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, at, sizeof(Number));
  } else {
    for (std::size_t octet = sizeof(Number); octet-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(at[octet]);
    }
  }
  return static_cast<Number>(value);
}

template <class Number>
void put(std::string& to, Number number) {
  char octets[sizeof(Number)];
  store(octets, number);
  to.append(octets, sizeof(Number));
}
void put_time(std::string& to, WallTime time) { put(to, time.time_since_epoch().count()); }
void put_text(std::string& to, std::string_view text) {
  put(to, static_cast<std::uint32_t>(text.size()));
  to += text;
}
void put_glance(std::string& to, const Glance& glance) {
  put_time(to, glance.modified);
  put_time(to, glance.changed);
  put(to, glance.inode);
  put(to, glance.size);
}

/// A row of a table: numbers of fixed width at fixed places, so that reading one needs no checks.
/// `keys` and `name` are octets of the texts; of `bits`, 0 to 4 are system flags, 5 is new/, 6: the
/// name has other letters.
namespace at_row {
constexpr std::size_t kUid = 0;
constexpr std::size_t kSaveDate = 4;  // seconds
constexpr std::size_t kLetters = 8;
constexpr std::size_t kKeys = 12;
constexpr std::size_t kName = 14;
constexpr std::size_t kBits = 15;
constexpr std::size_t kModSeq = 16;
constexpr std::size_t kInternalDate = 24;
constexpr std::size_t kSize = 32;
constexpr std::size_t kStoredSize = 40;
constexpr std::size_t kSummary = 48;
constexpr std::size_t kSummaryOctets = 56;
}  // namespace at_row
constexpr std::size_t kRowSize = 60;
constexpr std::uint8_t kInNew = 32;
constexpr std::uint8_t kIsMisnamed = 64;

/// Without its texts.
MessageRow load_row(const char* from) {
  MessageRow row(load<Uid>(from + at_row::kUid));
  const auto bits = load<std::uint8_t>(from + at_row::kBits);
  row.set_flags({bits, load<std::uint32_t>(from + at_row::kLetters)});
  row.set_new((bits & kInNew) != 0);
  row.set_misnamed((bits & kIsMisnamed) != 0);
  row.set_save_date(WallTime(seconds(load<std::uint32_t>(from + at_row::kSaveDate))));
  row.set_modseq(load<ModSeq>(from + at_row::kModSeq));
  row.set_internal_date(WallTime(Duration(load<std::int64_t>(from + at_row::kInternalDate))));
  row.set_size(load<std::uint64_t>(from + at_row::kSize));
  row.set_stored_size(load<std::uint64_t>(from + at_row::kStoredSize));
  row.set_summary({load<std::uint64_t>(from + at_row::kSummary),
                   load<std::uint32_t>(from + at_row::kSummaryOctets)});
  return row;
}

std::uint8_t bits_of(const MessageRow& row) {
  return static_cast<std::uint8_t>(row.flags().system | (row.is_new() ? kInNew : 0) |
                                   (row.is_misnamed() ? kIsMisnamed : 0));
}
std::uint32_t letters_of(const MessageRow& row, const KeywordLetters& letters) {
  const Flags flags = row.flags();
  return flags.keywords == 0 ? 0 : letters.letters_of(flags).keyword_letters;
}

void store_row(char* to, const MessageRow& row, const KeywordLetters& letters) {
  const std::int64_t save_date = row.save_date().time_since_epoch() / seconds(1);
  store(to + at_row::kUid, row.uid());
  store(to + at_row::kSaveDate, static_cast<std::uint32_t>(save_date));
  store(to + at_row::kLetters, letters_of(row, letters));
  store(to + at_row::kKeys, static_cast<std::uint16_t>(row.keys_size()));
  store(to + at_row::kName, static_cast<std::uint8_t>(row.name_size()));
  store(to + at_row::kBits, bits_of(row));
  store(to + at_row::kModSeq, row.modseq());
  store(to + at_row::kInternalDate, row.internal_date().time_since_epoch().count());
  store(to + at_row::kSize, row.size());
  store(to + at_row::kStoredSize, row.stored_size());
  store(to + at_row::kSummary, row.summary().offset);
  store(to + at_row::kSummaryOctets, row.summary().octets);
}

/// Reads from the front; after a read behind the end everything is 0 and `ok` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  template <class Number>
  Number take() {
    const std::string_view octets = cut(sizeof(Number));
    return octets.empty() ? Number{} : load<Number>(octets.data());
  }
  WallTime take_time() { return WallTime(Duration(take<std::int64_t>())); }
  std::string_view take_text() { return cut(take<std::uint32_t>()); }
  Glance take_glance() {
    Glance glance;
    glance.modified = take_time();
    glance.changed = take_time();
    glance.inode = take<std::uint64_t>();
    glance.size = take<std::uint64_t>();
    return glance;
  }

  std::string_view cut(std::size_t octets) {
    if (rest_.size() < octets) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view part = rest_.substr(0, octets);
    rest_.remove_prefix(octets);
    return part;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::uint32_t block_checksum(std::uint64_t seed, std::uint64_t position, std::string_view records) {
  std::string head;
  put(head, seed);
  put(head, position);
  return checksum(records, checksum(head));
}

/// A name out of this file becomes part of a path.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= MessageRow::kMostName && name.front() != '.' &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return c == '/' || ascii::is_control(c); });
}

/// Whether any octet could not stand in a name; eight at once.
bool has_unfit(std::string_view texts) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x80 * kOnes;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  std::uint64_t found = 0;
  for (; texts.size() >= 8; texts.remove_prefix(8)) {
    const auto word = load<std::uint64_t>(texts.data());
    found |= ((word - 0x20 * kOnes) & ~word) | has_zero(word ^ '/' * kOnes) |
             has_zero(word ^ 0x7f * kOnes);
  }
  return (found & kHigh) != 0 || std::any_of(texts.begin(), texts.end(), [](char c) {
           return c == '/' || ascii::is_control(c);
         });
}

IndexedFolder take_folder(Reader& reader) {
  IndexedFolder folder;
  folder.boot = reader.take<std::uint64_t>();
  folder.uidlist.validity = reader.take<UidValidity>();
  folder.uidlist.next = reader.take<std::uint64_t>();
  folder.uidlist.others = reader.take_text();
  folder.uidlist_glance = reader.take_glance();
  folder.uidlist_records = reader.take<std::uint64_t>();
  folder.scanned_next = reader.take<std::uint64_t>();
  folder.modseq = reader.take<ModSeq>();
  folder.known_since = reader.take<ModSeq>();
  folder.cache_id = reader.take<std::uint64_t>();
  folder.cache_size = reader.take<std::uint64_t>();
  folder.has_glances = reader.take<std::uint8_t>() != 0;
  folder.in_new = reader.take_glance();
  folder.in_cur = reader.take_glance();
  return folder;
}

struct TakenMessage {
  MessageRow row;
  std::string_view name;
  std::string_view keys;
};

TakenMessage take_message(Reader& reader) {
  TakenMessage message{MessageRow(reader.take<Uid>()), {}, {}};
  MessageRow& row = message.row;
  row.set_modseq(reader.take<ModSeq>());
  row.set_internal_date(reader.take_time());
  row.set_save_date(reader.take_time());
  row.set_size(reader.take<std::uint64_t>());
  row.set_stored_size(reader.take<std::uint64_t>());
  row.set_new(reader.take<std::uint8_t>() != 0);
  const auto offset = reader.take<std::uint64_t>();
  row.set_summary({offset, reader.take<std::uint32_t>()});
  message.name = reader.take_text();
  message.keys = reader.take_text();
  const NameFlags flags = flags_of(parse_message_name(message.name));
  row.set_flags({flags.system, flags.keyword_letters});
  return message;
}

/// Builds the image record by record. A row that goes is only marked, so that a long journal of
/// removals costs no more than its length.
class Builder {
 public:
  /// `file` is what all records stand in.
  explicit Builder(std::string_view file) : file_(file) {}

  /// False: the records make no sense.
  bool apply(std::string_view records) {
    Reader reader(records);
    bool ends_with_folder = false;
    while (!reader.at_end()) {
      const auto kind = static_cast<Kind>(reader.take<std::uint8_t>());
      ends_with_folder = kind == Kind::kFolder;
      if (!apply_one(kind, reader) || !reader.ok()) return false;
    }
    return ends_with_folder;
  }

  bool finish(IndexImage& image) {
    std::erase_if(rows_, [](const MessageRow& row) { return row.is_gone(); });
    image.folder = std::move(folder_);
    image.expunged = std::move(expunged_);
    const IndexedFolder& folder = image.folder;
    std::erase_if(image.expunged,
                  [&](const Tombstone& line) { return line.first <= folder.known_since; });
    const auto next = folder.uidlist.next;
    if (number(folder.uidlist.validity) == 0 || next == 0 || next > kMaxUid + 1) return false;
    if (!rows_.empty() && number(rows_.back().uid()) >= next) return false;
    for (const MessageRow& row : rows_) {
      if (row.modseq() > folder.modseq) return false;
    }
    image.rows = std::move(rows_);
    image.table_end = table_end_;
    image.others = std::move(others_);
    if (!image.expunged.empty() && image.expunged.back().first > folder.modseq) return false;
    return std::is_sorted(image.expunged.begin(), image.expunged.end(),
                          [](const auto& a, const auto& b) { return a.first < b.first; });
  }

 private:
  bool apply_one(Kind kind, Reader& reader) {
    switch (kind) {
      case Kind::kFolder: folder_ = take_folder(reader); return true;
      case Kind::kMessage: return upsert(take_message(reader));
      case Kind::kTable: return take_table(reader);
      case Kind::kExpunged: {
        const auto modseq = reader.take<ModSeq>();
        const auto uid = reader.take<Uid>();
        expunged_.emplace_back(modseq, uid);
        if (MessageRow* row = find(uid)) row->set_gone();
        return true;
      }
      case Kind::kFlags: {
        const auto uid = reader.take<Uid>();
        const auto bits = reader.take<std::uint8_t>();
        const auto letters = reader.take<std::uint32_t>();
        if (MessageRow* row = find(uid)) {
          row->set_flags({bits, letters});
          row->set_misnamed(true);
        }
        return true;
      }
      case Kind::kPlace: {
        const auto uid = reader.take<Uid>();
        SummaryPlace place;
        place.offset = reader.take<std::uint64_t>();
        place.octets = reader.take<std::uint32_t>();
        if (MessageRow* row = find(uid)) row->set_summary(place);
        return true;
      }
    }
    return false;
  }

  std::size_t position_of(std::string_view text) const {
    return static_cast<std::size_t>(text.data() - file_.data());
  }
  bool upsert(TakenMessage message) {
    MessageRow& row = message.row;
    if (number(row.uid()) == 0 || !is_file_name(message.name)) return false;
    if (message.keys.size() > MessageRow::kMostKeys) return false;
    row.set_text(table_end_ + others_.size(), message.name.size(), message.keys.size());
    others_ += message.name;
    others_ += message.keys;
    const auto at = lower_bound(row.uid());
    if (at != rows_.end() && at->uid() == row.uid()) {
      *at = row;
    } else {
      rows_.insert(at, row);
    }
    return true;
  }
  bool take_table(Reader& reader) {
    const std::uint64_t count = reader.take<std::uint32_t>();
    const std::string_view texts = reader.take_text();
    const std::string_view octets = reader.cut(count * kRowSize);
    if (!reader.ok() || !rows_.empty()) return false;
    const bool must_check = has_unfit(texts);
    rows_.reserve(count);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char* const from = octets.data() + i * kRowSize;
      MessageRow row = load_row(from);
      const auto name_size = load<std::uint8_t>(from + at_row::kName);
      const auto keys_size = load<std::uint16_t>(from + at_row::kKeys);
      if (texts.size() - at < std::size_t{name_size} + keys_size || name_size == 0) return false;
      if (texts[at] == '.' || (must_check && !is_file_name(texts.substr(at, name_size)))) {
        return false;
      }
      if (number(row.uid()) <= (rows_.empty() ? 0 : number(rows_.back().uid()))) return false;
      row.set_text(position_of(texts) + at, name_size, keys_size);
      at += std::size_t{name_size} + keys_size;
      rows_.push_back(row);
    }
    table_end_ = position_of(texts) + texts.size();
    return true;
  }
  MessageRow* find(Uid uid) {
    const auto at = lower_bound(uid);
    return at != rows_.end() && at->uid() == uid ? &*at : nullptr;
  }
  std::vector<MessageRow>::iterator lower_bound(Uid uid) {
    if (rows_.empty() || rows_.back().uid() < uid) return rows_.end();
    return std::lower_bound(rows_.begin(), rows_.end(), uid,
                            [](const MessageRow& row, Uid wanted) { return row.uid() < wanted; });
  }

  std::string_view file_;
  IndexedFolder folder_;
  std::vector<MessageRow> rows_;
  std::size_t table_end_ = 0;
  std::string others_;  // texts of messages that are not in the table
  std::vector<Tombstone> expunged_;
};

}  // namespace

std::optional<IndexImage> parse_index(std::string_view bytes) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with(kMagic)) return std::nullopt;
  Reader header(bytes.substr(kMagic.size(), kHeaderSize - kMagic.size()));
  IndexImage image;
  image.version = header.take<std::uint32_t>();
  if (image.version == 0 || image.version > kIndexVersion) return std::nullopt;
  image.inode = header.take<std::uint64_t>();
  image.seed = header.take<std::uint64_t>();
  if (header.take<std::uint32_t>() != checksum(bytes.substr(0, kHeaderSize - 4))) {
    return std::nullopt;
  }
  Builder builder(bytes);
  std::size_t at = kHeaderSize;
  while (bytes.size() - at > kBlockHead) {
    Reader head(bytes.substr(at, kBlockHead));
    const auto octets = head.take<std::uint32_t>();
    const auto sum = head.take<std::uint32_t>();
    if (octets == 0 || octets > bytes.size() - at - kBlockHead) break;
    const std::string_view records = bytes.substr(at + kBlockHead, octets);
    if (sum != block_checksum(image.seed, at, records)) break;
    if (!builder.apply(records)) return std::nullopt;
    at += kBlockHead + octets;
    if (image.snapshot_size == 0) image.snapshot_size = at;
  }
  if (at == kHeaderSize) return std::nullopt;
  image.is_whole = at == bytes.size();
  if (!builder.finish(image)) return std::nullopt;
  return image;
}

TextPool take_texts(IndexImage& image, TextPool bytes) {
  std::size_t live = 0;
  for (const MessageRow& row : image.rows) live += row.text_size();
  bytes.truncate(image.table_end);
  bytes.add(image.others);
  bytes.drop(bytes.size() - live);
  return bytes;
}

void IndexBlock::add(const MessageRow& row, std::string_view name, std::string_view keys,
                     const KeywordLetters& letters) {
  put(records_, Kind::kMessage);
  put(records_, row.uid());
  put(records_, row.modseq());
  put_time(records_, row.internal_date());
  put_time(records_, row.save_date());
  put(records_, row.size());
  put(records_, row.stored_size());
  put(records_, static_cast<std::uint8_t>(row.is_new() ? 1 : 0));
  put(records_, row.summary().offset);
  put(records_, row.summary().octets);
  put_text(records_, name);
  put_text(records_, keys);
  if (!row.is_misnamed()) return;
  put(records_, Kind::kFlags);
  put(records_, row.uid());
  put(records_, bits_of(row));
  put(records_, letters_of(row, letters));
}

void IndexBlock::add(std::span<const MessageRow> rows, const TextPool& texts,
                     const KeywordLetters& letters) {
  std::size_t octets = 0;
  for (const MessageRow& row : rows) octets += row.text_size();
  records_.reserve(records_.size() + octets + rows.size() * kRowSize + kFolderRoom);
  put(records_, Kind::kTable);
  put(records_, static_cast<std::uint32_t>(rows.size()));
  put(records_, static_cast<std::uint32_t>(octets));
  for (const MessageRow& row : rows) records_ += row.text(texts);
  char row_octets[kRowSize];
  for (const MessageRow& row : rows) {
    store_row(row_octets, row, letters);
    records_.append(row_octets, kRowSize);
  }
}

void IndexBlock::add(const Tombstone& expunged) {
  put(records_, Kind::kExpunged);
  put(records_, expunged.first);
  put(records_, expunged.second);
}

void IndexBlock::add(Uid uid, const SummaryPlace& place) {
  put(records_, Kind::kPlace);
  put(records_, uid);
  put(records_, place.offset);
  put(records_, place.octets);
}

void IndexBlock::add(const IndexedFolder& folder) {
  put(records_, Kind::kFolder);
  put(records_, folder.boot);
  put(records_, folder.uidlist.validity);
  put(records_, folder.uidlist.next);
  put_text(records_, folder.uidlist.others);
  put_glance(records_, folder.uidlist_glance);
  put(records_, folder.uidlist_records);
  put(records_, folder.scanned_next);
  put(records_, folder.modseq);
  put(records_, folder.known_since);
  put(records_, folder.cache_id);
  put(records_, folder.cache_size);
  put(records_, static_cast<std::uint8_t>(folder.has_glances ? 1 : 0));
  put_glance(records_, folder.in_new);
  put_glance(records_, folder.in_cur);
}

std::string IndexText::header(std::uint64_t inode, std::uint64_t seed) {
  std::string text(kMagic);
  put(text, kIndexVersion);
  put(text, inode);
  put(text, seed);
  put(text, checksum(text));
  return text;
}

std::string IndexText::block_head(const IndexBlock& block, std::uint64_t seed,
                                  std::uint64_t written) {
  std::string text;
  put(text, static_cast<std::uint32_t>(block.records().size()));
  put(text, block_checksum(seed, written, block.records()));
  return text;
}

}  // namespace mail::store
