// One conformance suite for the real filesystem and the one in memory, and what is built on them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <set>
#include <thread>

#include "mail/base/filesystem.h"
#include "mail/base/flush.h"
#include "mail/base/forgetful.h"
#include "mail/base/memory_filesystem.h"

using namespace mail;

namespace {

/// An empty directory on one of the filesystems, with the doings of other programs.
struct Place {
  virtual ~Place() = default;
  virtual Filesystem& fs() = 0;
  virtual void symlink(const std::string& target, const std::string& path) = 0;
  virtual void fifo(const std::string& path) = 0;
  std::string root;
  std::string at(const std::string& name) const { return root + "/" + name; }
};

struct MemoryPlace final : Place {
  MemoryFilesystem memory;
  MemoryPlace() {
    root = "/root";
    REQUIRE(memory.make_directory(root, 0700).ok());
  }
  Filesystem& fs() override { return memory; }
  void symlink(const std::string& target, const std::string& path) override {
    REQUIRE(memory.make_symlink(target, path).ok());
  }
  void fifo(const std::string& path) override { REQUIRE(memory.make_other(path).ok()); }
};

struct RealPlace final : Place {
  RealPlace() {
    char name[] = "/tmp/libmail-fs-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    root = name;
  }
  ~RealPlace() override { remove_tree(root); }
  static void remove_tree(const std::string& path) {
    const auto entries = real_filesystem().list(path);
    if (entries.ok()) {
      for (const DirectoryEntry& entry : *entries) {
        if (entry.type == FileType::kDirectory) {
          remove_tree(path + "/" + entry.name);
        } else {
          ::unlink((path + "/" + entry.name).c_str());
        }
      }
    }
    ::rmdir(path.c_str());
  }
  Filesystem& fs() override { return real_filesystem(); }
  void symlink(const std::string& target, const std::string& path) override {
    REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
  }
  void fifo(const std::string& path) override { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
};

std::vector<std::unique_ptr<Place>> places() {
  std::vector<std::unique_ptr<Place>> all;
  all.push_back(std::make_unique<MemoryPlace>());
  all.push_back(std::make_unique<RealPlace>());
  return all;
}

void write(Filesystem& fs, const std::string& path, std::string_view bytes) {
  const auto file = fs.open_append(path, 0600);
  REQUIRE(file.ok());
  REQUIRE((*file)->append(bytes).ok());
}

std::vector<std::string> names(Filesystem& fs, const std::string& path) {
  const auto entries = fs.list(path);
  REQUIRE(entries.ok());
  std::vector<std::string> names;
  for (const auto& entry : *entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("files are created once, appended in pieces, synced and read at any offset") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    const auto file = fs.create(place->at("f"), 0640);
    REQUIRE(file.ok());
    CHECK(absl::IsAlreadyExists(fs.create(place->at("f"), 0600).status()));
    std::vector<std::string> texts(200, "xy");
    std::vector<std::string_view> pieces(texts.begin(), texts.end());
    pieces.insert(pieces.begin() + 100, "");
    CHECK((*file)->append(pieces).ok());
    CHECK((*file)->append("!").ok());
    CHECK((*file)->append("").ok());
    CHECK((*file)->sync().ok());
    CHECK((*file)->set_modified(WallTime(std::chrono::microseconds(1'234'567'890'123'456))).ok());
    CHECK((*file)->sync().ok());
    const auto info = fs.info(place->at("f"));
    REQUIRE(info.ok());
    CHECK(info->type == FileType::kRegular);
    CHECK(info->size == 401);
    CHECK(info->mode == 0640);
    CHECK(info->modified.time_since_epoch().count() == 1'234'567'890'123'456);
    CHECK(info->links == 1);
    char buffer[16];
    const auto octets = (*fs.open(place->at("f")))->read_at(398, buffer);
    REQUIRE(octets.ok());
    CHECK(std::string_view(buffer, *octets) == "xy!");
    CHECK((*(*fs.open(place->at("f")))->read_at(500, buffer)) == 0);
    CHECK(fs.sync_directory(place->root).ok());
  }
}

TEST_CASE("an open file is cut to a length, never grown, and goes on at its new end") {
  for (const auto& place : places()) {
    const auto file = place->fs().create(place->at("f"), 0600);
    REQUIRE(file.ok());
    REQUIRE((*file)->append("0123456789").ok());
    CHECK((*file)->truncate(20).ok());
    CHECK((*file)->truncate(10).ok());
    CHECK((*file)->info()->size == 10);
    CHECK((*file)->truncate(4).ok());
    CHECK((*file)->info()->size == 4);
    REQUIRE((*file)->append("ab").ok());
    CHECK(*read_file(place->fs(), place->at("f"), 100) == "0123ab");
    CHECK((*file)->truncate(0).ok());
    CHECK((*file)->sync().ok());
    CHECK(place->fs().info(place->at("f"))->size == 0);
    const auto reader = place->fs().open(place->at("f"));
    REQUIRE(reader.ok());
    CHECK((*reader)->truncate(0).ok());  // nothing to cut
  }
}

TEST_CASE("only regular files are opened, and nothing blocks on a FIFO") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    write(fs, place->at("f"), "secret");
    place->symlink(place->at("f"), place->at("link"));
    place->fifo(place->at("fifo"));
    REQUIRE(fs.make_directory(place->at("d"), 0700).ok());
    for (const char* name : {"link", "fifo", "d"}) {
      INFO(name);
      CHECK(absl::IsFailedPrecondition(fs.open(place->at(name)).status()));
      CHECK_FALSE(fs.open_append(place->at(name), 0600).ok());
      CHECK(absl::IsAlreadyExists(fs.create(place->at(name), 0600).status()));
    }
    CHECK(absl::IsNotFound(fs.open(place->at("none")).status()));
    CHECK(absl::IsNotFound(fs.open(place->at("f/below")).status()));
    CHECK(fs.info(place->at("link"))->type == FileType::kSymlink);
    CHECK(fs.info(place->at("fifo"))->type == FileType::kOther);
    place->symlink(place->at("d"), place->at("dlink"));
    CHECK(absl::IsFailedPrecondition(fs.list(place->at("dlink")).status()));
    CHECK(absl::IsFailedPrecondition(fs.sync_directory(place->at("dlink"))));
    CHECK(absl::IsNotFound(fs.list(place->at("none")).status()));
  }
}

TEST_CASE("a directory lists its entries with their types") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    write(fs, place->at("f"), "");
    REQUIRE(fs.make_directory(place->at("d"), 0700).ok());
    CHECK(absl::IsAlreadyExists(fs.make_directory(place->at("d"), 0700)));
    place->symlink("nowhere", place->at("l"));
    place->fifo(place->at("p"));
    auto entries = fs.list(place->root);
    REQUIRE(entries.ok());
    std::sort(entries->begin(), entries->end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    CHECK(*entries == std::vector<DirectoryEntry>{{"d", FileType::kDirectory},
                                                  {"f", FileType::kRegular},
                                                  {"l", FileType::kSymlink},
                                                  {"p", FileType::kOther}});
  }
}

TEST_CASE("hard links share their bytes, renames replace, removals count down") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    write(fs, place->at("a"), "one");
    REQUIRE(fs.link(place->at("a"), place->at("b")).ok());
    CHECK(absl::IsAlreadyExists(fs.link(place->at("a"), place->at("b"))));
    CHECK(absl::IsNotFound(fs.link(place->at("none"), place->at("c"))));
    write(fs, place->at("b"), " two");
    CHECK(*read_file(fs, place->at("a"), 100) == "one two");
    CHECK(fs.info(place->at("a"))->links == 2);
    CHECK(fs.info(place->at("a"))->inode == fs.info(place->at("b"))->inode);
    write(fs, place->at("c"), "three");
    REQUIRE(fs.rename(place->at("c"), place->at("b")).ok());
    CHECK(*read_file(fs, place->at("b"), 100) == "three");
    CHECK(fs.info(place->at("a"))->links == 1);
    CHECK(absl::IsNotFound(fs.rename(place->at("c"), place->at("b"))));
    REQUIRE(fs.unlink(place->at("a")).ok());
    CHECK(absl::IsNotFound(fs.unlink(place->at("a"))));
    CHECK(names(fs, place->root) == std::vector<std::string>{"b"});
  }
}

TEST_CASE("a directory is removed only when empty, and moves with what is in it") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    REQUIRE(make_directories(fs, place->at("x/y/z"), 0700).ok());
    CHECK(make_directories(fs, place->at("x/y/z"), 0700).ok());
    write(fs, place->at("x/y/z/f"), "deep");
    CHECK(absl::IsFailedPrecondition(fs.remove_directory(place->at("x/y"))));
    CHECK_FALSE(fs.rename(place->at("x"), place->at("x/y/w")).ok());
    REQUIRE(fs.rename(place->at("x"), place->at("w")).ok());
    CHECK(*read_file(fs, place->at("w/y/z/f"), 4) == "deep");
    CHECK(absl::IsNotFound(fs.info(place->at("x/y")).status()));
    REQUIRE(fs.make_directory(place->at("e"), 0700).ok());
    CHECK(fs.remove_directory(place->at("e")).ok());
    CHECK(absl::IsNotFound(fs.remove_directory(place->at("e"))));
    CHECK_FALSE(make_directories(fs, place->at("w/y/z/f/g"), 0700).ok());
  }
}

