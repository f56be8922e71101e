// The set of tokens and the way into it. A message's text is scanned by words.cc, html_text.cc and
// header_tokens.cc; this file walks its parts.
//
// Tested by tests/unit/bayes/tokens_test.cc.
#include "mail/bayes/tokens.h"

#include <algorithm>
#include <array>

#include "bayes/header_tokens.h"
#include "bayes/html_text.h"
#include "bayes/sink.h"
#include "bayes/token_hash.h"
#include "bayes/words.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/mime.h"
#include "mail/text/charset.h"
#include "mail/text/utf8.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kFirstSlots = 2048;
constexpr int kTokenBits = 40;

/// The tokens are random already, but for their lowest bit.
std::size_t slot_of(Token token, std::size_t slots) { return (token >> 1) & (slots - 1); }

/// Lower case in place, for the alphabets whose letters are two octets in UTF-8 at a fixed
/// distance. text::casefold knows them all, but allocates for each word.
void fold(char* at, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    if (c < 0x80) {
      at[i] = ascii::to_lower(at[i]);
      continue;
    }
    if (i + 1 == size) return;
    const auto next = static_cast<unsigned char>(at[i + 1]);
    if (c == 0xC3 && next >= 0x80 && next <= 0x9E && next != 0x97) {  // À…Þ
      at[i + 1] = static_cast<char>(next + 0x20);
    } else if (c == 0xCE && next >= 0x91 && next <= 0x9F) {  // Α…Ο
      at[i + 1] = static_cast<char>(next + 0x20);
    } else if (c == 0xCE && next >= 0xA0 && next <= 0xA9) {  // Π…Ω
      at[i] = static_cast<char>(0xCF);
      at[i + 1] = static_cast<char>(next - 0x20);
    } else if (c == 0xD0 && next >= 0x90 && next <= 0x9F) {  // А…П
      at[i + 1] = static_cast<char>(next + 0x20);
    } else if (c == 0xD0 && next >= 0xA0 && next <= 0xAF) {  // Р…Я
      at[i] = static_cast<char>(0xD1);
      at[i + 1] = static_cast<char>(next - 0x20);
    }
    ++i;
  }
}

bool is_encoded(message::TransferEncoding encoding) {
  return encoding == message::TransferEncoding::kBase64 ||
         encoding == message::TransferEncoding::kQuotedPrintable;
}

/// Charsets of seven bits that switch between alphabets hide them from a look at the octets.
bool needs_conversion(std::string_view text, std::string_view charset) {
  return !text::is_ascii(text) || ascii::starts_with_ignoring_case(charset, "iso-2022-") ||
         ascii::equal_ignoring_case(charset, "hz-gb-2312") ||
         ascii::equal_ignoring_case(charset, "utf-7");
}

/// Whether it names a charset that is known; UTF-8 needs no name.
bool is_text_in(std::string_view text, std::string_view charset) {
  if (charset.empty() || ascii::equal_ignoring_case(charset, "us-ascii")) {
    return text::is_valid_utf8(text);
  }
  return text::is_known_charset(charset);
}

/// Words are words whatever their charset. Where none is known, one octet is one character: not
/// what the sender meant, but the same each time.
std::string to_plain_utf8(std::string_view text, std::string_view charset) {
  std::string utf8 = text::to_utf8(text, is_text_in(text, charset) ? charset : "iso-8859-1");
  make_plain(utf8);
  return utf8;
}

/// The word in lower case.
std::string_view lower(std::string_view word, std::array<char, TokenKey::kWordOctets>& to) {
  std::copy(word.begin(), word.end(), to.begin());
  fold(to.data(), word.size());
  return {to.data(), word.size()};
}

}  // namespace

TokenSet::TokenSet() : slots_(kFirstSlots) { tokens_.reserve(kFirstSlots / 2); }

void TokenSet::clear() {
  tokens_.clear();
  stamp_ += kStamp;
  // One large message must not make all that follow it dear. The memory stays.
  slots_.resize(kFirstSlots);
  if (stamp_ != 0) return;
  std::fill(slots_.begin(), slots_.end(), 0);
  stamp_ = kStamp;
}

