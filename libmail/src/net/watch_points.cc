// Tested by tests/unit/net/watcher_test.cc.
#include "net/watch_points.h"

#include <string_view>

#include "mail/base/absl.h"

namespace mail::net {
namespace {

constexpr int kMaxLinks = 40;  // as Linux

void add_points(Filesystem& filesystem, const std::string& path, StringSet& to) {
  to.insert(path);
  std::string at;
  std::string_view rest = path;
  int links = 0;
  while (!rest.empty()) {
    rest.remove_prefix(rest.front() == '/' ? 1 : 0);
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    if (name.empty()) continue;
    const std::string folder = at;
    append(at, "/", name);
    const auto info = filesystem.info(at);
    if (!info.ok() || info->type != FileType::kSymlink) continue;
    const auto target = filesystem.resolve_links(at);
    to.insert(cat(folder, "/"));
    if (!target.ok() || ++links > kMaxLinks) return;
    at = *target;
  }
  to.insert(path.ends_with('/') ? cat(at, "/") : at);
}

}  // namespace

std::vector<std::string> watch_points(Filesystem& filesystem,
                                      const std::vector<std::string>& paths) {
  StringSet points;
  for (const std::string& path : paths) add_points(filesystem, path, points);
  return {points.begin(), points.end()};
}

}  // namespace mail::net
