#include "world.h"

#include <cstdlib>
#include <filesystem>

namespace mail::store::test {
namespace {

struct MemoryWorld final : World {
  MemoryWorld() { store = make_memory_store(clock, &bus); }
  std::string name() const override { return "Memory"; }
};

struct RealWorld final : World {
  RealWorld() {
    char path[] = "/tmp/libmail-store-XXXXXX";
    REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    MaildirOptions options;
    options.root = root;
    options.lock_wait = Duration(0);
    store = make_maildir_store(real_filesystem(), clock, random, &bus, options);
  }
  ~RealWorld() override {
    store.reset();
    std::filesystem::remove_all(root);
  }
  std::string name() const override { return "Maildir on disk"; }
  std::string root;
};

}  // namespace

std::vector<std::function<std::unique_ptr<World>()>> all_worlds() {
  return {[] { return std::make_unique<MemoryWorld>(); },
          [] { return std::make_unique<MaildirWorld>(); },
          [] { return std::make_unique<MaildirWorld>(true); },
          [] { return std::make_unique<RealWorld>(); }};
}

}  // namespace mail::store::test
