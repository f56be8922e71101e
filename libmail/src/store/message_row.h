// What the Maildir store keeps of a message in memory, packed, and what it makes of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/store/types.h"
#include "store/message_name.h"
#include "store/message_table.h"
#include "store/text_pool.h"
#include "store/uidlist.h"

namespace mail::store {

/// Where in libmail.cache the summary of a message is; 0 octets: nowhere.
struct SummaryPlace {
  std::uint64_t offset = 0;
  std::uint32_t octets = 0;

  bool operator==(const SummaryPlace&) const = default;
};

/// Where a message is.
struct Place {
  std::string name;               // of the file
  bool is_new = false;            // in new/, else in cur/
  std::string keys;               // of its record in dovecot-uidlist
  std::uint64_t stored_size = 0;  // octets of the file
  WallTime save_date{};           // when it came into this folder, as far as is known, in seconds
  SummaryPlace summary;

  bool operator==(const Place&) const = default;
};

struct PlacedMessage {
  MessageInfo info;
  bool is_recent = false;
  Place place;

  bool operator==(const PlacedMessage&) const = default;
};

/// One message in 56 octets; name and keys stand in a TextPool, one behind the other. Sizes beyond
/// 2^40 and places beyond 2^38 octets are said to be these.
class MessageRow {
 public:
  static constexpr std::size_t kMostName = 255;
  static constexpr std::size_t kMostKeys = kMaxRecordKeys;

  MessageRow() = default;
  explicit MessageRow(Uid uid) : uid_(uid) {}
  /// Without its texts.
  explicit MessageRow(const PlacedMessage& message)
      : uid_(message.info.uid), modseq_(message.info.modseq) {
    set_flags(message.info.flags);
    set_internal_date(message.info.internal_date);
    set_size(message.info.size);
    set_recent(message.is_recent);
    set_new(message.place.is_new);
    set_stored_size(message.place.stored_size);
    set_save_date(message.place.save_date);
    set_summary(message.place.summary);
  }

  Uid uid() const { return uid_; }
  ModSeq modseq() const { return modseq_; }
  Flags flags() const { return {static_cast<std::uint8_t>(system_), keywords_}; }
  WallTime internal_date() const { return WallTime(Duration(internal_date_)); }
  std::uint64_t size() const { return size_; }
  bool is_recent() const { return is_recent_ != 0; }
  MessageInfo info() const { return {uid_, flags(), modseq_, internal_date(), size_}; }
  bool is_new() const { return is_new_ != 0; }
  std::uint64_t stored_size() const { return stored_size_; }
  WallTime save_date() const { return WallTime(seconds(save_date_)); }
  SummaryPlace summary() const {
    return {summary_offset_, static_cast<std::uint32_t>(summary_octets_)};
  }

  /// The flags are newer than the letters of the name.
  bool is_misnamed() const { return is_misnamed_ != 0; }

  void set_misnamed(bool is_misnamed) { is_misnamed_ = is_misnamed ? 1 : 0; }
  void set_uid(Uid uid) { uid_ = uid; }
  void set_modseq(ModSeq modseq) { modseq_ = modseq; }
  /// Keywords have a bit each of the 26 that letters allow.
  void set_flags(const Flags& flags) {
    system_ = flags.system & kSystem;
    keywords_ = flags.keywords & kKeywords;
  }
  void set_internal_date(WallTime date) { internal_date_ = date.time_since_epoch().count(); }
  void set_size(std::uint64_t size) { size_ = std::min(size, kMostSize); }
  void set_recent(bool is_recent) { is_recent_ = is_recent ? 1 : 0; }
  void set_new(bool is_new) { is_new_ = is_new ? 1 : 0; }
  void set_stored_size(std::uint64_t size) { stored_size_ = std::min(size, kMostSize); }
  void set_save_date(WallTime date) {
    const auto count = std::chrono::floor<seconds>(date).time_since_epoch().count();
    save_date_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
  }
  void set_summary(const SummaryPlace& place) {
    const bool has_room = place.offset <= kMostOffset && place.octets <= kMostSummary;
    summary_offset_ = has_room ? place.offset : 0;
    summary_octets_ = has_room ? place.octets : 0;
  }

  /// A mark for whoever reads an index: a row that goes is not taken out at once.
  bool is_gone() const { return is_gone_ != 0; }
  void set_gone() { is_gone_ = 1; }

