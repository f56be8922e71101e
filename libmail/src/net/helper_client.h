#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include <sys/types.h>

#include "mail/base/filesystem.h"
#include "net/helper_wire.h"
#include "net/socket.h"

namespace mail::net {

/// The server's side of the helper. Safe from any thread; blocks as files do.
class HelperClient {
 public:
  ~HelperClient();
  void begin(Descriptor socket, pid_t process);
  bool is_running() const;
  Filesystem& files() { return files_; }

  StatusOr<ListeningSocket> listen(const directory::ListenAddress& address);
  /// inotify_add_watch by the helper: the watch, or -1.
  int watch(int inotify, const std::string& folder, std::uint32_t mask);

 private:
  /// Asks the helper where the system refuses.
  class Files final : public Filesystem {
   public:
    explicit Files(HelperClient& client) : client_(client) {}
    StatusOr<std::unique_ptr<File>> open(const std::string& path) override;
    StatusOr<FileInfo> info(const std::string& path) override;
    StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) override;
    StatusOr<std::string> resolve_links(const std::string& path) override;

    StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
      return real_.create(path, mode);
    }
    StatusOr<std::unique_ptr<File>> open_append(const std::string& path,
                                                std::uint32_t mode) override {
      return real_.open_append(path, mode);
    }
    Status make_directory(const std::string& path, std::uint32_t mode) override {
      return real_.make_directory(path, mode);
    }
    Status rename(const std::string& from, const std::string& to) override {
      return real_.rename(from, to);
    }
    Status link(const std::string& from, const std::string& to) override {
      return real_.link(from, to);
    }
    Status unlink(const std::string& path) override { return real_.unlink(path); }
    Status remove_directory(const std::string& path) override {
      return real_.remove_directory(path);
    }
    Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) override {
      return real_.set_owner(path, owner, group);
    }
    Status sync_directory(const std::string& path) override { return real_.sync_directory(path); }

   private:
    HelperClient& client_;
    Filesystem& real_ = real_filesystem();
  };

  /// The payload and descriptor of the answer. Fails: as the system does for `what`.
  StatusOr<HelperMessage> ask(char operation, std::string_view rest, std::string_view what,
                              int descriptor = -1);

  Files files_{*this};
  mutable std::mutex mutex_;
  Descriptor socket_;
  pid_t process_ = 0;
};

}  // namespace mail::net
