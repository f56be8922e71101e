#include <catch2/catch.hpp>
#include <set>

#include "mail/base/forgetful.h"

using namespace mail;
using Operation = ForgetfulFilesystem::Operation;

namespace {

constexpr std::uint64_t kSeeds = 64;

bool exists(Filesystem& fs, const std::string& path) { return fs.info(path).ok(); }

void write(Filesystem& fs, const std::string& path, std::string_view bytes, bool sync) {
  auto file = fs.open_append(path, 0600);
  REQUIRE(file.ok());
  REQUIRE((*file)->append(bytes).ok());
  if (sync) REQUIRE((*file)->sync().ok());
}

}  // namespace

TEST_CASE("what was flushed, file and directory, survives every power cut") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ForgetfulFilesystem fs(seed);
    REQUIRE(fs.make_directory("/d", 0700).ok());
    REQUIRE(fs.sync_directory("/").ok());
    write(fs, "/d/f", "safe", true);
    REQUIRE(fs.sync_directory("/d").ok());
    fs.power_cut();
    CHECK(*read_file(fs, "/d/f", 100) == "safe");
    CHECK(fs.info("/d/f")->links == 1);
  }
}

TEST_CASE("what was not flushed survives whole, in part, zeroed or not at all") {
  std::set<std::string> contents;
  std::set<std::set<std::string>> survivors;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ForgetfulFilesystem fs(seed);
    write(fs, "/f", "safe", true);
    REQUIRE(fs.sync_directory("/").ok());
    write(fs, "/f", "tail", false);
    write(fs, "/a", "", true);
    write(fs, "/b", "", true);
    fs.power_cut();
    const std::string bytes = *read_file(fs, "/f", 100);
    CHECK(bytes.starts_with("safe"));
    contents.insert(bytes);
    std::set<std::string> names;
    const auto entries = fs.list("/");
    REQUIRE(entries.ok());
    for (const DirectoryEntry& entry : *entries) names.insert(entry.name);
    survivors.insert(names);
  }
  CHECK(contents.contains("safe"));
  CHECK(contents.contains("safetail"));
  CHECK(contents.contains(std::string("safe\0\0\0\0", 8)));
  CHECK(survivors.size() == 4);
}

TEST_CASE("a rename survives whole or not at all, and one flushed directory is enough") {
  bool was_lost = false;
  bool was_kept = false;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ForgetfulFilesystem fs(seed);
    REQUIRE(fs.make_directory("/from", 0700).ok());
    REQUIRE(fs.make_directory("/to", 0700).ok());
    write(fs, "/from/f", "x", true);
    write(fs, "/from/g", "x", true);
    fs.sync_all();
    REQUIRE(fs.rename("/from/f", "/to/f").ok());
    REQUIRE(fs.sync_directory("/to").ok());
    REQUIRE(fs.rename("/from/g", "/to/g").ok());
    fs.power_cut();
    CHECK(exists(fs, "/to/f"));
    CHECK_FALSE(exists(fs, "/from/f"));
    CHECK(exists(fs, "/to/g") != exists(fs, "/from/g"));
    (exists(fs, "/to/g") ? was_kept : was_lost) = true;
  }
  CHECK(was_lost);
  CHECK(was_kept);
}

TEST_CASE("a later change of a name does not survive without the earlier ones") {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ForgetfulFilesystem fs(seed);
    write(fs, "/a", "x", true);
    REQUIRE(fs.rename("/a", "/b").ok());
    REQUIRE(fs.rename("/b", "/c").ok());
    fs.power_cut();
    const int names = exists(fs, "/a") + exists(fs, "/b") + exists(fs, "/c");
    CHECK(names <= 1);
  }
}

TEST_CASE("the chosen operation fails once, with the status given") {
  ForgetfulFilesystem fs(1);
  fs.fail_at(2, exhausted("no space left"));
  CHECK(fs.make_directory("/a", 0700).ok());
  CHECK_FALSE(fs.struck());
  CHECK(absl::IsResourceExhausted(fs.make_directory("/b", 0700)));
  CHECK(fs.struck());
  CHECK(fs.make_directory("/b", 0700).ok());
  fs.fail_at(1, exhausted("no space left"), 2);
  for (const bool ok : {false, false, true}) CHECK(fs.make_directory("/c", 0700).ok() == ok);
}

