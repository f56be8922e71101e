// Where tokens go: joined with their kind, folded, hashed, counted once.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/bayes/tokens.h"

namespace mail::bayes {

class Sink {
 public:
  Sink(const TokenKey& key, TokenSet& set, const Tokenizer::Listener* listener)
      : key_(key), set_(set), listener_(listener) {}

  /// "kind" and word, as they are; both are cut at TokenKey::kKindOctets and kWordOctets.
  void add(std::string_view kind, std::string_view word) { put(kind, word, false, false); }
  /// The word in lower case: ASCII, Latin-1, Greek and Cyrillic letters.
  void add_lower(std::string_view kind, std::string_view word) { put(kind, word, true, false); }
  /// How the message is made, in lower case: `is_structure` will say so of the token.
  void add_structure(std::string_view kind, std::string_view word) { put(kind, word, true, true); }

  bool is_full() const { return set_.size() >= set_.limit; }

 private:
  void put(std::string_view kind, std::string_view word, bool lower, bool is_structure);
  void tell(Token token, std::string_view kind, std::string_view word, bool lower) const;

  const TokenKey& key_;
  TokenSet& set_;
  const Tokenizer::Listener* listener_;
};

}  // namespace mail::bayes
