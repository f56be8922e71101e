// A mail server needs root to bind port 25 and to read keys, and for nothing else.
#include "privileges.h"

#include <cerrno>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mail/base/filesystem.h"

namespace maild {
namespace {

constexpr uid_t kMailOwner = 5000;

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

mail::StatusOr<Owner> owner_of(const std::string& folder) {
  struct stat info{};
  if (stat(folder.c_str(), &info) != 0) {
    return mail::errno_status(errno, mail::cat("cannot examine the mail folder '", folder, "'"));
  }
  if (!S_ISDIR(info.st_mode)) {
    return mail::failed_precondition("'", folder, "' is not a folder: name another with --mail");
  }
  return Owner{.user = info.st_uid, .group = info.st_gid};
}

mail::Status give(const std::string& folder, Owner owner) {
  if (chown(folder.c_str(), owner.user, owner.group) == 0) return {};
  return mail::errno_status(
      errno, mail::cat("cannot give '", folder, "' to user ", owner.user, ": chown it yourself"));
}

/// The one capability that is kept; false where the system (a container) does not grant it.
bool keep_reading_right() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  data[0].effective = data[0].permitted = 1U << CAP_DAC_READ_SEARCH;
  if (syscall(SYS_capset, &header, data) == 0) return true;
  data[0] = {};
  syscall(SYS_capset, &header, data);
  return false;
}

}  // namespace

mail::Status prepare_folders(const std::string& mail, const std::string& state) {
  mail::Filesystem& files = mail::real_filesystem();
  MAIL_RETURN_IF_ERROR(mail::make_directories(files, mail, 0770));
  const std::string run = mail::cat(state, "/run");
  MAIL_RETURN_IF_ERROR(mail::make_directories(files, run, 0755));
  if (geteuid() != 0) return {};
  MAIL_ASSIGN_OR_RETURN(Owner owner, owner_of(mail));
  if (owner.user == 0) {
    owner = {.user = kMailOwner, .group = kMailOwner};
    MAIL_RETURN_IF_ERROR(give(mail, owner));
  }
  MAIL_RETURN_IF_ERROR(give(state, owner));
  return give(run, owner);
}

mail::Status drop_privileges(const std::string& mail, mail::Logger& log) {
  if (geteuid() != 0) return {};
  MAIL_ASSIGN_OR_RETURN(const Owner owner, owner_of(mail));
  prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (setgroups(0, nullptr) != 0 || setresgid(owner.group, owner.group, owner.group) != 0 ||
      setresuid(owner.user, owner.user, owner.user) != 0) {
    return mail::errno_status(errno, mail::cat("cannot become user ", owner.user, " group ",
                                               owner.group, ", the owner of '", mail, "'"));
  }
  prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  if (!keep_reading_right()) {
    log.warning("config files that only root may read cannot be read again on a reload",
                {{"fix", "grant CAP_DAC_READ_SEARCH, or make them readable for the mail's owner"}});
  }
  // setresuid made the process undumpable and its /proc files root's; a supervisor may look again.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  log.info("privileges dropped",
           {{"user", mail::cat(owner.user)}, {"group", mail::cat(owner.group)}});
  return {};
}

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace maild