  std::size_t name_size() const { return name_size_; }
  std::size_t keys_size() const { return keys_size_; }
  std::string_view name(const TextPool& texts) const { return texts.text(text_at_, name_size_); }
  std::string_view keys(const TextPool& texts) const {
    return texts.text(text_at_ + name_size(), keys_size_);
  }
  /// Both.
  std::size_t text_at() const { return text_at_; }
  std::size_t text_size() const { return name_size() + keys_size_; }
  std::string_view text(const TextPool& texts) const { return texts.text(text_at_, text_size()); }
  /// At most kMostName and kMostKeys octets.
  void set_text(std::size_t at, std::size_t name_size, std::size_t keys_size) {
    text_at_ = static_cast<std::uint32_t>(at);
    name_size_ = static_cast<std::uint8_t>(name_size);
    keys_size_ = static_cast<std::uint16_t>(keys_size);
  }
  void move_text(std::size_t at) { text_at_ = static_cast<std::uint32_t>(at); }

 private:
  static constexpr std::uint64_t kMostSize = (std::uint64_t{1} << 40) - 1;
  static constexpr std::uint64_t kMostOffset = (std::uint64_t{1} << 38) - 1;
  static constexpr std::uint32_t kMostSummary = (1 << 24) - 1;
  static constexpr std::uint8_t kSystem = 31;
  static constexpr std::uint64_t kKeywords = (1 << 26) - 1;

  Uid uid_{};
  std::uint32_t text_at_ = 0;
  ModSeq modseq_{};
  std::int64_t internal_date_ = 0;
  std::uint64_t size_ : 40 = 0;
  std::uint64_t system_ : 5 = 0;
  std::uint64_t is_recent_ : 1 = 0;
  std::uint64_t is_new_ : 1 = 0;
  std::uint64_t is_gone_ : 1 = 0;
  std::uint64_t is_misnamed_ : 1 = 0;
  std::uint64_t : 15;
  std::uint64_t stored_size_ : 40 = 0;
  std::uint64_t summary_octets_ : 24 = 0;
  std::uint64_t summary_offset_ : 38 = 0;
  std::uint64_t keywords_ : 26 = 0;
  std::uint32_t save_date_ = 0;
  std::uint16_t keys_size_ = 0;
  std::uint8_t name_size_ = 0;
};
static_assert(sizeof(MessageRow) == 56);

/// Rows, and the texts that they view.
struct PackedRows {
  std::vector<MessageRow> rows;
  TextPool texts;

  /// At most kMostName and kMostKeys octets.
  void add(MessageRow row, std::string_view name, std::string_view keys) {
    const std::uint32_t at = texts.add(name);
    texts.add(keys);
    row.set_text(at, name.size(), keys.size());
    rows.push_back(row);
  }
};

/// The messages of a Maildir folder. Views of names and keys are good until the next change.
class MaildirTable : private MessageTable<MessageRow> {
  using Base = MessageTable<MessageRow>;

 public:
  using Base::Base, Base::Row, Base::Tombstones;
  using Base::changes, Base::claim_recent, Base::find, Base::find_all, Base::for_each,
      Base::forget_recent, Base::known_since, Base::modseq, Base::next_modseq, Base::rows,
      Base::set_flags, Base::set_size, Base::snapshot, Base::status, Base::tombstones, Base::uids;

  std::string_view name(const Row& row) const { return row.name(texts_); }
  std::string_view base(const Row& row) const { return parse_message_name(name(row)).base; }
  std::string_view keys(const Row& row) const { return row.keys(texts_); }
  Place place(const Row& row) const;
  const TextPool& texts() const { return texts_; }

  /// Of an empty table: what an earlier opening left.
  void restore(std::vector<Row> rows, TextPool texts, ModSeq modseq, Tombstones expunged,
               ModSeq known_since);
  void reserve(std::size_t messages, std::size_t octets);
  void insert(const PlacedMessage& message);
  /// In any order.
  void insert(PackedRows messages);
  void remove(std::span<const Uid> uids);
  /// Where the file is now.
  void rename(Row& row, std::string_view name, bool is_new);

  /// Octets on the heap.
  std::uint64_t memory() const { return Base::memory() + texts_.memory(); }

 private:
  void set_text(Row& row, std::string_view name, std::string_view keys);
  void drop_texts_of_nobody();

  TextPool texts_;
};

}  // namespace mail::store
