// What the classifier sees of a message: a set of tokens, each counted once however often it stands
// there. Words of the decoded text, of header fields (with the field's name before them), parts of
// URLs and addresses, HTML tags and attributes, media types, and the order of the header fields.
//
// A token is a keyed 40-bit hash: who does not know a table's key cannot craft words that collide.
// The same message gives the same tokens with CRLF and with LF line ends. docs/bayes.md lists the
// kinds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/crypto/keyed_hash.h"

namespace mail::bayes {

/// The hash of one token: 40 bits, never 0.
using Token = std::uint64_t;

/// Set in tokens of how a message is made (tags, fields and their order, media types), not of what
/// it says. One HTML message has dozens of them, all saying the same: from few messages they tell
/// only that HTML was seen.
inline constexpr Token kStructureBit = 1;
constexpr bool is_structure(Token token) { return (token & kStructureBit) != 0; }

/// Changes whenever the same message would give other tokens: counts of another version cannot be
/// taken back token by token.
inline constexpr std::uint32_t kTokenizerVersion = 4;

/// A table's key, drawn out to what tokens are hashed with. A value.
struct TokenKey {
  explicit TokenKey(const crypto::HashKey& key);

  static constexpr std::size_t kKindOctets = 40;  // of one token: "subject:"
  static constexpr std::size_t kWordOctets = 80;
  /// A number of 128 bits.
  struct Factor {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
  };
  std::array<Factor, 2 + (kKindOctets + kWordOctets) / 8> factors;
};

/// A value. Caps against padding and flooding (docs/limits.md).
struct TokenLimits {
  std::size_t header_octets = 65536;  // of the message's header
  std::size_t part_octets = 102400;   // of one part, decoded
  std::size_t part_words = 4000;
  std::size_t parts = 100;  // text parts that are looked at
  std::size_t tokens = 20000;
};

/// Distinct tokens in the order in which they were found. Reused from message to message, it
/// allocates nothing in a steady state.
class TokenSet {
 public:
  TokenSet();

  void clear();
  /// False when it was there, or the set is full.
  bool insert(Token token);
  const std::vector<Token>& tokens() const { return tokens_; }
  std::size_t size() const { return tokens_.size(); }

  std::size_t limit = TokenLimits{}.tokens;

 private:
  void grow();

  std::vector<Token> tokens_;
  // Open addressing, a power of two. Above the 40 bits of a token stands a stamp: a slot with
  // another one than `stamp_` is free, so that `clear` need not touch them.
  std::vector<std::uint64_t> slots_;
  std::uint64_t stamp_ = kStamp;

  static constexpr std::uint64_t kStamp = std::uint64_t{1} << 40;
};

/// A resource that keeps its buffers; one thread at a time.
class Tokenizer {
 public:
  explicit Tokenizer(const crypto::HashKey& key, const TokenLimits& limits = {});

  /// The tokens of a message; they are overwritten by the next call.
  const TokenSet& tokenize(std::string_view message);

  /// Told of each distinct token with its text, "subject:viagra", in the order found.
  using Listener = std::function<void(Token, std::string_view)>;
  const TokenSet& tokenize(std::string_view message, const Listener& listener);

 private:
  TokenKey key_;
  TokenLimits limits_;
  TokenSet set_;
  std::string text_;  // of one part, decoded
};

}  // namespace mail::bayes