TEST_CASE("an open file outlives its name") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    write(fs, place->at("f"), "still here");
    const auto file = fs.open(place->at("f"));
    REQUIRE(file.ok());
    REQUIRE(fs.unlink(place->at("f")).ok());
    char buffer[16];
    CHECK(std::string_view(buffer, *(*file)->read_at(0, buffer)) == "still here");
    CHECK((*file)->info()->links == 0);
  }
}

TEST_CASE("a lock has one holder and ends with the file") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    auto first = fs.open_append(place->at("lock"), 0600);
    const auto second = fs.open_append(place->at("lock"), 0600);
    REQUIRE((first.ok() && second.ok()));
    CHECK(*(*first)->try_lock());
    CHECK(*(*first)->try_lock());
    CHECK_FALSE(*(*second)->try_lock());
    first->reset();
    CHECK(*(*second)->try_lock());
  }
}

TEST_CASE("links are resolved to the file they lead to, loops are an error") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    const std::string root = *fs.resolve_links(place->root);
    write(fs, place->at("f"), "");
    REQUIRE(fs.make_directory(place->at("d"), 0700).ok());
    place->symlink("../f", place->at("d/relative"));
    place->symlink(place->at("d/relative"), place->at("absolute"));
    place->symlink("loop", place->at("loop"));
    place->symlink("gone", place->at("dangling"));
    CHECK(*fs.resolve_links(place->at("absolute")) == root + "/f");
    CHECK(*fs.resolve_links(place->at("f")) == root + "/f");
    CHECK(absl::IsFailedPrecondition(fs.resolve_links(place->at("loop")).status()));
    CHECK(absl::IsNotFound(fs.resolve_links(place->at("dangling")).status()));
    // Links on the way are followed, only the last component is not.
    place->symlink("d", place->at("e"));
    CHECK(fs.info(place->at("e/relative"))->type == FileType::kSymlink);
    CHECK(make_directories(fs, place->at("e/sub"), 0700).ok());
    CHECK(fs.info(place->at("d/sub"))->type == FileType::kDirectory);
  }
}

