// Both files carry checksums under the table's key. A record's also depends on where it stands and
// on the journal's generation, so that no leftover of an older journal is taken for one.
//
//   table    "LMBAYES1" version tokenizer key[2] generation ham spam buckets digests
//            bucket[16]… (digest[16] class[1])… 2 × (count (size token[5]…)…) checksum[8]
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
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kTokenOctets = 5;
constexpr std::size_t kChecksumOctets = 8;
constexpr std::size_t kRecordHeaderOctets = 4 + 1 + 2 + 16;

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

crypto::HashKey record_key(const crypto::HashKey& key, std::uint64_t generation,
                           std::uint64_t offset) {
  return {key[0] ^ generation, key[1] ^ offset};
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

std::string write_image(const Image& image) {
  const std::vector<Bucket> buckets = image.table.sorted();
  std::string bytes;
  bytes.reserve(256 + buckets.size() * sizeof(Bucket) + image.trained.size() * 17);
  bytes += kImageMagic;
  put(bytes, kVersion);
  put(bytes, kTokenizerVersion);
  put(bytes, image.key);
  put(bytes, image.generation);
  put(bytes, image.table.messages(Class::kHam));
  put(bytes, image.table.messages(Class::kSpam));
  put(bytes, static_cast<std::uint64_t>(buckets.size()));
  put(bytes, static_cast<std::uint64_t>(image.trained.size()));
  bytes.append(reinterpret_cast<const char*>(buckets.data()), buckets.size() * sizeof(Bucket));
  for (const auto& [digest, trained_as] : image.trained) {
    put(bytes, digest);
    put(bytes, trained_as);
  }
  for (const auto& messages : image.table.rehearsal()) {
    put(bytes, static_cast<std::uint32_t>(messages.size()));
    for (const auto& tokens : messages) {
      put(bytes, static_cast<std::uint32_t>(tokens.size()));
      for (const Token token : tokens) put_token(bytes, token);
    }
  }
  put(bytes, crypto::keyed_hash(image.key, bytes));
  return bytes;
}

StatusOr<Image> read_image(std::string_view bytes) {
  if (!bytes.starts_with(kImageMagic)) return invalid("this is no table of a classifier");
  Input input(bytes.substr(kImageMagic.size()));
  const auto version = input.take<std::uint32_t>();
  const auto tokenizer = input.take<std::uint32_t>();
  if (version != kVersion || tokenizer != kTokenizerVersion) {
    return invalid("the table is of version ", version, ".", tokenizer, ", this program reads ",
                   kVersion, ".", kTokenizerVersion);
  }
  Image image;
  image.key = input.take<crypto::HashKey>();
  if (input.has_failed() || bytes.size() < kChecksumOctets)
    return invalid("the table is cut short");
  Input checksum(bytes.substr(bytes.size() - kChecksumOctets));
  if (checksum.take<std::uint64_t>() !=
      crypto::keyed_hash(image.key, bytes.substr(0, bytes.size() - kChecksumOctets))) {
    return invalid("the table's checksum is wrong: it was cut short or changed");
  }
  image.generation = input.take<std::uint64_t>();
  const std::array<std::uint64_t, 2> messages = {input.take<std::uint64_t>(),
                                                 input.take<std::uint64_t>()};
  const auto bucket_count = input.take<std::uint64_t>();
  const auto digest_count = input.take<std::uint64_t>();
  if (!input.holds(bucket_count, sizeof(Bucket))) return invalid("the table is cut short");
  std::vector<Bucket> buckets(bucket_count);
  const std::string_view raw = input.take_bytes(bucket_count * sizeof(Bucket));
  if (!raw.empty()) std::memcpy(static_cast<void*>(buckets.data()), raw.data(), raw.size());
  if (!input.holds(digest_count, sizeof(MessageDigest) + 1)) {
    return invalid("the table is cut short");
  }
  image.trained.reserve(digest_count);
  for (std::uint64_t i = 0; i < digest_count; ++i) {
    const auto digest = input.take<MessageDigest>();
    image.trained[digest] = input.take<std::uint8_t>() == 0 ? Class::kHam : Class::kSpam;
  }
  auto rehearsal = take_rehearsal(input);
  if (!rehearsal || input.has_failed()) return invalid("the table is cut short");
  image.table = Table::restore(buckets, messages, std::move(*rehearsal));
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
      crypto::keyed_hash(record_key(key, generation, offset), std::string_view(to).substr(begin)));
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
      crypto::keyed_hash(record_key(key, generation, offset), covered)) {
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
