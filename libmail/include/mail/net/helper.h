// A small process that keeps the privileges a server gave up, to open what the server may not open
// by itself: files of root's, and ports below 1024.
//
//     mail::net::Helper helper;
//     options.helper = &helper;
//     auto server = mail::Server::bind(std::move(options));
//     rights.paths = (*server)->protected_paths();
//     helper.start(rights);                                  // forks
//     … become somebody else …
//     (*server)->start();
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"

namespace mail::net {

class HelperClient;

/// What the helper does for its server, and for nobody else. A value.
struct HelperRights {
  /// Files, and folders with all below them, that may be read. Absolute.
  std::vector<std::string> paths;
  /// That may be listened on, at any address.
  std::vector<std::uint16_t> ports;
  /// Who the helper becomes; it keeps the rights to read any file and to bind any port.
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

/// A resource; outlives the server that uses it. The helper process ends with this object, and when
/// the server's process is gone, however that ended.
class Helper {
 public:
  Helper();
  ~Helper();

  /// Forks: to be called by root before any thread is started. Fails: as fork does.
  Status start(const HelperRights& rights);
  bool is_running() const;

  /// The system's files. What may not be read by this process is asked of the helper, once that
  /// runs. Safe from any thread.
  Filesystem& files();

  HelperClient& client() { return *client_; }

 private:
  std::unique_ptr<HelperClient> client_;
};

}  // namespace mail::net
