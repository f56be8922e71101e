// Both files carry checksums under the table's key. A record's also depends on where it stands and
// on the journal's generation, so that no leftover of an older journal is taken for one.
//
//   table    "LMBAYES1" version tokenizer key[2] generation ham spam buckets digests rehearsal's
//            octets, checksum[8]
//            (first token[8] checksum[8]) of each block…, checksum[8]
//            2 × (count (size token[5]…)…) checksum[8]
//            (digest[16] class[1])… checksum[8]
//            bucket[16]… in ascending order of tokens; 64 are a block
//   journal  "LMBAYESJ" generation, then records: size[4] kind[1] day[2] digest[16] token[5]…
//            checksum[8]
//
// Tested by tests/unit/bayes/database_test.cc, fuzz/bayes_database.cc.
#include "bayes/format.h"

#include <bit>
#include <cstring>
#include <utility>

#include "mail/crypto/digest.h"

namespace mail::bayes {
namespace {

static_assert(std::endian::native == std::endian::little, "the files hold little-endian numbers");

constexpr std::string_view kImageMagic = "LMBAYES1";
constexpr std::string_view kJournalMagic = "LMBAYESJ";
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kTokenOctets = 5;
constexpr std::size_t kChecksumOctets = 8;
constexpr std::size_t kRecordHeaderOctets = 4 + 1 + 2 + 16;
constexpr std::size_t kTrainedOctets = sizeof(MessageDigest) + 1;
static_assert(sizeof(BlockMark) == 16);

template <class T>
void put(std::string& to, const T& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_token(std::string& to, Token token) {
  to.append(reinterpret_cast<const char*>(&token), kTokenOctets);
}

/// Takes values off the front; once there is too little, nothing more.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    const std::string_view raw = take_bytes(sizeof value);
    if (!raw.empty()) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  Token take_token() {
    Token token = 0;
    const std::string_view raw = take_bytes(kTokenOctets);
    if (!raw.empty()) std::memcpy(&token, raw.data(), kTokenOctets);
    return token;
  }
  std::string_view take_bytes(std::uint64_t size) {
    if (size > bytes_.size()) {
      has_failed_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  /// Room for so many things of that size.
  bool holds(std::uint64_t count, std::size_t size) const {
    return !has_failed_ && count <= bytes_.size() / size;
  }
  bool has_failed() const { return has_failed_; }
  bool is_at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool has_failed_ = false;
};

/// Of what stands at `offset` of a file of that generation.
crypto::HashKey section_key(const crypto::HashKey& key, std::uint64_t generation,
                            std::uint64_t offset) {
  return {key[0] ^ generation, key[1] ^ offset};
}

/// A section without its checksum.
StatusOr<std::string_view> content_of(const ImageHeader& header, std::uint64_t at,
                                      std::string_view section) {
  if (section.size() < kChecksumOctets) return invalid("the table is cut short");
  const std::string_view content = section.substr(0, section.size() - kChecksumOctets);
  Input checksum(section.substr(content.size()));
  const crypto::HashKey key = section_key(header.key, header.generation, at);
  if (checksum.take<std::uint64_t>() != crypto::keyed_hash(key, content)) {
    return invalid("the table was changed from octet ", at, " on");
  }
  return content;
}

std::string write_header(const ImageHeader& header) {
  std::string bytes(kImageMagic);
  put(bytes, kVersion);
  put(bytes, kTokenizerVersion);
  put(bytes, header.key);
  put(bytes, header.generation);
  put(bytes, header.messages);
  put(bytes, header.buckets);
  put(bytes, header.trained);
  put(bytes, header.rehearsal_octets);
  put(bytes, crypto::keyed_hash(header.key, bytes));
  return bytes;
}

std::optional<Table::Rehearsal> take_rehearsal(Input& input) {
  Table::Rehearsal rehearsal;
  for (auto& messages : rehearsal) {
    const auto count = input.take<std::uint32_t>();
    if (count > Table::kRehearsed) return std::nullopt;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto size = input.take<std::uint32_t>();
      if (size > Table::kRehearsedTokens || !input.holds(size, kTokenOctets)) return std::nullopt;
      auto& tokens = messages.emplace_back();
      for (std::uint32_t k = 0; k < size; ++k) tokens.push_back(input.take_token());
    }
  }
  return rehearsal;
}

}  // namespace

MessageDigest digest_of(std::string_view message) {
  crypto::Digest digest(crypto::Algorithm::kSha256);
  while (!message.empty()) {
    const std::size_t end = message.find("\r\n");
    digest.update(message.substr(0, end));
    if (end == message.npos) break;
    message.remove_prefix(end + 1);  // the LF goes with what follows
  }
  const std::string octets = digest.finish();
  MessageDigest result;
  std::memcpy(result.data(), octets.data(), sizeof result);
  return result;
}

std::uint64_t ImageHeader::blocks() const { return (buckets + kBlockBuckets - 1) / kBlockBuckets; }
std::uint64_t ImageHeader::index_at() const { return kImageHeaderOctets; }
std::uint64_t ImageHeader::rehearsal_at() const {
  return index_at() + blocks() * sizeof(BlockMark) + kChecksumOctets;
}
std::uint64_t ImageHeader::trained_at() const {
  return rehearsal_at() + rehearsal_octets + kChecksumOctets;
}
std::uint64_t ImageHeader::blocks_at() const {
  return trained_at() + trained * kTrainedOctets + kChecksumOctets;
}
std::uint64_t ImageHeader::file_octets() const { return blocks_at() + buckets * sizeof(Bucket); }

StatusOr<ImageHeader> read_image_header(std::string_view bytes, std::uint64_t file_octets) {
  if (!bytes.starts_with(kImageMagic)) return invalid("this is no table of a classifier");
  Input input(bytes.substr(kImageMagic.size()));
  const auto version = input.take<std::uint32_t>();
  const auto tokenizer = input.take<std::uint32_t>();
  if (version != kVersion || tokenizer != kTokenizerVersion) {
    return invalid("the table is of version ", version, ".", tokenizer, ", this program reads ",
                   kVersion, ".", kTokenizerVersion);
  }
  ImageHeader header;
  header.key = input.take<crypto::HashKey>();
  header.generation = input.take<std::uint64_t>();
  header.messages = {input.take<std::uint64_t>(), input.take<std::uint64_t>()};
  header.buckets = input.take<std::uint64_t>();
  header.trained = input.take<std::uint64_t>();
  header.rehearsal_octets = input.take<std::uint64_t>();
  const auto checksum = input.take<std::uint64_t>();
  if (input.has_failed()) return invalid("the table is cut short");
  const std::string_view covered = bytes.substr(0, kImageHeaderOctets - kChecksumOctets);
  if (checksum != crypto::keyed_hash(header.key, covered)) return invalid("the header is changed");
  const bool is_possible = header.buckets <= file_octets && header.trained <= file_octets &&
                           header.rehearsal_octets <= file_octets;
  if (!is_possible || header.file_octets() != file_octets) {
    return invalid("the table is cut short, or too long");
  }
  return header;
}

StatusOr<std::vector<BlockMark>> read_index(const ImageHeader& header, std::string_view section) {
  MAIL_ASSIGN_OR_RETURN(section, content_of(header, header.index_at(), section));
  std::vector<BlockMark> marks(section.size() / sizeof(BlockMark));
  if (!marks.empty()) std::memcpy(marks.data(), section.data(), marks.size() * sizeof(BlockMark));
  return marks;
}

StatusOr<Table::Rehearsal> read_rehearsal(const ImageHeader& header, std::string_view section) {
  MAIL_ASSIGN_OR_RETURN(section, content_of(header, header.rehearsal_at(), section));
  Input input(section);
  auto rehearsal = take_rehearsal(input);
  if (!rehearsal || input.has_failed()) return invalid("the rehearsed messages are cut short");
  return std::move(*rehearsal);
}

Status read_block(const ImageHeader& header, std::uint64_t number, std::uint64_t checksum,
                  std::string_view block, Bucket* to) {
  const crypto::HashKey key =
      section_key(header.key, header.generation, header.blocks_at() + number * kBlockOctets);
  if (checksum != crypto::keyed_hash(key, block)) {
    return invalid("block ", number, " is cut short or changed");
  }
  std::memcpy(static_cast<void*>(to), block.data(), block.size());
  return absl::OkStatus();
}

std::string write_image(const Image& image) {
  const std::vector<Bucket> buckets = image.table.sorted();
  std::string rehearsal;
  for (const auto& messages : image.table.rehearsal()) {
    put(rehearsal, static_cast<std::uint32_t>(messages.size()));
    for (const auto& tokens : messages) {
      put(rehearsal, static_cast<std::uint32_t>(tokens.size()));
      for (const Token token : tokens) put_token(rehearsal, token);
    }
  }
  const ImageHeader header{image.key,
                           image.generation,
                           {image.table.messages(Class::kHam), image.table.messages(Class::kSpam)},
                           buckets.size(),
                           image.trained.size(),
                           rehearsal.size()};
  const auto seal = [&](std::uint64_t at, std::string_view octets) {
    return crypto::keyed_hash(section_key(image.key, image.generation, at), octets);
  };
  const std::string_view octets(reinterpret_cast<const char*>(buckets.data()),
                                buckets.size() * sizeof(Bucket));

  std::string bytes = write_header(header);
  bytes.reserve(header.file_octets());
  for (std::uint64_t i = 0; i < header.blocks(); ++i) {
    put(bytes, static_cast<std::uint64_t>(buckets[i * kBlockBuckets].token));
    put(bytes,
        seal(header.blocks_at() + i * kBlockOctets, octets.substr(i * kBlockOctets, kBlockOctets)));
  }
  put(bytes, seal(header.index_at(), std::string_view(bytes).substr(header.index_at())));
  bytes += rehearsal;
  put(bytes, seal(header.rehearsal_at(), rehearsal));
  for (const auto& [digest, trained_as] : image.trained) {
    put(bytes, digest);
    put(bytes, trained_as);
  }
  put(bytes, seal(header.trained_at(), std::string_view(bytes).substr(header.trained_at())));
  return bytes += octets;
}

StatusOr<Image> read_image(std::string_view bytes) {
  MAIL_ASSIGN_OR_RETURN(const ImageHeader header, read_image_header(bytes, bytes.size()));
  const auto section = [&](std::uint64_t from, std::uint64_t to) {
    return bytes.substr(from, to - from);
  };
  MAIL_ASSIGN_OR_RETURN(const auto marks,
                        read_index(header, section(header.index_at(), header.rehearsal_at())));
  MAIL_ASSIGN_OR_RETURN(
      auto rehearsal, read_rehearsal(header, section(header.rehearsal_at(), header.trained_at())));
  Image image{header.key, header.generation, {}, {}};
  MAIL_ASSIGN_OR_RETURN(
      const std::string_view trained,
      content_of(header, header.trained_at(), section(header.trained_at(), header.blocks_at())));
  Input input(trained);
  image.trained.reserve(header.trained);
  while (!input.is_at_end()) {
    const auto digest = input.take<MessageDigest>();
    image.trained[digest] = input.take<std::uint8_t>() == 0 ? Class::kHam : Class::kSpam;
  }
  std::vector<Bucket> buckets(header.buckets);
  for (std::uint64_t i = 0; i < header.blocks(); ++i) {
    const auto octets = bytes.substr(header.blocks_at() + i * kBlockOctets, kBlockOctets);
    MAIL_RETURN_IF_ERROR(
        read_block(header, i, marks[i].checksum, octets, buckets.data() + i * kBlockBuckets));
  }
  image.table = Table::restore(buckets, header.messages, std::move(rehearsal));
  return image;
}

std::string journal_header(std::uint64_t generation) {
  std::string bytes(kJournalMagic);
  put(bytes, generation);
  return bytes;
}

std::optional<std::uint64_t> read_journal_header(std::string_view bytes) {
  if (!bytes.starts_with(kJournalMagic) || bytes.size() < kJournalHeaderOctets) return std::nullopt;
  return Input(bytes.substr(kJournalMagic.size())).take<std::uint64_t>();
}

void write_record(std::string& to, const Record& record, const crypto::HashKey& key,
                  std::uint64_t generation, std::uint64_t offset) {
  const std::size_t begin = to.size();
  put(to, static_cast<std::uint32_t>(kRecordHeaderOctets + record.tokens.size() * kTokenOctets +
                                     kChecksumOctets));
  put(to, record.kind);
  put(to, record.day);
  put(to, record.digest);
  for (const Token token : record.tokens) put_token(to, token);
  put(to,
      crypto::keyed_hash(section_key(key, generation, offset), std::string_view(to).substr(begin)));
}

std::optional<Record> read_record(std::string_view bytes, const crypto::HashKey& key,
                                  std::uint64_t generation, std::uint64_t offset,
                                  std::size_t& octets) {
  Input input(bytes);
  const auto size = input.take<std::uint32_t>();
  if (input.has_failed() || size > bytes.size() || size < kRecordHeaderOctets + kChecksumOctets) {
    return std::nullopt;
  }
  bytes = bytes.substr(0, size);
  const std::string_view covered = bytes.substr(0, size - kChecksumOctets);
  Input checksum(bytes.substr(covered.size()));
  if (checksum.take<std::uint64_t>() !=
      crypto::keyed_hash(section_key(key, generation, offset), covered)) {
    return std::nullopt;
  }
  Record record;
  const auto kind = input.take<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(Record::Kind::kExpire)) return std::nullopt;
  record.kind = static_cast<Record::Kind>(kind);
  record.day = input.take<std::uint16_t>();
  record.digest = input.take<MessageDigest>();
  const std::size_t tokens = (covered.size() - kRecordHeaderOctets) / kTokenOctets;
  record.tokens.reserve(tokens);
  for (std::size_t i = 0; i < tokens; ++i) record.tokens.push_back(input.take_token());
  octets = size;
  return record;
}

}  // namespace mail::bayes
