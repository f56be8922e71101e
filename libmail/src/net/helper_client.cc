// Tested by tests/unit/net/helper_test.cc.
#include "net/helper_client.h"

#include <cerrno>
#include <cstring>

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mail/net/helper.h"
#include "net/helper_process.h"

namespace mail::net {
namespace {

FileType type_of(char letter) {
  switch (letter) {
    case 'f': return FileType::kRegular;
    case 'd': return FileType::kDirectory;
    case 'l': return FileType::kSymlink;
    default: return FileType::kOther;
  }
}

}  // namespace

HelperClient::~HelperClient() {
  if (process_ == 0) return;
  socket_ = Descriptor();  // its end
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void HelperClient::begin(Descriptor socket, pid_t process) {
  const std::lock_guard lock(mutex_);
  socket_ = std::move(socket);
  process_ = process;
}

bool HelperClient::is_running() const {
  const std::lock_guard lock(mutex_);
  return static_cast<bool>(socket_);
}

StatusOr<HelperMessage> HelperClient::ask(char operation, std::string_view rest,
                                          std::string_view what, int descriptor) {
  const std::string request = cat(std::string_view(&operation, 1), rest);
  if (request.size() > kMaxHelperRequest) return errno_status(ENAMETOOLONG, what);
  HelperMessage answer;
  int error = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!socket_) return errno_status(EACCES, what);
    if (!send_message(socket_.get(), request, descriptor) ||
        !receive_message(socket_.get(), kMaxHelperAnswer, answer) ||
        answer.text.size() < sizeof error) {
      socket_ = Descriptor();
      return errno_status(EACCES, cat(what, " (the helper process is gone: restart the server)"));
    }
  }
  std::memcpy(&error, answer.text.data(), sizeof error);
  if (error != 0) return errno_status(error, what);
  answer.text.erase(0, sizeof error);
  return answer;
}

StatusOr<ListeningSocket> HelperClient::listen(const directory::ListenAddress& address) {
  const std::string where = directory::to_string(address);
  MAIL_ASSIGN_OR_RETURN(HelperMessage answer, ask('b', where, cat("cannot listen on ", where)));
  if (!answer.descriptor) return internal_error("the helper sent no socket for ", where);
  return ListeningSocket{.descriptor = std::move(answer.descriptor), .address = address};
}

int HelperClient::watch(int inotify, const std::string& folder, std::uint32_t mask) {
  const int own = inotify_add_watch(inotify, folder.c_str(), mask);
  if (own >= 0 || errno != EACCES) return own;
  const std::string_view octets(reinterpret_cast<const char*>(&mask), sizeof mask);
  const auto answer = ask('w', cat(octets, folder), "cannot watch", inotify);
  int watch = -1;
  if (answer.ok() && answer->text.size() == sizeof watch) {
    std::memcpy(&watch, answer->text.data(), sizeof watch);
  }
  errno = EACCES;
  return watch;
}

StatusOr<std::unique_ptr<File>> HelperClient::Files::open(const std::string& path) {
  auto own = real_.open(path);
  if (!absl::IsPermissionDenied(own.status()) || !client_.is_running()) return own;
  MAIL_ASSIGN_OR_RETURN(HelperMessage answer, client_.ask('o', path, message_of(own.status())));
  return adopt_file(answer.descriptor.release(), path);
}

StatusOr<FileInfo> HelperClient::Files::info(const std::string& path) {
  auto own = real_.info(path);
  if (!absl::IsPermissionDenied(own.status()) || !client_.is_running()) return own;
  MAIL_ASSIGN_OR_RETURN(const HelperMessage answer,
                        client_.ask('i', path, message_of(own.status())));
  return descriptor_info(answer.descriptor.get(), path);
}

StatusOr<std::vector<DirectoryEntry>> HelperClient::Files::list(const std::string& path) {
  auto own = real_.list(path);
  if (!absl::IsPermissionDenied(own.status()) || !client_.is_running()) return own;
  MAIL_ASSIGN_OR_RETURN(const HelperMessage answer,
                        client_.ask('l', path, message_of(own.status())));
  std::vector<DirectoryEntry> entries;
  std::string_view rest = answer.text;
  while (rest.size() > 1) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    entries.push_back({std::string(entry.substr(1)), type_of(entry.front())});
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return entries;
}

StatusOr<std::string> HelperClient::Files::resolve_links(const std::string& path) {
  auto own = real_.resolve_links(path);
  if (!absl::IsPermissionDenied(own.status()) || !client_.is_running()) return own;
  MAIL_ASSIGN_OR_RETURN(HelperMessage answer, client_.ask('r', path, message_of(own.status())));
  return std::move(answer.text);
}

Helper::Helper() : client_(std::make_unique<HelperClient>()) {}
Helper::~Helper() = default;

Status Helper::start(const HelperRights& rights) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_status(errno, "cannot make the helper's socket");
  }
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child < 0) return errno_status(errno, "cannot start the helper process");
  if (child == 0) {
    ours = Descriptor();
    run_helper(std::move(theirs), rights, self);
  }
  client_->begin(std::move(ours), child);
  return absl::OkStatus();
}

bool Helper::is_running() const { return client_->is_running(); }
Filesystem& Helper::files() { return client_->files(); }

}  // namespace mail::net