TEST_CASE("reading a whole file stops at its limit") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    write(fs, place->at("f"), "12345");
    CHECK(*read_file(fs, place->at("f"), 6) == "12345");
    CHECK(*read_file(fs, place->at("f"), 5) == "12345");
    CHECK(absl::IsResourceExhausted(read_file(fs, place->at("f"), 4).status()));
    CHECK(absl::IsNotFound(read_file(fs, place->at("none"), 4).status()));
    write(fs, place->at("empty"), "");
    CHECK(read_file(fs, place->at("empty"), 0)->empty());
  }
}

TEST_CASE("a file is replaced as a whole, keeps its mode, and a link stays a link") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    REQUIRE(write_file_atomically(fs, place->at("f"), "old", 0666).ok());
    CHECK(fs.info(place->at("f"))->mode == 0666);
    place->symlink("f", place->at("link"));
    REQUIRE(write_file_atomically(fs, place->at("link"), "new", 0600).ok());
    CHECK(fs.info(place->at("link"))->type == FileType::kSymlink);
    CHECK(*read_file(fs, place->at("f"), 10) == "new");
    CHECK(fs.info(place->at("f"))->mode == 0666);
    // A crashed writer's leftover is stepped over.
    write(fs, place->at(".f.tmp"), "garbage");
    REQUIRE(write_file_atomically(fs, place->at("f"), "newer", 0600).ok());
    CHECK(*read_file(fs, place->at("f"), 10) == "newer");
    CHECK(names(fs, place->root) == std::vector<std::string>{".f.tmp", "f", "link"});
    CHECK_FALSE(write_file_atomically(fs, place->at("none/f"), "", 0600).ok());
    CHECK(absl::IsFailedPrecondition(write_file_atomically(fs, place->root, "", 0600)));
  }
}

