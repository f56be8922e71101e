// Small on purpose: it reads no config, parses no mail, has no heap of secrets, and never speaks to
// the network. It becomes the mail's owner with two capabilities left; a process of the same user
// cannot trace it, since it has fewer. Tested by tests/unit/net/helper_test.cc and tests/live.
#include "net/helper_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mail::net {
namespace {

HelperMessage failure(int error) {
  HelperMessage message;
  message.text.assign(reinterpret_cast<const char*>(&error), sizeof error);
  return message;
}

HelperMessage success(std::string_view payload = {}, Descriptor descriptor = {}) {
  HelperMessage message = failure(0);
  message.text += payload;
  message.descriptor = std::move(descriptor);
  return message;
}

/// 0 or errno.
int open_checked(const GuardedPaths::Place& place, int flags, Descriptor& to) {
  to = Descriptor(openat(place.parent.get(), place.name.c_str(),
                         flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!to) return errno;
  struct stat info{};
  if (fstat(to.get(), &info) != 0) return errno;
  // Replaced since the walk: whoever asks again gets the new one.
  return info.st_ino == place.info.st_ino && info.st_dev == place.info.st_dev ? 0 : EAGAIN;
}

std::uint32_t bit(int capability) { return 1U << static_cast<unsigned>(capability); }

/// Containers often grant DAC_OVERRIDE but not DAC_READ_SEARCH.
void keep_capabilities() {
  const std::uint32_t wanted[] = {bit(CAP_DAC_READ_SEARCH) | bit(CAP_NET_BIND_SERVICE),
                                  bit(CAP_DAC_OVERRIDE) | bit(CAP_NET_BIND_SERVICE),
                                  bit(CAP_DAC_READ_SEARCH),
                                  bit(CAP_DAC_OVERRIDE),
                                  bit(CAP_NET_BIND_SERVICE),
                                  0};
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  for (const std::uint32_t set : wanted) {
    __user_cap_data_struct data[2]{};
    data[0].effective = data[0].permitted = set;
    if (syscall(SYS_capset, &header, data) == 0) return;
  }
}

}  // namespace

HelperService::HelperService(const HelperRights& rights)
    : paths_(rights.paths), ports_(rights.ports) {}

HelperMessage HelperService::answer(const HelperMessage& request) {
  if (request.text.empty()) return failure(EINVAL);
  const std::string rest = request.text.substr(1);
  switch (request.text.front()) {
    case 'o': return open(rest);
    case 'i': return info(rest);
    case 'l': return list(rest);
    case 'r': return resolve(rest);
    case 'w': return watch(rest, request.descriptor);
    case 'b': return bind(rest);
    default: return failure(EINVAL);
  }
}

HelperMessage HelperService::open(const std::string& path) const {
  GuardedPaths::Place place;
  if (const int error = paths_.walk(path, false, place); error != 0) return failure(error);
  if (!S_ISREG(place.info.st_mode)) return failure(ELOOP);
  Descriptor file;
  if (const int error = open_checked(place, O_RDONLY, file); error != 0) return failure(error);
  return success({}, std::move(file));
}

HelperMessage HelperService::info(const std::string& path) const {
  GuardedPaths::Place place;
  if (const int error = paths_.walk(path, false, place); error != 0) return failure(error);
  return success({}, std::move(place.node));
}

HelperMessage HelperService::list(const std::string& path) const {
  GuardedPaths::Place place;
  if (const int error = paths_.walk(path, false, place); error != 0) return failure(error);
  Descriptor folder;
  if (const int error = open_checked(place, O_RDONLY | O_DIRECTORY, folder); error != 0) {
    return failure(error);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(folder.get()), closedir);
  if (entries == nullptr) return failure(errno);
  folder.release();
  std::string payload;
  while (const dirent* entry = readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat st{};
    if (fstatat(dirfd(entries.get()), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const char type = S_ISREG(st.st_mode)   ? 'f'
                      : S_ISDIR(st.st_mode) ? 'd'
                      : S_ISLNK(st.st_mode) ? 'l'
                                            : 'o';
    payload += type;
    payload.append(name).push_back('\0');
    if (payload.size() > kMaxHelperAnswer / 2) return failure(EFBIG);
  }
  return success(payload);
}

HelperMessage HelperService::resolve(const std::string& path) {
  GuardedPaths::Place place;
  if (const int error = paths_.walk(path, true, place); error != 0) return failure(error);
  // What trusted links lead to may now be opened by its own name.
  paths_.grant(place.real_path);
  return success(place.real_path);
}

HelperMessage HelperService::watch(std::string_view rest, const Descriptor& inotify) const {
  std::uint32_t mask = 0;
  if (rest.size() <= sizeof mask || !inotify) return failure(EINVAL);
  std::memcpy(&mask, rest.data(), sizeof mask);
  GuardedPaths::Place place;
  const std::string path(rest.substr(sizeof mask));
  if (const int error = paths_.walk(path, true, place); error != 0) return failure(error);
  // By its own name: /proc need not be there to name the descriptor.
  const int watch =
      inotify_add_watch(inotify.get(), place.real_path.c_str(), mask | IN_ONLYDIR | IN_DONT_FOLLOW);
  if (watch < 0) return failure(errno);
  return success({reinterpret_cast<const char*>(&watch), sizeof watch});
}

HelperMessage HelperService::bind(std::string_view text) const {
  const auto list = directory::parse_listen_list(text);
  if (!list.ok() || list->size() != 1 || !list->front().unix_path.empty()) return failure(EINVAL);
  const auto& address = list->front();
  if (std::find(ports_.begin(), ports_.end(), address.port) == ports_.end()) {
    return failure(EACCES);
  }
  auto socket = listen_on(address);
  if (!socket.ok()) {
    return failure(absl::IsAlreadyExists(socket.status())      ? EADDRINUSE
                   : absl::IsUnavailable(socket.status())      ? EADDRNOTAVAIL
                   : absl::IsPermissionDenied(socket.status()) ? EACCES
                                                               : EINVAL);
  }
  return success({}, std::move(socket->descriptor));
}

void run_helper(Descriptor socket, const HelperRights& rights, int parent) {
  prctl(PR_SET_NAME, "maild helper", 0, 0, 0);
  // The server's listening sockets must not live on here, nor may a pipe that logs go to.
  if (socket.get() != 3) {
    dup3(socket.get(), 3, O_CLOEXEC);
    socket = Descriptor(3);
  }
  close_range(4, ~0U, 0);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (int standard = 0; standard < 3; ++standard) dup2(nowhere, standard);
  if (nowhere > 3) ::close(nowhere);
  // A stop that goes to the whole group is the server's; the helper ends when its server has.
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT}) signal(number, SIG_IGN);
  if (chdir("/") != 0) _exit(1);
  prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (setgroups(0, nullptr) != 0 || setresgid(rights.group, rights.group, rights.group) != 0 ||
      setresuid(rights.user, rights.user, rights.user) != 0) {
    _exit(1);
  }
  prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  keep_capabilities();
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // After the change of user, which forgets it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(0);
  HelperService service(rights);
  HelperMessage request;
  while (receive_message(3, kMaxHelperRequest, request)) {
    const HelperMessage answer = service.answer(request);
    if (!send_message(3, answer.text, answer.descriptor.get())) break;
  }
  _exit(0);
}

}  // namespace mail::net
