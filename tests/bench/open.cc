// open_bench DIRECTORY [MESSAGES [ROUNDS]]: what it costs to open a folder of so many messages, as
// SELECT does: never seen, without index files, with them in a new process' store, and again in the
// same store. DIRECTORY is made and filled unless it was. Prints CPU milliseconds, medians.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/absl.h"
#include "mail/store/maildir.h"
#include "mail/store/view.h"

namespace {

using namespace mail;
using namespace mail::store;

class BenchRandom final : public Random {
 public:
  void fill(std::span<std::byte> to) override {
    for (std::byte& byte : to) byte = static_cast<std::byte>((state_ = state_ * 69069 + 1) >> 24);
  }

 private:
  std::uint32_t state_ = 1;
};

class BenchClock final : public Clock {
 public:
  TimePoint now() const override { return {}; }
  WallTime wall() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

[[noreturn]] void fail(std::string_view what) {
  std::fprintf(stderr, "open_bench: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

double cpu_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

class Bench {
 public:
  Bench(const std::string& root, int messages) : messages_(messages), home_(root + "/b.test/ann") {
    options_.root = root;
    Filesystem& fs = real_filesystem();
    for (const char* part : {"/cur", "/new", "/tmp"}) {
      if (!make_directories(fs, home_ + part, 0700).ok()) fail("cannot make a directory");
    }
    if (fs.info(root + "/filled").ok()) return;
    // As mail arrives: in the order of time, which the directory does not keep.
    for (int i = 0; i < messages; ++i) {
      const auto name = cat(1'600'000'000 + i, ".M", 100'000 + i * 7 % 900'000, "P", 1000 + i % 977,
                            ".mail.example.com,S=2,W=3:2,", i % 4 == 0 ? "" : "S");
      const auto file = fs.create(cat(home_, "/cur/", name), 0600);
      if (!file.ok() || !(*file)->append("x\n").ok()) fail("cannot write a message");
    }
    if (!fs.create(root + "/filled", 0600).ok()) fail("cannot write");
    ::usleep(150'000);  // the directory must not be young
  }

  void forget(bool uidlist_too) {
    for (const char* name : {"/libmail.index", "/libmail.cache", "/dovecot-uidlist"}) {
      if (!uidlist_too && name == std::string_view("/dovecot-uidlist")) continue;
      real_filesystem().unlink(home_ + name).IgnoreError();
    }
  }
  void restart() {
    store_.reset();
    store_ = make_maildir_store(real_filesystem(), clock_, random_, nullptr, options_);
  }

  /// As ImapService::select.
  double select() {
    const double begin = cpu_milliseconds();
    const auto account = store_->account({"ann@b.test", ""});
    const auto inbox = (*account)->open("INBOX");
    if (!inbox.ok() || !(*inbox)->claim_recent().ok()) fail("cannot open the folder");
    const MailboxView view(*inbox);
    const FolderStatus status = (*inbox)->status();
    if (static_cast<int>(view.size()) != messages_ || status.messages == 0) fail("wrong answer");
    return cpu_milliseconds() - begin;
  }

 private:
  int messages_;
  std::string home_;
  MaildirOptions options_;
  BenchClock clock_;
  BenchRandom random_;
  std::unique_ptr<Store> store_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) fail("usage: open_bench DIRECTORY [MESSAGES [ROUNDS]]");
  Bench bench(argv[1], argc > 2 ? std::atoi(argv[2]) : 100'000);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  std::vector<double> times[4];
  for (int i = 0; i < rounds; ++i) {
    for (int kind = 0; kind < 4; ++kind) {
      if (kind < 2) bench.forget(kind == 0);
      if (kind < 3) bench.restart();
      times[kind].push_back(bench.select());
    }
  }
  const char* const names[] = {"never seen", "cold", "index only", "warm"};
  for (int kind = 0; kind < 4; ++kind) {
    std::sort(times[kind].begin(), times[kind].end());
    std::printf("%-11s %8.3f ms CPU\n", names[kind], times[kind][times[kind].size() / 2]);
  }
}
