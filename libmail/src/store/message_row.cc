// Names change, and the pool only grows: when more than half of it belongs to nobody, the texts of
// all rows move to a new one, in the order of the rows.
//
// Tested by tests/unit/store/message_row_test.cc.
#include "store/message_row.h"

#include <utility>

namespace mail::store {
namespace {

void sort_by_uid(std::vector<MessageRow>& rows) {
  const auto is_before = [](const MessageRow& a, const MessageRow& b) { return a.uid() < b.uid(); };
  if (std::is_sorted(rows.begin(), rows.end(), is_before)) return;
  // What moves while it is sorted is small.
  std::vector<std::pair<Uid, std::uint32_t>> order;
  order.reserve(rows.size());
  for (const MessageRow& row : rows) {
    order.emplace_back(row.uid(), static_cast<std::uint32_t>(order.size()));
  }
  std::sort(order.begin(), order.end());
  std::vector<MessageRow> sorted;
  sorted.reserve(rows.size());
  for (const auto& [uid, at] : order) sorted.push_back(rows[at]);
  rows = std::move(sorted);
}

}  // namespace

Place MaildirTable::place(const Row& row) const {
  return {std::string(name(row)), row.is_new(),    std::string(keys(row)),
          row.stored_size(),      row.save_date(), row.summary()};
}

void MaildirTable::restore(std::vector<Row> rows, TextPool texts, ModSeq modseq,
                           Tombstones expunged, ModSeq known_since) {
  texts_ = std::move(texts);
  Base::restore(std::move(rows), modseq, std::move(expunged), known_since);
  drop_texts_of_nobody();
}

void MaildirTable::reserve(std::size_t messages, std::size_t octets) {
  Base::reserve(messages);
  texts_.reserve(texts_.size() + octets);
}

void MaildirTable::set_text(Row& row, std::string_view name, std::string_view keys) {
  name = name.substr(0, Row::kMostName);
  if (keys.size() > Row::kMostKeys) keys = {};  // a part of them could mean something else
  const std::uint32_t at = texts_.add(name);
  texts_.add(keys);
  row.set_text(at, name.size(), keys.size());
}

void MaildirTable::insert(const PlacedMessage& message) {
  Row row(message);
  set_text(row, message.place.name, message.place.keys);
  Base::insert(row);
}

void MaildirTable::insert(PackedRows messages) {
  sort_by_uid(messages.rows);
  std::vector<Row>& sorted = messages.rows;
  std::size_t octets = 0;
  for (const Row& row : sorted) octets += row.text_size();
  messages.texts.drop(messages.texts.size() - octets);
  if (rows().empty()) {
    texts_ = std::move(messages.texts);
  } else {
    const std::size_t before = texts_.size();
    texts_.add(messages.texts.all());
    texts_.drop(messages.texts.size() - octets);
    for (Row& row : sorted) row.move_text(before + row.text_at());
  }
  Base::insert_all(std::move(sorted));
}

void MaildirTable::remove(std::span<const Uid> uids) {
  for (const Uid uid : uids) {
    if (const Row* row = find(uid)) texts_.drop(row->text_size());
  }
  Base::remove(uids);
  drop_texts_of_nobody();
}

void MaildirTable::rename(Row& row, std::string_view name, bool is_new) {
  const std::string keys(this->keys(row));
  texts_.drop(row.text_size());
  set_text(row, name, keys);
  row.set_new(is_new);
  drop_texts_of_nobody();
}

void MaildirTable::drop_texts_of_nobody() {
  if (!texts_.is_wasteful()) return;
  std::size_t octets = 0;
  for (const Row& row : rows()) octets += row.text_size();
  TextPool texts;
  texts.reserve(octets);
  for_each([&](Row& row) { row.move_text(texts.add(row.text(texts_))); });
  texts_ = std::move(texts);
}

}  // namespace mail::store
