#include <mail/store/memory.h>

#include <chrono>

struct SystemClock : mail::Clock {
  mail::TimePoint now() const override {
    return std::chrono::time_point_cast<mail::Duration>(std::chrono::steady_clock::now());
  }
  mail::WallTime wall() const override {
    return std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
  }
};

int main() {
  SystemClock clock;
  const auto store = mail::store::make_memory_store(clock, nullptr);
  const mail::store::Target target{.account = {.address = "ann@example.com", .directory = ""}};
  const std::string_view message = "Subject: hello\r\n\r\nworld\r\n";
  if (!store->deliver({&target, 1}, {&message, 1}, clock.wall()).ok()) return 1;
  const auto account = store->account(target.account);
  return account.ok() && (*account)->status("INBOX").ok() ? 0 : 1;
}