TEST_CASE("a file is overwritten in place, longer or shorter, and only when it is there") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    const std::string path = place->at("f");
    CHECK_FALSE(fs.overwrite(path, "x").ok());
    write(fs, path, "before");
    const auto inode = fs.info(path)->inode;
    for (const std::string_view text : {"longer than before", "short", "", "again"}) {
      REQUIRE(fs.overwrite(path, text).ok());
      CHECK(*read_file(fs, path, 100) == text);
    }
    CHECK(fs.info(path)->inode == inode);
  }
}

TEST_CASE("a replaced file keeps its owner") {
  MemoryFilesystem fs;
  REQUIRE(fs.write("/f", "old").ok());
  REQUIRE(fs.set_owner("/f", 5000, 5001).ok());
  REQUIRE(write_file_atomically(fs, "/f", "new", 0600).ok());
  CHECK(fs.info("/f")->owner == 5000);
  CHECK(fs.info("/f")->group == 5001);
}

TEST_CASE("a group that may not be given away is left out with what it was allowed") {
  ForgetfulFilesystem fs(1);
  REQUIRE(fs.make_directory("/d", 0700).ok());
  REQUIRE(write_file_atomically(fs, "/d/f", "old", 0664).ok());
  REQUIRE(fs.set_owner("/d/f", fs.info("/d/f")->owner, 5001).ok());
  fs.fail_at(4, absl::PermissionDeniedError("chown"));  // looked at, created, looked at, given
  REQUIRE(write_file_atomically(fs, "/d/f", "new", 0600).ok());
  CHECK(fs.struck());
  CHECK(*read_file(fs, "/d/f", 10) == "new");
  CHECK(fs.info("/d/f")->mode == 0604);
  CHECK(fs.info("/d/f")->group != 5001);
  CHECK(fs.list("/d")->size() == 1);

  REQUIRE(fs.set_owner("/d/f", 5000, 5001).ok());
  fs.fail_at(4, absl::PermissionDeniedError("chown"));
  CHECK(absl::IsPermissionDenied(write_file_atomically(fs, "/d/f", "newer", 0600)));
  CHECK(*read_file(fs, "/d/f", 10) == "new");
}

