#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "mail/base/absl.h"
#include "net/socket.h"

namespace mail::net {

/// Decides which paths a privileged process opens for a less privileged one, and walks to them so
/// that nobody can lead it elsewhere on the way. Does not need privileges of its own.
class GuardedPaths {
 public:
  /// Files, and folders with all below them. Absolute.
  explicit GuardedPaths(std::vector<std::string> allowed);

  /// Where a walk ended.
  struct Place {
    Descriptor parent;  // O_PATH
    std::string name;   // in it
    Descriptor node;    // O_PATH
    struct stat info{};
    std::string real_path;
  };
  /// 0, or errno: EACCES for what is not allowed. With `follow` a link at the end is followed too.
  int walk(const std::string& path, bool follow, Place& to) const;
  /// The path that `walk` found by following links may be asked for from now on.
  void grant(const std::string& real_path);

 private:
  bool allows(std::string_view path) const;
  bool holds_real(std::string_view real_path) const;

  std::vector<std::string> allowed_;
  std::vector<std::string> real_;  // the same without links, as it was at the start
  StringSet granted_;
};

}  // namespace mail::net
