// The helper may read every file, so it must not be led by a link. Two kinds of links are followed:
//
// 1. links of root's: whoever makes these needs no helper (certbot's live/ → ../../archive/, a
//    folder that the administrator moved);
// 2. others, as long as they end below an allowed path (a config folder of a user's own, mounted
//    secrets): what lies there may be asked for anyway.
//
// A link of somebody else's that leads out, such as postfix-accounts.cf → /etc/shadow, is refused.
// A hard link would do the same without being a link: a file with several names must belong to the
// owner of its folder. Each step is one openat of one name without following, so nothing can change
// between looking and stepping. Tested by tests/unit/net/helper_test.cc.
#include "net/guarded_path.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace mail::net {
namespace {

constexpr int kMaxLinks = 40;  // as Linux
constexpr std::size_t kMaxGranted = 4096;
constexpr int kNode = O_PATH | O_NOFOLLOW | O_CLOEXEC;

/// Names to step through, the next one last.
void push_names(std::string_view path, std::vector<std::string>& to) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != ".") names.emplace_back(name);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  to.insert(to.end(), names.rbegin(), names.rend());
}

bool is_below(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder)) return false;
  return path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/';
}

std::string join(const std::vector<std::string>& names) {
  std::string path;
  for (const std::string& name : names) append(path, "/", name);
  return path.empty() ? "/" : path;
}

struct Walk {
  Descriptor folder{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  std::vector<std::string> done;
  std::vector<std::string> left;
  int links = 0;
  bool was_led = false;  // by a link that is not root's
};

/// 0 or errno.
int step_through_link(Walk& walk, const Descriptor& link, const struct stat& info) {
  char target[4096];
  const auto size = readlinkat(link.get(), "", target, sizeof target);
  if (size <= 0 || size == sizeof target) return size < 0 ? errno : ENAMETOOLONG;
  if (++walk.links > kMaxLinks) return ELOOP;
  walk.was_led = walk.was_led || info.st_uid != 0;
  if (target[0] == '/') {
    walk.folder = Descriptor(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    walk.done.clear();
  }
  push_names(std::string_view(target, static_cast<std::size_t>(size)), walk.left);
  return 0;
}

/// Without asking what is allowed. 0 or errno.
int walk_to(const std::string& path, bool follow, GuardedPaths::Place& to, bool& was_led) {
  Walk walk;
  push_names(path, walk.left);
  while (!walk.left.empty()) {
    const std::string name = std::move(walk.left.back());
    walk.left.pop_back();
    Descriptor node(openat(walk.folder.get(), name.c_str(), kNode));
    if (!node) return errno;
    struct stat info{};
    if (fstat(node.get(), &info) != 0) return errno;
    if (S_ISLNK(info.st_mode) && (follow || !walk.left.empty())) {
      if (const int error = step_through_link(walk, node, info); error != 0) return error;
      continue;
    }
    if (name == "..") {
      if (!walk.done.empty()) walk.done.pop_back();
    } else {
      walk.done.push_back(name);
    }
    if (walk.left.empty()) {
      to.parent = std::move(walk.folder);
      to.name = name;
      to.node = std::move(node);
      to.info = info;
      to.real_path = join(walk.done);
      was_led = walk.was_led;
      return 0;
    }
    if (!S_ISDIR(info.st_mode)) return ENOTDIR;
    walk.folder = std::move(node);
  }
  return EACCES;  // the root, or a link to it
}

}  // namespace

GuardedPaths::GuardedPaths(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {
  for (std::string& path : allowed_) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    Place place;
    bool was_led = false;
    if (walk_to(path, true, place, was_led) == 0) real_.push_back(std::move(place.real_path));
  }
}

bool GuardedPaths::allows(std::string_view path) const {
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return false;
  if (cat(path, "/").find("/../") != std::string::npos) return false;
  if (granted_.contains(path)) return true;
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [path](const std::string& folder) { return is_below(path, folder); });
}

bool GuardedPaths::holds_real(std::string_view real_path) const {
  return std::any_of(real_.begin(), real_.end(), [real_path](const std::string& folder) {
    return is_below(real_path, folder);
  });
}

int GuardedPaths::walk(const std::string& path, bool follow, Place& to) const {
  if (!allows(path)) return EACCES;
  bool was_led = false;
  if (const int error = walk_to(path, follow, to, was_led); error != 0) return error;
  if (was_led && !holds_real(to.real_path)) return EACCES;
  if (S_ISREG(to.info.st_mode) && to.info.st_nlink > 1) {
    struct stat parent{};
    if (fstat(to.parent.get(), &parent) != 0) return errno;
    if (parent.st_uid != 0 && parent.st_uid != to.info.st_uid) return EACCES;
  }
  return 0;
}

void GuardedPaths::grant(const std::string& real_path) {
  if (granted_.size() < kMaxGranted) granted_.insert(real_path);
}

}  // namespace mail::net
