// A mail server needs root to bind port 25 and to read keys, and for nothing else: a helper process
// does both later (mail/net/helper.h).
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

/// None may come back by executing a file either. Needs CAP_SETPCAP; without it the set is what the
/// container left in it.
void empty_bounding_set() {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno == EINVAL) return;
  }
}

mail::Status empty_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capset, &header, data) == 0) return {};
  return mail::errno_status(errno, "cannot give up capabilities");
}

}  // namespace

mail::StatusOr<Owner> prepare_folders(const std::string& mail, const std::string& state,
                                      const mail::directory::Settings& settings) {
  mail::Filesystem& files = mail::real_filesystem();
  MAIL_RETURN_IF_ERROR(mail::make_directories(files, mail, 0770));
  const std::string run = mail::cat(state, "/run");
  MAIL_RETURN_IF_ERROR(mail::make_directories(files, run, 0755));
  MAIL_ASSIGN_OR_RETURN(Owner owner, owner_of(mail));
  if (geteuid() != 0) return owner;
  if (owner.user == 0) {
    owner = {.user = static_cast<unsigned>(settings.number("DMS_VMAIL_UID")),
             .group = static_cast<unsigned>(settings.number("DMS_VMAIL_GID"))};
    if (owner.user == 0 || owner.group == 0) {
      return mail::failed_precondition(
          "DMS_VMAIL_UID and DMS_VMAIL_GID must not be 0: the server "
          "does not run as root");
    }
    MAIL_RETURN_IF_ERROR(give(mail, owner));
  }
  MAIL_RETURN_IF_ERROR(give(state, owner));
  MAIL_RETURN_IF_ERROR(give(run, owner));
  return owner;
}

mail::Status drop_privileges(Owner owner, mail::Logger& log) {
  if (geteuid() != 0) return {};
  empty_bounding_set();
  if (setgroups(0, nullptr) != 0 || setresgid(owner.group, owner.group, owner.group) != 0 ||
      setresuid(owner.user, owner.user, owner.user) != 0) {
    return mail::errno_status(errno, mail::cat("cannot become user ", owner.user, " group ",
                                               owner.group, ", the owner of the mail folder"));
  }
  MAIL_RETURN_IF_ERROR(empty_capabilities());
  // setresuid made the process undumpable; it stays so: nobody of the same user looks at its keys.
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
