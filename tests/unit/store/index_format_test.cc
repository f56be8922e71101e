#include "store/index_format.h"

#include <catch2/catch.hpp>

#include "store/checksum.h"
#include "store/summary.h"

using namespace mail;
using namespace mail::store;

namespace {

PlacedMessage message(std::uint32_t uid, const std::string& name) {
  PlacedMessage message;
  message.info.uid = Uid{uid};
  message.info.modseq = ModSeq{uid + 100};
  message.info.internal_date = WallTime(seconds(1'700'000'000 + uid));
  message.info.size = 10 + uid;
  message.info.flags.system = name.ends_with(":2,S") ? kSeen : 0;
  message.place.stored_size = uid;
  message.place.is_new = uid % 2 == 0;
  message.place.name = name;
  message.place.keys = "W17 Gx/y";
  message.place.summary = {uid * 1000ULL, 50};
  message.place.save_date = WallTime(seconds(uid));
  return message;
}

void add(IndexBlock& block, const PlacedMessage& message) {
  block.add(MessageRow(message), message.place.name, message.place.keys, KeywordLetters());
}

IndexBlock table_of(const std::vector<PlacedMessage>& messages) {
  std::vector<MessageRow> rows;
  TextPool texts;
  for (const PlacedMessage& message : messages) {
    MessageRow& row = rows.emplace_back(message);
    const auto at = texts.add(message.place.name + message.place.keys);
    row.set_text(at, message.place.name.size(), message.place.keys.size());
  }
  IndexBlock block;
  block.add(rows, texts, KeywordLetters());
  return block;
}

struct Parsed {
  IndexImage image;
  std::vector<PlacedMessage> messages;
};

std::optional<Parsed> parse(const std::string& file) {
  auto image = parse_index(file);
  if (!image) return std::nullopt;
  TextPool bytes;
  bytes.add(file);
  MaildirTable table(ModSeq{});
  TextPool texts = take_texts(*image, std::move(bytes));
  table.restore(image->rows, std::move(texts), image->folder.modseq, {}, {});
  Parsed parsed{*std::move(image), {}};
  for (const MessageRow& row : table.rows()) {
    parsed.messages.push_back({row.info(), row.is_recent(), table.place(row)});
  }
  return parsed;
}

IndexedFolder folder(std::uint64_t next = 10) {
  IndexedFolder folder;
  folder.boot = 7;
  folder.uidlist = {UidValidity{5}, next, "Gabc"};
  folder.modseq = ModSeq{1000};
  folder.has_glances = true;
  folder.in_cur = {WallTime(seconds(-3)), WallTime(seconds(4)), 5, 6};
  return folder;
}

std::string file_of(const std::vector<IndexBlock>& blocks) {
  std::string text = IndexText::header(3, 4);
  for (const IndexBlock& block : blocks) text += IndexText::block(block, 4, text.size());
  return text;
}

}  // namespace

TEST_CASE("the checksum is CRC-32C") {
  CHECK(checksum("") == 0);
  CHECK(checksum("123456789") == 0xe3069283);
  CHECK(checksum(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(checksum("456789", checksum("123")) == checksum("123456789"));
}

TEST_CASE("an index gives back what was written, block upon block") {
  IndexBlock snapshot;
  const bool has_table = GENERATE(false, true);
  if (has_table) {
    snapshot = table_of({message(1, "1.a:2,S"), message(4, "4.a")});
  } else {
    add(snapshot, message(1, "1.a:2,S"));
    add(snapshot, message(4, "4.a"));
  }
  snapshot.add(folder());
  IndexBlock journal;
  journal.add(Tombstone{ModSeq{500}, Uid{1}});
  add(journal, message(6, "6.a"));
  journal.add(Uid{4}, SummaryPlace{9, 9});
  journal.add(folder());
  const auto parsed = parse(file_of({snapshot, journal}));
  REQUIRE(parsed);
  CHECK(parsed->image.inode == 3);
  CHECK(parsed->image.is_whole);
  CHECK(parsed->image.folder == folder());
  PlacedMessage four = message(4, "4.a");
  four.place.summary = {9, 9};
  CHECK(parsed->messages == std::vector{four, message(6, "6.a")});
  CHECK(parse(file_of({snapshot}))->messages ==
        std::vector{message(1, "1.a:2,S"), message(4, "4.a")});
  CHECK(parsed->image.expunged == std::vector{Tombstone{ModSeq{500}, Uid{1}}});
  CHECK_FALSE(parse_index(file_of({snapshot}) + "x")->is_whole);
}

TEST_CASE("an index knows flags that the name does not have yet") {
  KeywordLetters letters;
  const std::string names[] = {"$Forwarded", "$Work"};
  REQUIRE(letters.intern(names));
  MessageRow row(message(3, "3.a:2,S"));
  row.set_flags({kFlagged, 2});  // $Work
  row.set_misnamed(true);
  IndexBlock block;
  SECTION("a message by itself") { block.add(row, "3.a:2,S", "", letters); }
  SECTION("a table") {
    TextPool texts;
    row.set_text(texts.add("3.a:2,S"), 7, 0);
    block.add(std::span(&row, 1), texts, letters);
  }
  block.add(folder());
  const auto image = parse_index(file_of({block}));
  REQUIRE(image);
  CHECK(image->rows.front().is_misnamed());
  CHECK(image->rows.front().flags() == Flags{kFlagged, 1 << 1});  // the letter b
}

TEST_CASE("an index that makes no sense is not believed, however well it is written") {
  const auto is_believed = [](const PlacedMessage& row, const IndexedFolder& about) {
    IndexBlock block;
    add(block, row);
    block.add(about);
    IndexBlock table = table_of({row});
    table.add(about);
    const bool is_one = parse_index(file_of({block})).has_value();
    CHECK(is_one == parse_index(file_of({table})).has_value());
    return is_one;
  };
  CHECK(is_believed(message(1, "1.a"), folder()));
  for (const char* name : {"", "../x", "a/b", ".", ".hidden", "a\nb"}) {
    INFO(name);
    CHECK_FALSE(is_believed(message(1, name), folder()));
  }
  CHECK_FALSE(is_believed(message(0, "1.a"), folder()));
  CHECK_FALSE(is_believed(message(10, "1.a"), folder()));
  CHECK_FALSE(is_believed(message(1, "1.a"), folder(1ULL << 33)));
  PlacedMessage late = message(1, "1.a");
  late.info.modseq = ModSeq{1001};
  CHECK_FALSE(is_believed(late, folder()));
  IndexBlock without_folder;
  add(without_folder, message(1, "1.a"));
  CHECK_FALSE(parse_index(file_of({without_folder})));
  CHECK_FALSE(parse_index(file_of({})));
  IndexBlock descending = table_of({message(4, "4.a"), message(1, "1.a")});
  descending.add(folder());
  CHECK_FALSE(parse_index(file_of({descending})));
  CHECK_FALSE(parse_index(""));
}

TEST_CASE("a summary is found by cache, UID and octets") {
  const std::string packed =
      pack_summary("Subject: x\r\nX-Other: y\r\nTo: <a@b.c>\r\nMIME-Version: 1.0\r\n\r\ntext\r\n");
  const std::string record = summary_record(packed, 7, Uid{3});
  const auto summary = parse_summary_record(record, 7, Uid{3}, nullptr);
  REQUIRE(summary);
  CHECK(summary->header == "Subject: x\r\nTo: <a@b.c>\r\nMIME-Version: 1.0\r\n\r\n");
  CHECK(summary->envelope.starts_with("(NIL \"x\" "));
  CHECK(summary->body.starts_with("(\"text\" \"plain\" "));
  CHECK(summary->body_structure.size() > summary->body.size());
  CHECK(summary->preview == "\"text\"");
  CHECK_FALSE(parse_summary_record(record, 8, Uid{3}, nullptr));
  CHECK_FALSE(parse_summary_record(record, 7, Uid{4}, nullptr));
  for (std::size_t at = 0; at < record.size(); ++at) {
    std::string damaged = record;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    CHECK_FALSE(parse_summary_record(damaged, 7, Uid{3}, nullptr));
    CHECK_FALSE(parse_summary_record(record.substr(0, at), 7, Uid{3}, nullptr));
  }
  CHECK(is_summarized(std::vector<std::string>{"SUBJECT", "message-id", "References"}));
  CHECK_FALSE(is_summarized(std::vector<std::string>{"Subject", "X-Other"}));
}