bool TokenSet::insert(Token token) {
  const std::uint64_t stamped = token | stamp_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = slot_of(token, slots_.size());
  while ((slots_[at] ^ stamp_) < kStamp) {
    if (slots_[at] == stamped) return false;
    at = (at + 1) & mask;
  }
  if (tokens_.size() >= limit) return false;
  slots_[at] = stamped;
  tokens_.push_back(token);
  if (tokens_.size() * 2 > slots_.size()) grow();
  return true;
}

void TokenSet::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (const Token token : tokens_) {
    std::size_t at = slot_of(token, slots_.size());
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = token | stamp_;
  }
}

TokenKey::TokenKey(const crypto::HashKey& key) {
  std::uint64_t number = 0;
  const auto next = [&] {
    ++number;
    return crypto::keyed_hash(key, {reinterpret_cast<const char*>(&number), sizeof number});
  };
  for (Factor& factor : factors) {
    factor.low = next();
    factor.high = next();
  }
}

void Sink::put(std::string_view kind, std::string_view word, bool lower, bool is_structure) {
  kind = kind.substr(0, TokenKey::kKindOctets);
  word = word.substr(0, TokenKey::kWordOctets);
  TokenSum sum(key_, kind.size(), word.size());
  sum.add_kind(kind);
  if (!lower) {
    sum.add_word(word);
  } else if (TokenSum ascii = sum; ascii.add_lower_word(word)) {
    sum = ascii;
  } else {
    std::array<char, TokenKey::kWordOctets> buffer;
    sum.add_word(bayes::lower(word, buffer));
  }
  Token token = sum.value() >> (64 - kTokenBits);
  token = (token & ~kStructureBit) | (is_structure ? kStructureBit : 0);
  if (token == 0) token = 2;
  if (set_.insert(token) && listener_ != nullptr) tell(token, kind, word, lower);
}

void Sink::tell(Token token, std::string_view kind, std::string_view word, bool lower) const {
  std::array<char, TokenKey::kWordOctets> buffer;
  (*listener_)(token, cat(kind, lower ? bayes::lower(word, buffer) : word));
}

Tokenizer::Tokenizer(const crypto::HashKey& key, const TokenLimits& limits)
    : key_(key), limits_(limits) {
  set_.limit = limits.tokens;
}

const TokenSet& Tokenizer::tokenize(std::string_view message) { return tokenize(message, nullptr); }

const TokenSet& Tokenizer::tokenize(std::string_view message, const Listener& listener) {
  set_.clear();
  Sink sink(key_, set_, listener ? &listener : nullptr);
  const message::MimeTree tree(message);
  add_message_header(tree.header(tree.root()).substr(0, limits_.header_octets), sink);

  std::size_t texts = 0;
  for (const message::MimePart& part : tree.parts()) {
    if (sink.is_full()) break;
    if (part.kind != message::MimePart::Kind::kLeaf) continue;
    const message::PartDescription about = tree.describe(part);
    add_part_header(about, sink);
    if (about.content_type.type != "text" || ++texts > limits_.parts) continue;

    // A part is cut before it is decoded: base64 takes 4 octets for 3, quoted-printable up to 3.
    std::string_view text = tree.body(part).substr(0, limits_.part_octets * 3);
    std::string decoded;
    if (is_encoded(part.encoding)) text = decoded = message::decode_transfer(text, part.encoding);
    text = text.substr(0, limits_.part_octets);
    const auto charset = message::parameter_value(about.content_type.parameters, "charset");
    if (needs_conversion(text, charset.value_or(""))) {
      std::string utf8 = to_plain_utf8(text, charset.value_or(""));
      decoded = std::move(utf8);
      text = decoded;
    }

    const bool is_html = about.content_type.subtype == "html";
    text_.clear();
    if (is_html) html_to_text(text, text_, sink);
    if (is_html && !text::is_ascii(text_)) make_plain(text_);  // what entities brought
    WordBudget budget{limits_.part_words};
    add_words("", is_html ? std::string_view(text_) : text, budget, sink);
  }
  return set_;
}

}  // namespace mail::bayes
