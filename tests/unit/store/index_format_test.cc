#include "store/index_format.h"

#include <catch2/catch.hpp>

#include "store/checksum.h"
#include "store/summary.h"

using namespace mail;
using namespace mail::store;

namespace {

IndexedMessage message(std::uint32_t uid, const std::string& name) {
  IndexedMessage message;
  message.uid = Uid{uid};
  message.modseq = ModSeq{uid + 100};
  message.internal_date = WallTime(seconds(1'700'000'000 + uid));
  message.size = 10 + uid;
  message.stored_size = uid;
  message.is_new = uid % 2 == 0;
  message.name = name;
  message.keys = "W17";
  message.summary = {uid * 1000ULL, 50};
  return message;
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
  snapshot.add(message(1, "1.a:2,S"));
  snapshot.add(message(4, "4.a"));
  snapshot.add(folder());
  IndexBlock journal;
  journal.add(Tombstone{ModSeq{500}, Uid{1}});
  journal.add(message(6, "6.a"));
  journal.add(Uid{4}, SummaryPlace{9, 9});
  journal.add(folder());
  const auto image = parse_index(file_of({snapshot, journal}));
  REQUIRE(image);
  CHECK(image->inode == 3);
  CHECK(image->is_whole);
  CHECK(image->folder == folder());
  IndexedMessage four = message(4, "4.a");
  four.summary = {9, 9};
  CHECK(image->messages == std::vector{four, message(6, "6.a")});
  CHECK(image->expunged == std::vector{Tombstone{ModSeq{500}, Uid{1}}});
  CHECK_FALSE(parse_index(file_of({snapshot}) + "x")->is_whole);
}

TEST_CASE("an index that makes no sense is not believed, however well it is written") {
  const auto is_believed = [](const IndexedMessage& row, const IndexedFolder& about) {
    IndexBlock block;
    block.add(row);
    block.add(about);
    return parse_index(file_of({block})).has_value();
  };
  CHECK(is_believed(message(1, "1.a"), folder()));
  for (const char* name : {"", "../x", "a/b", ".", ".hidden", "a\nb"}) {
    INFO(name);
    CHECK_FALSE(is_believed(message(1, name), folder()));
  }
  CHECK_FALSE(is_believed(message(0, "1.a"), folder()));
  CHECK_FALSE(is_believed(message(10, "1.a"), folder()));
  CHECK_FALSE(is_believed(message(1, "1.a"), folder(1ULL << 33)));
  IndexedMessage late = message(1, "1.a");
  late.modseq = ModSeq{1001};
  CHECK_FALSE(is_believed(late, folder()));
  IndexBlock without_folder;
  without_folder.add(message(1, "1.a"));
  CHECK_FALSE(parse_index(file_of({without_folder})));
  CHECK_FALSE(parse_index(file_of({})));
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