TEST_CASE("a failed append leaves a part, and a failed sync never becomes durable") {
  ForgetfulFilesystem fs(1);
  auto file = fs.create("/f", 0600);
  REQUIRE((*file)->append("ab").ok());
  REQUIRE((*file)->sync().ok());
  REQUIRE(fs.sync_directory("/").ok());
  fs.fail_at(1, unavailable("EIO"));
  CHECK_FALSE((*file)->append("cdef").ok());
  CHECK(read_file(fs, "/f", 100)->size() <= 6);
  fs.fail_at(1, unavailable("EIO"));
  CHECK_FALSE((*file)->sync().ok());
  CHECK((*file)->sync().ok());
  fs.power_cut();
  CHECK(read_file(fs, "/f", 100)->starts_with("ab"));
}

TEST_CASE("what was cut off comes back with the power or not, until it is flushed") {
  for (const bool is_flushed : {false, true}) {
    std::set<std::string> contents;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      ForgetfulFilesystem fs(seed);
      auto file = fs.create("/f", 0600);
      REQUIRE((*file)->append("safe").ok());
      fs.sync_all();
      REQUIRE((*file)->append("XY").ok());
      REQUIRE((*file)->truncate(2).ok());
      REQUIRE((*file)->append("new").ok());
      if (is_flushed) REQUIRE((*file)->sync().ok());
      fs.power_cut();
      contents.insert(*read_file(fs, "/f", 100));
    }
    if (is_flushed) {
      CHECK(contents == std::set<std::string>{"sanew"});
      continue;
    }
    for (const char* some : {"safe", "safeXY", "sanew", "sa"}) CHECK(contents.contains(some));
    for (const std::string& one : contents) CHECK(one.starts_with("sa"));
  }
}

TEST_CASE("on a full disk what needs room fails, and all else works") {
  ForgetfulFilesystem fs(1);
  auto file = fs.create("/f", 0600);
  REQUIRE((*file)->append("safe").ok());
  fs.fill_at(2);
  CHECK((*file)->append("x").ok());
  CHECK_FALSE(fs.struck());
  for (int i = 0; i < 2; ++i) {
    CHECK(absl::IsResourceExhausted((*file)->append("yz")));
    CHECK(fs.struck());
    CHECK(absl::IsResourceExhausted(fs.create("/g", 0600).status()));
    CHECK(absl::IsResourceExhausted(fs.make_directory("/d", 0700)));
    CHECK(absl::IsResourceExhausted(fs.link("/f", "/g")));
    CHECK((*file)->truncate(4).ok());
    CHECK((*file)->sync().ok());
    CHECK(*read_file(fs, "/f", 100) == "safe");
  }
  CHECK(fs.rename("/f", "/g").ok());
  fs.fill_at(0);
  CHECK((*file)->append("y").ok());
  CHECK(fs.unlink("/g").ok());
}

TEST_CASE("after the power went nothing works until it is back, and open files are dead") {
  ForgetfulFilesystem fs(3);
  auto file = fs.create("/f", 0600);
  fs.sync_all();
  fs.cut_power_at(1);
  CHECK(absl::IsUnavailable((*file)->append("x")));
  CHECK(absl::IsUnavailable((*file)->append("x")));
  CHECK(absl::IsUnavailable(fs.info("/f").status()));
  fs.power_cut();
  CHECK(fs.info("/f").ok());
  CHECK(absl::IsUnavailable((*file)->append("x")));
}

TEST_CASE("operations are counted by kind") {
  ForgetfulFilesystem fs(1);
  write(fs, "/f", "x", true);
  CHECK(fs.sync_directory("/").ok());
  CHECK(fs.count(Operation::kOpen) == 1);
  CHECK(fs.count(Operation::kAppend) == 1);
  CHECK(fs.count(Operation::kSync) == 1);
  CHECK(fs.count(Operation::kSyncDirectory) == 1);
  CHECK(fs.operations() == 4);
  fs.reset_counts();
  CHECK(fs.operations() == 0);
}
