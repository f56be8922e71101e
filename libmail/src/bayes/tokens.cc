// The set of tokens and the way into it. A message's text is scanned by words.cc, html_text.cc and
// header_tokens.cc; this file walks its parts.
//
// Tested by tests/unit/bayes/tokens_test.cc.
#include "mail/bayes/tokens.h"

#include <algorithm>
#include <cstring>

#include "bayes/header_tokens.h"
#include "bayes/html_text.h"
#include "bayes/sink.h"
#include "bayes/words.h"
#include "mail/base/ascii.h"
#include "mail/message/mime.h"
#include "mail/text/charset.h"
#include "mail/text/utf8.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kFirstSlots = 2048;
constexpr Token kTokenMask = (Token{1} << 40) - 1;

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

/// ASCII capitals of eight octets at once.
std::uint64_t lower_eight(std::uint64_t octets) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low = octets & (kOnes * 0x7F);
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
  const std::uint64_t behind_z = low + kOnes * (0x7F - 'Z');
  return octets | (((from_a ^ behind_z) & ~octets & (kOnes * 0x80)) >> 2);
}

constexpr std::uint64_t kHighBits = 0x8080808080808080;

/// Up to seven octets: both ends, which may overlap.
template <typename Piece>
bool copy_ends(char* to, const char* from, std::size_t size) {
  const std::size_t behind = size - sizeof(Piece);
  Piece first = 0;
  Piece last = 0;
  std::memcpy(&first, from, sizeof first);
  std::memcpy(&last, from + behind, sizeof last);
  const std::uint64_t octets = first | std::uint64_t{last} << (8 * behind);
  const std::uint64_t lower = lower_eight(octets);
  first = static_cast<Piece>(lower);
  last = static_cast<Piece>(lower >> (8 * behind));
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + behind, &last, sizeof last);
  return (octets & kHighBits) == 0;
}

bool copy_lower_short(char* to, std::string_view from) {
  if (from.size() >= 4) return copy_ends<std::uint32_t>(to, from.data(), from.size());
  if (from.size() >= 2) return copy_ends<std::uint16_t>(to, from.data(), from.size());
  return from.empty() || copy_ends<std::uint8_t>(to, from.data(), 1);
}

/// Copies with ASCII in lower case; answers whether all of it is ASCII. A word is short: its pieces
/// go through registers, and the last one overlaps the one before.
bool copy_lower(char* to, std::string_view from) {
  std::uint64_t seen = 0;
  std::uint64_t octets = 0;
  const std::size_t size = from.size();
  if (size < 8) return copy_lower_short(to, from);
  const auto copy_at = [&](std::size_t at) {
    std::memcpy(&octets, from.data() + at, 8);
    seen |= octets;
    octets = lower_eight(octets);
    std::memcpy(to + at, &octets, 8);
  };
  for (std::size_t at = 0; at + 8 <= size; at += 8) copy_at(at);
  copy_at(size - 8);
  return (seen & kHighBits) == 0;
}

}  // namespace

TokenSet::TokenSet() : slots_(kFirstSlots) { tokens_.reserve(kFirstSlots / 2); }

void TokenSet::clear() {
  tokens_.clear();
  // One large message must not make all that follow it dear. The memory stays.
  slots_.resize(kFirstSlots);
  std::fill(slots_.begin(), slots_.end(), 0);
}

bool TokenSet::insert(Token token) {
  std::size_t at = slot_of(token, slots_.size());
  while (slots_[at] != 0) {
    if (slots_[at] == token) return false;
    at = (at + 1) & (slots_.size() - 1);
  }
  if (tokens_.size() >= limit) return false;
  slots_[at] = token;
  tokens_.push_back(token);
  if (tokens_.size() * 2 > slots_.size()) grow();
  return true;
}

void TokenSet::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (const Token token : tokens_) {
    std::size_t at = slot_of(token, slots_.size());
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = token;
  }
}

void Sink::put(std::string_view kind, std::string_view word, bool lower, bool is_structure) {
  char buffer[kKindOctets + kWordOctets];
  const std::size_t kind_size = std::min(kind.size(), kKindOctets);
  const std::size_t word_size = std::min(word.size(), kWordOctets);
  if (kind_size != 0) std::memcpy(buffer, kind.data(), kind_size);
  char* const begin = buffer + kind_size;
  if (lower) {
    if (!copy_lower(begin, word.substr(0, word_size))) fold(begin, word_size);
  } else if (word_size != 0) {
    std::memcpy(begin, word.data(), word_size);
  }
  const std::string_view text(buffer, kind_size + word_size);
  Token token = crypto::keyed_hash(key_, text) & kTokenMask;
  token = (token & ~kStructureBit) | (is_structure ? kStructureBit : 0);
  if (token == 0) token = 2;
  if (set_.insert(token) && listener_ != nullptr) (*listener_)(token, text);
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
    if (!text::is_ascii(text)) {
      const auto charset = message::parameter_value(about.content_type.parameters, "charset");
      std::string utf8 = text::to_utf8(text, charset.value_or(""));
      decoded = std::move(utf8);
      text = decoded;
    }

    const bool is_html = about.content_type.subtype == "html";
    text_.clear();
    if (is_html) html_to_text(text, text_, sink);
    WordBudget budget{limits_.part_words};
    add_words("", is_html ? std::string_view(text_) : text, budget, sink);
  }
  return set_;
}

}  // namespace mail::bayes
