// A store to test, its clock, its randomness, its wake-ups. Each kind of store has a World of its
// own; the conformance suite runs on all of them.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "mail/base/memory_filesystem.h"
#include "mail/base/mutex.h"
#include "mail/store/maildir.h"
#include "mail/store/memory.h"
#include "mail/store/view.h"

namespace mail::store::test {

/// Moves only when told.
class TestClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(Duration(micros_.load())); }
  WallTime wall() const override { return WallTime(Duration(micros_.load())); }
  void advance(Duration by) { micros_ += by.count(); }

 private:
  std::atomic<std::int64_t> micros_{1'700'000'000'000'000};
};

class TestRandom final : public Random {
 public:
  void fill(std::span<std::byte> to) override {
    const MutexLock lock(mutex_);
    for (std::byte& byte : to) byte = static_cast<std::byte>(random_());
  }

 private:
  Mutex mutex_;
  std::mt19937_64 random_{1};
};

/// Counts what is published.
class TestBus final : public EventBus {
 public:
  std::unique_ptr<Subscription> subscribe(std::string_view, std::shared_ptr<Waker>) override {
    return nullptr;
  }
  void publish(std::string_view topic) override {
    const MutexLock lock(mutex_);
    ++counts_[std::string(topic)];
  }
  int count(const std::string& topic) {
    const MutexLock lock(mutex_);
    return counts_[topic];
  }

 private:
  Mutex mutex_;
  std::map<std::string, int> counts_;
};

struct World {
  virtual ~World() = default;
  virtual std::string name() const = 0;

  TestClock clock;
  TestRandom random;
  TestBus bus;
  std::unique_ptr<Store> store;

  std::shared_ptr<Account> account(const std::string& address = "ann@example.com") {
    auto account = store->account({address, ""});
    INFO(account.status().ToString());
    REQUIRE(account.ok());
    return *account;
  }
  std::shared_ptr<Mailbox> inbox(const std::string& address = "ann@example.com") {
    return open(*account(address), "INBOX");
  }
  std::shared_ptr<Mailbox> open(Account& account, const std::string& folder) {
    auto mailbox = account.open(folder);
    INFO(mailbox.status().ToString());
    REQUIRE(mailbox.ok());
    return *mailbox;
  }
  Status deliver(std::string_view bytes, const std::string& address = "ann@example.com",
                 const std::string& folder = "INBOX") {
    clock.advance(milliseconds(1));
    const Target targets[] = {{{address, ""}, folder, ""}};
    const std::string_view pieces[] = {bytes};
    return store->deliver(targets, pieces, clock.wall());
  }
};

/// Memory, Maildir in memory at once and with late names, Maildir in a directory of the real file
/// system.
std::vector<std::function<std::unique_ptr<World>()>> all_worlds();

/// Of the process 7 on "host", which waits for nobody.
inline MaildirOptions test_options(std::string_view boot_id) {
  MaildirOptions options;
  options.root = "/mail";
  options.hostname = "host";
  options.process_id = 7;
  options.lock_wait = Duration(0);
  options.boot_id = boot_id;
  return options;
}

/// A Maildir in memory, for tests that look at the files.
struct MaildirWorld final : World {
  explicit MaildirWorld(bool with_late_names = false)
      : late_names(with_late_names), fs([this] { return clock.wall(); }) {
    open_store();
  }
  ~MaildirWorld() override { store.reset(); }
  std::string name() const override {
    return late_names ? "Maildir with late names" : "Maildir in memory";
  }
  /// As after a restart of the process.
  void open_store() {
    store.reset();
    REQUIRE(make_directories(fs, "/mail", 0700).ok());
    MaildirOptions options = test_options(boot_id);
    options.late_names = late_names;
    store = make_maildir_store(fs, clock, random, &bus, options, watch);
  }
  const bool late_names;
  DirectoryWatch* watch = nullptr;
  std::string boot_id = "1";
  std::string read(const std::string& path) {
    auto bytes = read_file(fs, path, 1 << 20);
    INFO(path << " " << bytes.status().ToString());
    REQUIRE(bytes.ok());
    return *bytes;
  }
  void write(const std::string& path, std::string_view bytes) {
    REQUIRE(fs.write(path, bytes).ok());
  }
  std::vector<std::string> list(const std::string& path) {
    auto entries = fs.list(path);
    REQUIRE(entries.ok());
    std::vector<std::string> names;
    for (const auto& entry : *entries) names.push_back(entry.name);
    return names;
  }

  MemoryFilesystem fs;
};

inline Uid uid(std::uint32_t number) { return Uid{number}; }

inline FlagChange add(std::uint8_t flags, std::vector<std::string> keywords = {}) {
  return {FlagChange::Mode::kAdd, {flags, std::move(keywords)}};
}

inline std::vector<std::uint32_t> numbers(const std::vector<Uid>& uids) {
  std::vector<std::uint32_t> result;
  for (const Uid each : uids) result.push_back(number(each));
  return result;
}
inline std::vector<std::uint32_t> uids_of(Mailbox& mailbox) {
  std::vector<std::uint32_t> result;
  for (const MessageInfo& message : mailbox.snapshot().messages) {
    result.push_back(number(message.uid));
  }
  return result;
}
inline std::string text_of(Mailbox& mailbox, std::uint32_t number) {
  auto content = mailbox.read(uid(number));
  return content.ok() ? std::string((*content)->bytes()) : content.status().ToString();
}
inline std::vector<Uid> list_of(std::initializer_list<std::uint32_t> numbers) {
  std::vector<Uid> uids;
  for (const std::uint32_t each : numbers) uids.push_back(uid(each));
  return uids;
}

}  // namespace mail::store::test
