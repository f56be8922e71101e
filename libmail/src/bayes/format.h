// The octets of both files. Numbers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "mail/base/status.h"
#include "mail/bayes/table.h"

namespace mail::bayes {

/// The beginning of a message's SHA-256, line ends as LF.
using MessageDigest = std::array<std::uint64_t, 2>;
MessageDigest digest_of(std::string_view message);

using TrainedMessages = absl::flat_hash_map<MessageDigest, Class>;

/// The table's file.
struct Image {
  crypto::HashKey key{};
  std::uint64_t generation = 0;
  Table table;
  TrainedMessages trained;
};
std::string write_image(const Image& image);
/// Fails: DataLoss-like InvalidArgument saying what is wrong.
StatusOr<Image> read_image(std::string_view bytes);

/// The journal: a header, then records.
struct Record {
  enum class Kind : std::uint8_t {
    kTrainHam,
    kTrainSpam,
    kUntrainHam,
    kUntrainSpam,
    kAge,
    kExpire
  };
  Kind kind = Kind::kAge;
  std::uint16_t day = 0;
  MessageDigest digest{};
  std::vector<Token> tokens;

  bool operator==(const Record&) const = default;
};
constexpr Record::Kind train_kind(Class c) {
  return c == Class::kHam ? Record::Kind::kTrainHam : Record::Kind::kTrainSpam;
}
constexpr Record::Kind untrain_kind(Class c) {
  return c == Class::kHam ? Record::Kind::kUntrainHam : Record::Kind::kUntrainSpam;
}

inline constexpr std::size_t kJournalHeaderOctets = 16;
std::string journal_header(std::uint64_t generation);
/// The generation; none when it is no journal's.
std::optional<std::uint64_t> read_journal_header(std::string_view bytes);

/// Appends a record that will stand at `offset` of the journal.
void write_record(std::string& to, const Record& record, const crypto::HashKey& key,
                  std::uint64_t generation, std::uint64_t offset);
/// The record at the start of `bytes`, and its octets; none when it is not whole and sound.
std::optional<Record> read_record(std::string_view bytes, const crypto::HashKey& key,
                                  std::uint64_t generation, std::uint64_t offset,
                                  std::size_t& octets);

}  // namespace mail::bayes
