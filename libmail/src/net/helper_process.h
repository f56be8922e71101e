#pragma once

#include "mail/net/helper.h"
#include "net/guarded_path.h"
#include "net/helper_wire.h"

namespace mail::net {

/// The helper's side: answers one request after the other.
class HelperService {
 public:
  explicit HelperService(const HelperRights& rights);
  HelperMessage answer(const HelperMessage& request);

 private:
  HelperMessage open(const std::string& path) const;
  HelperMessage info(const std::string& path) const;
  HelperMessage list(const std::string& path) const;
  HelperMessage resolve(const std::string& path);
  HelperMessage watch(std::string_view rest, const Descriptor& inotify) const;
  HelperMessage bind(std::string_view address) const;

  GuardedPaths paths_;
  const std::vector<std::uint16_t> ports_;
};

/// The helper's whole life after fork; never returns.
[[noreturn]] void run_helper(Descriptor socket, const HelperRights& rights, int parent);

}  // namespace mail::net