TEST_CASE("in memory, times come from the function given, else each change has its own") {
  WallTime now{std::chrono::seconds(100)};
  MemoryFilesystem fs([&now] { return now; });
  REQUIRE(fs.write("/f", "a").ok());
  now += std::chrono::seconds(5);
  REQUIRE(fs.link("/f", "/g").ok());
  CHECK(fs.info("/f")->modified == WallTime(std::chrono::seconds(100)));
  CHECK(fs.info("/f")->changed == WallTime(std::chrono::seconds(105)));
  CHECK(fs.info("/")->modified == WallTime(std::chrono::seconds(105)));
  MemoryFilesystem ticking;
  REQUIRE(ticking.write("/f", "a").ok());
  const WallTime first = ticking.info("/f")->modified;
  REQUIRE(ticking.write("/f", "b").ok());
  CHECK(ticking.info("/f")->modified > first);
}

TEST_CASE("the filesystem in memory is safe from several threads") {
  MemoryFilesystem fs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&fs, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string name = cat("/", t, "-", i);
        auto file = fs.create(name, 0600);
        (*file)->append("x").IgnoreError();
        fs.rename(name, name + "r").IgnoreError();
        fs.list("/").IgnoreError();
        if (i % 2 == 0) fs.unlink(name + "r").IgnoreError();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(fs.list("/")->size() == 400);
}

TEST_CASE("the parent of a path is found without looking at files") {
  const std::pair<const char*, const char*> table[] = {
      {"a/b/c", "a/b"}, {"c", "."}, {"/c", "/"},   {"/", "/"},
      {"a/b/", "a"},    {"", "."},  {"a//b", "a"}, {"//c", "/"},
  };
  for (const auto& [path, parent] : table) CHECK(parent_path(path) == parent);
}

TEST_CASE("many files and directories are flushed by one call, and one that fails fails it") {
  for (const auto& place : places()) {
    Filesystem& fs = place->fs();
    std::vector<std::unique_ptr<File>> files;
    std::vector<File*> pointers;
    std::vector<std::string> directories;
    for (int i = 0; i < 20; ++i) {
      files.push_back(*fs.create(place->at(cat("f", i)), 0600));
      REQUIRE(files.back()->append(cat("octets of ", i)).ok());
      pointers.push_back(files.back().get());
      directories.push_back(place->at(cat("d", i)));
      REQUIRE(fs.make_directory(directories.back(), 0700).ok());
    }
    CHECK(sync_all(fs, {}).ok());
    CHECK(sync_all(fs, pointers).ok());
    CHECK(sync_directories(fs, {}).ok());
    CHECK(sync_directories(fs, directories).ok());
    directories[7] = place->at("none");
    CHECK(absl::IsNotFound(sync_directories(fs, directories)));
    CHECK(*read_file(fs, place->at("f19"), 100) == "octets of 19");
  }
}

TEST_CASE(
    "of many flushes at once any may be the one that fails or that the power cut leaves out") {
  std::set<std::string> survivors;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const bool is_cut : {false, true}) {
      ForgetfulFilesystem fs(seed);
      REQUIRE(fs.make_directory("/d", 0700).ok());
      std::vector<std::unique_ptr<File>> files;
      std::vector<File*> pointers;
      for (const char* name : {"/d/a", "/d/b"}) {
        files.push_back(*fs.create(name, 0600));
        pointers.push_back(files.back().get());
      }
      REQUIRE(fs.sync_directory("/").ok());
      REQUIRE(fs.sync_directory("/d").ok());
      REQUIRE(files[0]->append("A").ok());
      REQUIRE(files[1]->append("B").ok());
      if (is_cut) {
        fs.cut_power_at(2);
      } else {
        fs.fail_at(2, unavailable("no"));
      }
      CHECK_FALSE(sync_all(fs, pointers).ok());
      files.clear();
      fs.power_cut();
      const std::string left = cat(*read_file(fs, "/d/a", 10), *read_file(fs, "/d/b", 10));
      CHECK(left.find_first_of("AB") != std::string::npos);
      survivors.insert(left);
    }
  }
  for (const char* left : {"A", "B", "AB"}) CHECK(survivors.contains(left));
}
