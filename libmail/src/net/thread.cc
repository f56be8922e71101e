// Threads whose start can fail with words. Tested by tests/unit/net/worker_test.cc.
#include "net/thread.h"

#include <csignal>
#include <utility>

namespace mail::net {
namespace {

void* run_body(void* argument) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  (*body)();
  return nullptr;
}

}  // namespace

Thread::Thread(Thread&& other) noexcept
    : handle_(other.handle_), joinable_(std::exchange(other.joinable_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    join();
    handle_ = other.handle_;
    joinable_ = std::exchange(other.joinable_, false);
  }
  return *this;
}

StatusOr<Thread> Thread::start(const std::string& name, std::function<void()> body) {
  auto argument = std::make_unique<std::function<void()>>(std::move(body));
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // The new thread inherits the mask, so no signal can reach it even in its first instruction.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Thread thread;
  const int error = pthread_create(&thread.handle_, nullptr, run_body, argument.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return exhausted("cannot start thread ", name, ": the system has none left");
  argument.release();
  thread.joinable_ = true;
  pthread_setname_np(thread.handle_, name.substr(0, 15).c_str());
  return thread;
}

void Thread::join() {
  if (std::exchange(joinable_, false)) pthread_join(handle_, nullptr);
}

}  // namespace mail::net
