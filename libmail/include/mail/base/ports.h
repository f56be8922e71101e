// Ports: what the server layer asks of the world. `net` answers with Asio, `tests/sim` with a
// virtual world.
//
// Unless a comment says otherwise, a port is used from the loop that owns the caller, and its tasks
// resume there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mail/base/session.h"
#include "mail/base/status.h"
#include "mail/base/task.h"
#include "mail/base/time.h"

namespace mail {

/// Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall() const = 0;
  /// How far local clocks are ahead of UTC at that time: what Date and Received tell.
  virtual std::chrono::minutes utc_offset(WallTime) const { return std::chrono::minutes(0); }
};

/// Cryptographically strong. Safe from any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> to) = 0;
};

/// Runs blocking calls (files, fsync, password hashing) on a bounded pool and resumes the caller on
/// its own loop. Jobs refer to the caller's frame: a task that awaits one is not destroyed before
/// the job has ended or been dropped.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual Task<void> run(std::function<void()> job) = 0;
};

/// The value of `job`, run by the worker: `auto info = co_await run_on(worker, std::move(job));`
template <class F>
Task<std::invoke_result_t<F&>> run_on(Worker& worker, F job) {
  std::optional<std::invoke_result_t<F&>> result;
  std::function<void()> call = [&job, &result] { result.emplace(job()); };
  co_await worker.run(std::move(call));
  co_return std::move(*result);
}

/// Makes a sleeping owner look again; carries no data. `wake` is safe from any thread and after the
/// owner is gone.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

/// The two ends of a connection. A value.
struct Endpoint {
  std::string address;  // "192.0.2.1", "2001:db8::1"; empty for a unix socket
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};

/// A byte stream to one peer that can be upgraded to TLS. Readiness, not completion: an idle
/// connection holds no buffer. Close it before it is destroyed.
class Transport {
 public:
  struct Interest {
    bool readable = false;
    bool writable = false;
  };
  enum class Readiness {
    kReady,     // what was asked for, or the peer closed or failed: read or write tells
    kDeadline,  // the deadline passed first
    kWoken,     // its waker was called
    kStopping,  // the server stops: say goodbye, send it, end. Told once; later waits work as
                // before
  };
  /// Octets moved; 0 with `open` means "not now, wait".
  struct Moved {
    std::size_t octets = 0;
    bool open = true;  // false: the peer closed (read) or the connection failed (read, write)
  };

  virtual ~Transport() = default;

  virtual Task<Readiness> wait(Interest interest, std::optional<TimePoint> deadline) = 0;
  /// Never blocks.
  virtual Moved read(std::span<char> to) = 0;
  /// Never blocks; takes as much as fits.
  virtual Moved write(std::string_view bytes) = 0;
  /// The server's side of the handshake. Fails: DeadlineExceeded, or the peer's fault in words.
  virtual Task<StatusOr<TlsInfo>> start_tls(std::optional<TimePoint> deadline) = 0;
  virtual void close() = 0;
  /// The peer has proven who it is or that it brings mail for somebody here: when connections are
  /// short, others make room first.
  virtual void set_established() {}
  /// A trusted proxy forwards it for the client at `address`, whom limits by address shall count.
  /// False: he has as many as he may.
  virtual bool count_as(std::string_view address) {
    static_cast<void>(address);
    return true;
  }

  virtual const Endpoint& peer() const = 0;
  virtual const Endpoint& local() const = 0;
  virtual std::shared_ptr<Waker> waker() = 0;
};

/// Wake-ups between sessions, by topic ("mailbox/ann@example.com/INBOX"). Safe from any thread.
class EventBus {
 public:
  /// Ends when destroyed.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  virtual ~EventBus() = default;
  virtual std::unique_ptr<Subscription> subscribe(std::string_view topic,
                                                  std::shared_ptr<Waker> waker) = 0;
  virtual void publish(std::string_view topic) = 0;
};

/// Takes what the library has to say; the library never prints. Safe from any thread.
class Logger {
 public:
  enum class Level { kDebug, kInfo, kWarning, kError };
  struct Field {
    std::string_view name;
    std::string value;  // as it is: the logger escapes control characters
  };
  virtual ~Logger() = default;
  /// `sentence` is constant text, readable without the fields: "message accepted".
  virtual void log(Level level, std::string_view sentence, std::span<const Field> fields) = 0;

  void debug(std::string_view sentence, std::initializer_list<Field> fields = {}) {
    log(Level::kDebug, sentence, {fields.begin(), fields.size()});
  }
  void info(std::string_view sentence, std::initializer_list<Field> fields = {}) {
    log(Level::kInfo, sentence, {fields.begin(), fields.size()});
  }
  void warning(std::string_view sentence, std::initializer_list<Field> fields = {}) {
    log(Level::kWarning, sentence, {fields.begin(), fields.size()});
  }
  void error(std::string_view sentence, std::initializer_list<Field> fields = {}) {
    log(Level::kError, sentence, {fields.begin(), fields.size()});
  }
};

}  // namespace mail
