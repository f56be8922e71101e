#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "mail/net/helper.h"
#include "net/guarded_path.h"
#include "net/helper_client.h"
#include "net/helper_process.h"
#include "unit/net/folder.h"

namespace mail::net::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

bool is_root() { return geteuid() == 0; }

int error_of(const HelperMessage& answer) {
  int error = -1;
  REQUIRE(answer.text.size() >= sizeof error);
  std::memcpy(&error, answer.text.data(), sizeof error);
  return error;
}

HelperMessage request(std::string text) {
  HelperMessage message;
  message.text = std::move(text);
  return message;
}

/// A folder `in` that may be read, and one `out` that may not; each with a file "a".
struct TwoFolders {
  TwoFolders() {
    for (const char* name : {"in", "in/sub", "out"}) fs::create_directory(folder / name);
    for (const char* name : {"in/a", "in/sub/a", "out/a"}) folder.write(name, name);
  }
  void link(const std::string& target, const std::string& name, bool roots = true) const {
    const std::string path = folder / name;
    fs::create_symlink(target, path);
    // Whose it is decides; without root every link is somebody's.
    if (is_root() && !roots) REQUIRE(lchown(path.c_str(), kNobody, kNobody) == 0);
  }
  int walk(const std::string& path, bool follow = true) const {
    GuardedPaths::Place place;
    return GuardedPaths({folder / "in"}).walk(path, follow, place);
  }

  TestFolder folder;
};

}  // namespace

TEST_CASE("The helper opens what lies below its paths, and nothing else") {
  const TwoFolders two;
  const TestFolder& f = two.folder;
  struct Row {
    std::string path;
    int error;
  };
  const Row rows[] = {
      {f / "in", 0},
      {f / "in/a", 0},
      {f / "in//sub/./a", 0},
      {f / "in/none", ENOENT},
      {f / "in/a/b", ENOTDIR},
      {f / "out/a", EACCES},
      {f / "in/../out/a", EACCES},
      {f / "in/..", EACCES},
      {f / "inner", EACCES},
      {"in/a", EACCES},
      {"", EACCES},
      {"/", EACCES},
      {std::string("/\0", 2), EACCES},
      {"/etc/shadow", EACCES},
  };
  for (const Row& row : rows) {
    INFO(row.path);
    CHECK(two.walk(row.path) == row.error);
  }
}

TEST_CASE("A link of somebody else's may lead below the paths, not out of them") {
  const TwoFolders two;
  two.link("sub/a", "in/near", false);
  two.link("../out/a", "in/far", false);
  two.link(two.folder / "out", "in/folder", false);
  two.link("loop", "in/loop", false);
  CHECK(two.walk(two.folder / "in/near") == 0);
  CHECK(two.walk(two.folder / "in/far") == EACCES);
  CHECK(two.walk(two.folder / "in/folder/a") == EACCES);
  CHECK(two.walk(two.folder / "in/loop") == ELOOP);
  CHECK(two.walk(two.folder / "in/far", false) == 0);  // the link itself
}

TEST_CASE("A link of root's is followed wherever it leads, and its target may then be opened") {
  if (!is_root()) {
    WARN("not root: skipped");
    return;
  }
  const TwoFolders two;
  two.link("../out/a", "in/far");
  two.link("../out", "in/folder");
  CHECK(two.walk(two.folder / "in/far") == 0);
  CHECK(two.walk(two.folder / "in/folder/a") == 0);
  HelperService service({.paths = {two.folder / "in"}, .ports = {}});
  const std::string target = two.folder / "out/a";
  CHECK(error_of(service.answer(request("o" + target))) == EACCES);
  const auto resolved = service.answer(request("r" + (two.folder / "in/far")));
  CHECK(error_of(resolved) == 0);
  CHECK(resolved.text.substr(sizeof(int)) == target);
  CHECK(error_of(service.answer(request("o" + target))) == 0);
}

