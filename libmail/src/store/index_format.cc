// A reader that believes nothing: lengths are checked before they are used, a checksum before the
// records behind it, and what the records say before it is handed on. So a file that was cut short,
// overwritten with zeros, or made by an enemy costs at most the time of a rebuild.
//
// Tested by tests/unit/store/index_format_test.cc; fuzzed by fuzz/index.cc.
#include "store/index_format.h"

#include <algorithm>

#include "mail/base/ascii.h"
#include "store/checksum.h"

namespace mail::store {
namespace {

constexpr std::string_view kMagic = "libmail\n";
constexpr std::size_t kHeaderSize = 8 + 4 + 8 + 8 + 4;
constexpr std::size_t kBlockHead = 4 + 4;

enum class Kind : std::uint8_t { kFolder = 1, kMessage = 2, kExpunged = 3, kPlace = 4 };

template <class Number>
void put(std::string& to, Number number) {
  const auto value = static_cast<std::uint64_t>(number);
  char octets[sizeof(Number)];
  for (std::size_t octet = 0; octet < sizeof(Number); ++octet) {
    octets[octet] = static_cast<char>(value >> (8 * octet));
  }
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

/// Reads from the front; after a read behind the end everything is 0 and `ok` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  template <class Number>
  Number take() {
    const std::string_view octets = cut(sizeof(Number));
    std::uint64_t value = 0;
    for (std::size_t octet = octets.size(); octet-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(octets[octet]);
    }
    return static_cast<Number>(value);
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

 private:
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
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return c == '/' || ascii::is_control(c); });
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

IndexedMessage take_message(Reader& reader) {
  IndexedMessage message;
  message.uid = reader.take<Uid>();
  message.modseq = reader.take<ModSeq>();
  message.internal_date = reader.take_time();
  message.save_date = reader.take_time();
  message.size = reader.take<std::uint64_t>();
  message.stored_size = reader.take<std::uint64_t>();
  message.is_new = reader.take<std::uint8_t>() != 0;
  message.summary.offset = reader.take<std::uint64_t>();
  message.summary.octets = reader.take<std::uint32_t>();
  message.name = reader.take_text();
  message.keys = reader.take_text();
  return message;
}

/// Builds the image record by record. A row that goes is only marked, so that a long journal of
/// removals costs no more than its length.
class Builder {
 public:
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
    std::erase_if(rows_, [](const Row& row) { return row.is_gone; });
    image.folder = std::move(folder_);
    image.expunged = std::move(expunged_);
    const IndexedFolder& folder = image.folder;
    std::erase_if(image.expunged,
                  [&](const Tombstone& line) { return line.first <= folder.known_since; });
    const auto next = folder.uidlist.next;
    if (number(folder.uidlist.validity) == 0 || next == 0 || next > kMaxUid + 1) return false;
    image.messages.reserve(rows_.size());
    for (Row& row : rows_) {
      if (row.message.modseq > folder.modseq) return false;
      if (number(row.message.uid) >= next) return false;
      image.messages.push_back(std::move(row.message));
    }
    if (!image.expunged.empty() && image.expunged.back().first > folder.modseq) return false;
    return std::is_sorted(image.expunged.begin(), image.expunged.end(),
                          [](const auto& a, const auto& b) { return a.first < b.first; });
  }

 private:
  struct Row {
    IndexedMessage message;
    bool is_gone = false;
  };

  bool apply_one(Kind kind, Reader& reader) {
    switch (kind) {
      case Kind::kFolder: folder_ = take_folder(reader); return true;
      case Kind::kMessage: return upsert(take_message(reader));
      case Kind::kExpunged: {
        const auto modseq = reader.take<ModSeq>();
        const auto uid = reader.take<Uid>();
        expunged_.emplace_back(modseq, uid);
        if (Row* row = find(uid)) row->is_gone = true;
        return true;
      }
      case Kind::kPlace: {
        const auto uid = reader.take<Uid>();
        SummaryPlace place;
        place.offset = reader.take<std::uint64_t>();
        place.octets = reader.take<std::uint32_t>();
        if (Row* row = find(uid)) row->message.summary = place;
        return true;
      }
    }
    return false;
  }

  bool upsert(IndexedMessage message) {
    if (number(message.uid) == 0 || !is_file_name(message.name)) return false;
    const auto at = lower_bound(message.uid);
    if (at != rows_.end() && at->message.uid == message.uid) {
      *at = {std::move(message), false};
    } else {
      rows_.insert(at, {std::move(message), false});
    }
    return true;
  }
  Row* find(Uid uid) {
    const auto at = lower_bound(uid);
    return at != rows_.end() && at->message.uid == uid ? &*at : nullptr;
  }
  std::vector<Row>::iterator lower_bound(Uid uid) {
    if (rows_.empty() || rows_.back().message.uid < uid) return rows_.end();
    return std::lower_bound(rows_.begin(), rows_.end(), uid,
                            [](const Row& row, Uid wanted) { return row.message.uid < wanted; });
  }

  IndexedFolder folder_;
  std::vector<Row> rows_;
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
  Builder builder;
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

void IndexBlock::add(const IndexedMessage& message) {
  put(records_, Kind::kMessage);
  put(records_, message.uid);
  put(records_, message.modseq);
  put_time(records_, message.internal_date);
  put_time(records_, message.save_date);
  put(records_, message.size);
  put(records_, message.stored_size);
  put(records_, static_cast<std::uint8_t>(message.is_new ? 1 : 0));
  put(records_, message.summary.offset);
  put(records_, message.summary.octets);
  put_text(records_, message.name);
  put_text(records_, message.keys);
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

std::string IndexText::block(const IndexBlock& block, std::uint64_t seed, std::uint64_t written) {
  std::string text;
  text.reserve(kBlockHead + block.records_.size());
  put(text, static_cast<std::uint32_t>(block.records_.size()));
  put(text, block_checksum(seed, written, block.records_));
  text += block.records_;
  return text;
}

}  // namespace mail::store
