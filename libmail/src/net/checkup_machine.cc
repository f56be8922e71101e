// The machine around the server: ports, owners and modes, room, the clock.
//
// Tested by tests/unit/net/checkup_test.cc.
#include <algorithm>
#include <set>

#include <sys/statvfs.h>

#include "mail/directory/attributes.h"
#include "net/certificate_sources.h"
#include "net/checkup_parts.h"

namespace mail::net {
namespace {

using directory::ListenAddress;

constexpr std::uint32_t kOthersRead = 04;
constexpr std::uint32_t kOthersWrite = 02;
/// Older than this program: no clock that is right says so.
constexpr WallTime kBuilt{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
constexpr std::chrono::days kClockSlack{1};

std::string mode_text(std::uint32_t mode) {
  std::string text = "0000";
  for (int i = 3; i > 0; --i, mode >>= 3) text[static_cast<std::size_t>(i)] += mode & 7;
  return text;
}

/// Of what a link leads to.
StatusOr<FileInfo> look(Filesystem& files, const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(const std::string target, files.resolve_links(path));
  return files.info(target);
}

bool listens(const RunningServer& server, const directory::Listener& wanted,
             const ListenAddress& address) {
  for (const auto& listener : server.listeners) {
    if (listener.name != wanted.name) continue;
    // A port of 0 has become a real one.
    return std::any_of(
        listener.addresses.begin(), listener.addresses.end(), [&](const auto& other) {
          return other == address || (address.port == 0 && address.unix_path.empty());
        });
  }
  return false;
}

/// A file that others may read or write although it holds secrets.
void examine_secret(Checkup& checkup, const std::string& path, std::string_view what) {
  const auto info = look(checkup.files, path);
  if (!info.ok() || info->type != FileType::kRegular) return;
  const std::string said = cat("'", path, "' (", mode_text(info->mode), ") ");
  if ((info->mode & kOthersWrite) != 0) {
    checkup.error("permissions", cat(said, "may be written by everyone"), cat("chmod o-w ", path));
  }
  if ((info->mode & kOthersRead) != 0) {
    checkup.warning("permissions", cat(said, "may be read by everyone: ", what),
                    cat("chmod o-r ", path));
  }
}

void examine_config_folder(Checkup& checkup) {
  const std::string& config = checkup.options.config;
  const auto folder = look(checkup.files, config);
  if (!folder.ok() || folder->type != FileType::kDirectory) {
    checkup.error("permissions", cat("the config folder '", config, "' cannot be found"),
                  "make it, or name another one with --config");
    return;
  }
  if ((folder->mode & kOthersWrite) != 0) {
    checkup.error("permissions",
                  cat("everyone may write into '", config, "' (", mode_text(folder->mode), ")"),
                  cat("chmod o-w ", config));
  }
  for (const std::string_view name :
       {"postfix-accounts.cf", "dovecot-masters.cf", "app-passwords.cf"}) {
    examine_secret(checkup, cat(config, "/", name), "it holds the hashes of passwords");
  }
  examine_secret(checkup, cat(config, "/postfix-sasl-password.cf"), "it holds passwords");
  const auto plan = plan_certificates(checkup.settings, config, checkup.hostname);
  if (!plan.ok()) return;
  std::vector<std::string> keys = {plan->key_path, plan->alt_key_path};
  if (!plan->folder.empty()) {
    keys.push_back(cat(plan->folder, "/acme.json"));
    for (const std::string& path : watched_paths(checkup.files, *plan)) {
      if (path.ends_with("key.pem")) keys.push_back(path);
    }
  }
  for (const std::string& key : keys) {
    if (!key.empty()) examine_secret(checkup, key, "it holds a private key");
  }
}

/// Folders of accounts that the server cannot write into.
void examine_mailboxes(Checkup& checkup, std::uint32_t owner) {
  std::set<std::string> seen;
  const auto examine_folder = [&](const std::string& path) {
    if (!seen.insert(path).second) return;
    const auto info = checkup.files.info(path);
    if (!info.ok() || info->owner == owner || !checkup.is_told("owner")) return;
    checkup.error("permissions",
                  cat("'", path, "' belongs to user ", info->owner, ", the mail folder to ", owner),
                  cat("chown -R ", owner, " ", path));
  };
  for (const auto& account : checkup.snapshot->accounts()) {
    const std::size_t at = account.address.rfind('@');
    const std::string domain = cat(checkup.options.mail, "/", account.address.substr(at + 1));
    examine_folder(domain);
    const std::string elsewhere = directory::attributes_of(account, checkup.options.mail).mail;
    examine_folder(elsewhere.empty() ? cat(domain, "/", account.address.substr(0, at)) : elsewhere);
  }
  if (const std::size_t more = checkup.untold("owner"); more > 0) {
    checkup.note("permissions", cat("there are ", more, " more folders of other users"),
                 cat("chown -R ", owner, " ", checkup.options.mail));
  }
}

void examine_mail_folder(Checkup& checkup) {
  const std::string& mail = checkup.options.mail;
  const auto folder = look(checkup.files, mail);
  if (absl::IsNotFound(folder.status())) {
    checkup.note("permissions", cat("the mail folder '", mail, "' is made at the next start"));
    return;
  }
  if (!folder.ok() || folder->type != FileType::kDirectory) {
    checkup.error("permissions", cat("'", mail, "' is no folder for mail"),
                  "name another one with --mail");
    return;
  }
  if ((folder->mode & (kOthersRead | kOthersWrite)) != 0) {
    checkup.warning("permissions",
                    cat("everyone may look into '", mail, "' (", mode_text(folder->mode), ")"),
                    cat("chmod o-rwx ", mail));
  }
  const auto wanted = static_cast<std::uint32_t>(checkup.settings.number("DMS_VMAIL_UID"));
  if (folder->owner == 0) {
    checkup.note("permissions",
                 cat("'", mail, "' is root's; the next start gives it to user ", wanted));
    return;
  }
  if (folder->owner != wanted && checkup.settings.is_set("DMS_VMAIL_UID")) {
    checkup.warning("permissions",
                    cat("'", mail, "' belongs to user ", folder->owner,
                        ", whom the server becomes, DMS_VMAIL_UID says ", wanted),
                    cat("chown -R ", wanted, " ", mail, ", or correct the setting"));
  }
  examine_mailboxes(checkup, folder->owner);
}

void examine_control_socket(Checkup& checkup) {
  const std::string path = cat(checkup.options.state, "/run/control.sock");
  const auto info = checkup.files.info(path);
  if (!info.ok()) return;
  if ((info->mode & 077) != 0) {
    checkup.error("permissions",
                  cat("'", path, "' (", mode_text(info->mode), ") lets others steer the server"),
                  cat("chmod 600 ", path));
  }
  if (!checkup.options.running) {
    checkup.note("ports", cat("'", path, "' is there, but nobody answers"),
                 "nothing: the next start takes it away");
  }
}

void examine_room(Checkup& checkup, const std::string& folder) {
  const auto room = checkup.options.room(folder);
  if (!room.ok() || room->octets == 0) return;
  const std::uint64_t percent = room->free_octets / (room->octets / 100 + 1);
  const std::string said =
      cat("'", folder, "' has ", room->free_octets / (1024 * 1024), " MiB free, ", percent, " %");
  const std::string fix = "make room: what does not fit is answered 452, and comes later or never";
  if (room->free_octets < kNoRoomOctets || percent < kNoRoomPercent) {
    checkup.error("disk", said, fix);
  } else if (percent < kLittleRoomPercent) {
    checkup.warning("disk", said, fix);
  }
  if (room->files > 0 && room->free_files / (room->files / 100 + 1) < kNoRoomPercent) {
    checkup.error("disk", cat("'", folder, "' has room for ", room->free_files, " more files only"),
                  "delete files, or make a file system with more inodes");
  }
}

}  // namespace

StatusOr<DiskRoom> disk_room(const std::string& folder) {
  struct statvfs info{};
  if (statvfs(folder.c_str(), &info) != 0) {
    return errno_status(errno, cat("cannot look how much room '", folder, "' has"));
  }
  return DiskRoom{info.f_bavail * info.f_frsize, info.f_blocks * info.f_frsize, info.f_favail,
                  info.f_files};
}

void examine_ports(Checkup& checkup) {
  const auto& running = checkup.options.running;
  if (!running) {
    checkup.note("ports", "maild is not running", "start it, if it shall serve");
  }
  const auto listeners = checkup.settings.listeners();
  if (listeners.empty()) {
    checkup.error("ports", "no service is switched on", "look at the LISTEN_ and ENABLE_ settings");
  }
  for (const auto& listener : listeners) {
    for (const ListenAddress& address : listener.addresses) {
      if (running && listens(*running, listener, address)) continue;
      const Status free = checkup.options.is_free(address);
      const std::string where = cat(listener.name, " on ", to_string(address));
      if (absl::IsAlreadyExists(free)) {
        checkup.error("ports", cat(where, ": another program has that address"),
                      "stop it (ss -ltnp shows which), or set another address in LISTEN_*");
      } else if (running && !absl::IsUnavailable(free)) {
        checkup.warning("ports", cat(where, " is in the settings, the running server is not there"),
                        "see its log, or restart it");
      }
    }
  }
}

void examine_permissions(Checkup& checkup) {
  examine_config_folder(checkup);
  examine_mail_folder(checkup);
  examine_control_socket(checkup);
}

void examine_disk(Checkup& checkup) {
  examine_room(checkup, checkup.options.mail);
  if (checkup.options.state != checkup.options.mail) examine_room(checkup, checkup.options.state);
}

void examine_clock(Checkup& checkup) {
  const WallTime now = checkup.options.now;
  const std::string fix =
      "set the clock (timedatectl, chrony): dates in mail and the times of "
      "certificates rest on it";
  if (now < kBuilt) {
    checkup.error("clock", "the clock of this machine is years behind", fix);
    return;
  }
  for (const std::string_view name : {"postfix-accounts.cf", "mailserver.env"}) {
    const std::string path = cat(checkup.options.config, "/", name);
    const auto info = look(checkup.files, path);
    if (!info.ok() || info->modified <= now + kClockSlack) continue;
    checkup.warning("clock", cat("'", path, "' was changed in the future"), fix);
  }
}

}  // namespace mail::net