TEST_CASE("A file with a second name is opened only where it belongs to its folder's owner") {
  if (!is_root()) {
    WARN("not root: skipped");
    return;
  }
  const TwoFolders two;
  fs::create_hard_link(two.folder / "out/a", two.folder / "in/hard");
  CHECK(two.walk(two.folder / "in/hard") == 0);
  REQUIRE(chown((two.folder / "in").c_str(), kNobody, kNobody) == 0);
  CHECK(two.walk(two.folder / "in/hard") == EACCES);
  CHECK(two.walk(two.folder / "in/a") == 0);
}

TEST_CASE("The helper opens regular files only, and never writes") {
  const TwoFolders two;
  REQUIRE(mkfifo((two.folder / "in/fifo").c_str(), 0600) == 0);
  two.link("a", "in/link");
  HelperService service({.paths = {two.folder / "in"}, .ports = {}});
  for (const char* name : {"in/fifo", "in/link", "in/sub"}) {
    CHECK(error_of(service.answer(request("o" + (two.folder / name)))) == ELOOP);
  }
  const auto answer = service.answer(request("o" + (two.folder / "in/a")));
  REQUIRE(error_of(answer) == 0);
  CHECK((fcntl(answer.descriptor.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
}

TEST_CASE("Nonsense is answered with an error") {
  HelperService service({.paths = {"/nonexistent"}, .ports = {25}});
  for (const std::string text : {"", "x", "o", "w", "wabc", "b", "bnonsense", "bunix:/tmp/x",
                                 "b127.0.0.1:25,127.0.0.1:25"}) {
    INFO(text);
    CHECK(error_of(service.answer(request(text))) != 0);
  }
  CHECK(error_of(service.answer(request("b127.0.0.1:0"))) == EACCES);
}

TEST_CASE("What this process may not read it gets from the helper, live") {
  if (!is_root()) {
    WARN("not root: skipped");
    return;
  }
  const TestFolder folder;
  fs::permissions(folder.path(), fs::perms(0755));
  fs::create_directory(folder / "secret");
  folder.write("secret/a", "first");
  fs::permissions(folder / "secret/a", fs::perms(0600));
  fs::permissions(folder / "secret", fs::perms(0700));
  Helper helper;
  const std::string path = folder / "secret/a";
  CHECK_FALSE(helper.is_running());
  CHECK(read_file(helper.files(), path, 100).value() == "first");
  REQUIRE(
      helper.start({.paths = {folder / "secret"}, .ports = {1}, .user = kNobody, .group = kNobody})
          .ok());
  REQUIRE(seteuid(kNobody) == 0);
  const auto real = read_file(real_filesystem(), path, 100);
  const auto helped = read_file(helper.files(), path, 100);
  const auto info = helper.files().info(path);
  const auto entries = helper.files().list(folder / "secret");
  const auto resolved = helper.files().resolve_links(path);
  const auto foreign = read_file(helper.files(), "/etc/shadow", 100'000);
  auto port = helper.client().listen({.host = "127.0.0.1", .port = 1, .unix_path = {}});
  const auto other = helper.client().listen({.host = "127.0.0.1", .port = 2, .unix_path = {}});
  const Descriptor inotify(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  const int watch = helper.client().watch(inotify.get(), folder / "secret", IN_CLOSE_WRITE);
  REQUIRE(seteuid(0) == 0);
  CHECK(absl::IsPermissionDenied(real.status()));
  CHECK(helped.value() == "first");
  CHECK(info->mode == 0600);
  REQUIRE(entries.ok());
  CHECK(*entries == std::vector<DirectoryEntry>{{"a", FileType::kRegular}});
  CHECK(resolved.value() == path);
  CHECK(absl::IsPermissionDenied(foreign.status()));
  CHECK((port.ok() || absl::IsAlreadyExists(port.status())));
  CHECK(absl::IsPermissionDenied(other.status()));
  CHECK(watch >= 0);
  folder.write("secret/a", "second");
  char event[256];
  CHECK(read(inotify.get(), event, sizeof event) > 0);
}

}  // namespace mail::net::test
