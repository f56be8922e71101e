// mail::Task<T>: a lazy coroutine, bound to no executor.
//
// A task starts when it is awaited (or `start`ed), runs on the thread that resumes it, and resumes
// its awaiter when it ends. It must be resumed only on its owner's loop.
//
// A child that ends without suspending completes inside `await_ready`, by an ordinary call that has
// returned before the parent goes on. So a loop that awaits a million ready tasks uses the stack of
// one, with any compiler at any optimisation: nothing relies on tail calls. A child that did
// suspend resumes its parent when it ends, as deep as the chain of awaits is, never deeper.
//
// Destroying a Task destroys its frame, and with it every task it awaits: whatever could still
// resume it (a timer, a socket) must have been told before.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace mail {

template <class T>
class Task;

namespace task_detail {

struct PromiseBase {
  std::coroutine_handle<> continuation;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept {
      auto next = self.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  // libmail throws nothing; what a foreign library throws here is a fault that must not be
  // swallowed.
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace task_detail

/// A resource: moved, never copied. Await it once.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { reset(); }

  bool await_ready() const {
    handle_.resume();
    return handle_.done();
  }
  void await_suspend(std::coroutine_handle<> awaiter) const noexcept {
    handle_.promise().continuation = awaiter;
  }
  T await_resume() const { return handle_.promise().take(); }

  /// Runs a top-level task up to its first suspension. Nobody awaits it: keep it alive until
  /// `done`.
  void start() { handle_.resume(); }
  bool done() const { return !handle_ || handle_.done(); }
  /// The value of a task that is done, once.
  T result() { return handle_.promise().take(); }

 private:
  void reset() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  std::coroutine_handle<promise_type> handle_;
};

namespace task_detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace task_detail

}  // namespace mail
