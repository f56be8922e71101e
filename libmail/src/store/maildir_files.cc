// Unique names follow the Maildir rule: seconds, microseconds and process id make a name unique as
// long as the clock moves on. When it does not (two messages in one microsecond, a clock set back,
// a simulated one that stands), 64 random bits join the middle part, as R does in the Maildir
// specification.
//
// Tested by tests/store/maildir_test.cc.
#include "store/maildir_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "mail/base/flush.h"
#include "store/checksum.h"
#include "store/courier_files.h"
#include "store/message_name.h"

namespace mail::store {
namespace {

constexpr auto kLeftoverAge = hours(36);
constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";

std::uint64_t boot_number(Filesystem& fs, const std::string& boot_id) {
  const auto text = boot_id.empty() ? read_file(fs, kBootId, 64) : StatusOr<std::string>(boot_id);
  if (!text.ok() || text->empty()) return 0;
  const std::uint64_t high = checksum(*text);
  return std::max<std::uint64_t>(high << 32 | checksum(*text, 1), 1);
}

}  // namespace

Status Unflushed::add(std::unique_ptr<File> file, std::uint64_t octets) {
  if (!files_.empty() && (files_.size() >= kFiles || octets_ + octets > kOctets)) {
    MAIL_RETURN_IF_ERROR(flush());
  }
  files_.push_back(std::move(file));
  octets_ += octets;
  return absl::OkStatus();
}

Status Unflushed::flush(File* last) {
  std::vector<File*> all;
  for (const auto& file : files_) all.push_back(file.get());
  if (last != nullptr) all.push_back(last);
  const Status status = sync_all(*fs_, all);
  files_.clear();
  octets_ = 0;
  return status;
}

MaildirFiles::MaildirFiles(Filesystem& the_filesystem, Clock& the_clock, Random& the_random,
                           EventBus* the_events, MaildirOptions the_options,
                           DirectoryWatch* the_watch)
    : fs(the_filesystem),
      clock(the_clock),
      random(the_random),
      options(std::move(the_options)),
      watch(the_watch),
      events_(the_events),
      host_(escape_hostname(options.hostname)),
      process_id_(options.process_id != 0 ? options.process_id
                                          : static_cast<std::uint32_t>(::getpid())),
      boot_(boot_number(fs, options.boot_id)),
      usage_({fs, name_limits(), options.uidlist_size}, options.usage_accounts),
      last_name_(clock.wall()) {
  const auto root = fs.info(options.root);
  if (root.ok() && root->owner != 0 && ::geteuid() == 0) {
    owner_.emplace(root->owner, root->group);
  }
}

bool MaildirFiles::owe(std::shared_ptr<MaildirMailbox> folder) {
  const OwingFolders::Added added = owing.add(std::move(folder));
  if (added == OwingFolders::Added::kFirst) announce_upkeep();
  return added != OwingFolders::Added::kClosed;
}

void MaildirFiles::announce_upkeep() const {
  if (events_ != nullptr) events_->publish(upkeep_topic());
}

void MaildirFiles::publish(std::string_view address, std::string_view folder) const {
  if (events_ != nullptr) events_->publish(mailbox_topic(address, folder));
}

std::string MaildirFiles::random_hex(std::size_t octets) const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<std::byte> bytes(octets);
  random.fill(bytes);
  std::string hex;
  for (const std::byte byte : bytes) {
    hex += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    hex += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return hex;
}

std::uint64_t MaildirFiles::random_number() const {
  std::array<std::byte, 8> bytes{};
  random.fill(bytes);
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

std::string MaildirFiles::unique_name() {
  WallTime now = clock.wall();
  bool is_unique = true;
  {
    const MutexLock lock(mutex_);
    is_unique = now > last_name_;
    if (is_unique) last_name_ = now;
  }
  const auto whole = std::chrono::floor<seconds>(now);
  std::string name =
      cat(whole.time_since_epoch().count(), ".M", (now - whole).count(), "P", process_id_);
  if (!is_unique) append(name, "R", random_hex(8));
  append(name, ".", host_);
  return name;
}

std::string MaildirFiles::message_base(std::uint64_t stored_size, std::uint64_t wire_size) {
  return cat(unique_name(), ",S=", stored_size, ",W=", wire_size);
}

Status MaildirFiles::make_directory(const std::string& path) {
  const Status made = fs.make_directory(path, kDirectoryMode);
  if (absl::IsAlreadyExists(made)) return absl::OkStatus();
  MAIL_RETURN_IF_ERROR(made);
  return hand_over(path);
}

Status MaildirFiles::make_maildir(const std::string& path) {
  std::vector<std::string> missing;
  for (std::string at = path;; at = parent_path(at)) {
    const Status status = fs.info(at).status();
    if (status.ok()) break;
    if (!absl::IsNotFound(status) || parent_path(at) == at) return status;
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    MAIL_RETURN_IF_ERROR(make_directory(*at));
    MAIL_ASSIGN_OR_RETURN(const std::string parent, fs.resolve_links(parent_path(*at)));
    MAIL_RETURN_IF_ERROR(fs.sync_directory(parent));
  }
  bool has_made = false;
  for (const char* name : {"/cur", "/new", "/tmp"}) {
    const auto info = fs.info(path + name);
    if (info.ok() && info->type == FileType::kDirectory) continue;
    if (info.ok()) return failed_precondition(path, name, " is not a directory");
    if (!absl::IsNotFound(info.status())) return info.status();
    MAIL_RETURN_IF_ERROR(make_directory(path + name));
    has_made = true;
  }
  return has_made ? fs.sync_directory(path) : absl::OkStatus();
}

Status MaildirFiles::fill(File& file, std::string_view bytes, WallTime modified) {
  if (owner_) MAIL_RETURN_IF_ERROR(file.set_owner(owner_->first, owner_->second));
  MAIL_RETURN_IF_ERROR(file.append(bytes));
  return file.set_modified(modified);
}

StatusOr<std::string> MaildirFiles::write_temporary(const std::string& directory,
                                                    const std::string& base, std::string_view bytes,
                                                    WallTime modified, Unflushed& unflushed) {
  const std::string path = cat(directory, "/tmp/", base);
  MAIL_ASSIGN_OR_RETURN(std::unique_ptr<File> file, fs.create(path, kFileMode));
  Status status = fill(*file, bytes, modified);
  if (status.ok()) status = unflushed.add(std::move(file), bytes.size());
  if (status.ok()) return path;
  fs.unlink(path).IgnoreError();  // the first failure is the one to report
  return status;
}

Status MaildirFiles::hand_over(const std::string& path) {
  return owner_ ? fs.set_owner(path, owner_->first, owner_->second) : absl::OkStatus();
}

Status MaildirFiles::write_atomically(const std::string& path, std::string_view bytes) {
  MAIL_RETURN_IF_ERROR(write_file_atomically(fs, path, bytes, kFileMode));
  return hand_over(path);
}

Status MaildirFiles::create_empty(const std::string& path, std::uint32_t mode) {
  MAIL_RETURN_IF_ERROR(fs.create(path, mode).status());
  return hand_over(path);
}

void MaildirFiles::suspect(const std::string& path) {
  const MutexLock lock(mutex_);
  suspects_.insert(path);
}

void MaildirFiles::trust(const std::string& path) {
  const MutexLock lock(mutex_);
  suspects_.erase(path);
}

bool MaildirFiles::is_suspect(const std::string& path) {
  const MutexLock lock(mutex_);
  return suspects_.contains(path);
}

bool MaildirFiles::is_leftover(const FileInfo& info) const {
  return info.changed + kLeftoverAge < clock.wall();
}

Status MaildirFiles::adopt_courier_keywords(const std::string& directory) {
  constexpr std::uint64_t kUpdateSize = 64 << 10;
  const std::string path = cat(directory, "/courierimapkeywords/");
  const std::string names = directory + "/dovecot-keywords";
  const auto listed = read_file(fs, path + ":list", options.uidlist_size);
  if (!absl::IsNotFound(fs.info(names).status())) return absl::OkStatus();
  if (!listed.ok() && is_temporary(listed.status())) return listed.status();
  std::map<std::string, std::string> updates;
  if (const auto entries = fs.list(path); entries.ok()) {
    for (const DirectoryEntry& entry : *entries) {
      if (entry.type != FileType::kRegular || entry.name == ":list") continue;
      auto text = read_file(fs, path + entry.name, kUpdateSize);
      if (text.ok()) updates.emplace(entry.name, *std::move(text));
    }
  }
  const CourierKeywords keywords =
      parse_courier_keywords(listed.ok() ? *listed : std::string_view(), updates);
  if (keywords.names.front().empty()) return absl::OkStatus();
  for (const std::string_view place : {"/new/", "/cur/"}) {
    MAIL_ASSIGN_OR_RETURN(const auto entries, fs.list(cat(directory, place)));
    for (const DirectoryEntry& entry : entries) {
      const MessageName name = parse_message_name(entry.name);
      const auto found = keywords.letters.find(name.base);
      if (entry.type != FileType::kRegular || found == keywords.letters.end()) continue;
      NameFlags flags = flags_of(name);
      if ((flags.keyword_letters | found->second) == flags.keyword_letters) continue;
      flags.keyword_letters |= found->second;
      MAIL_RETURN_IF_ERROR(fs.rename(cat(directory, place, entry.name),
                                     cat(directory, "/cur/", with_flags(name, flags))));
    }
    MAIL_RETURN_IF_ERROR(fs.sync_directory(cat(directory, place)));
  }
  // Last, so that a crash before this begins it all again.
  return write_atomically(names, format_keywords(keywords.names));
}

void MaildirFiles::clean_temporary(const std::string& directory) {
  const auto entries = fs.list(directory + "/tmp");
  if (!entries.ok()) return;  // whoever writes there next will say what is wrong
  for (const DirectoryEntry& entry : *entries) {
    const std::string path = cat(directory, "/tmp/", entry.name);
    const auto info = fs.info(path);
    if (info.ok() && info->type == FileType::kRegular && is_leftover(*info)) {
      fs.unlink(path).IgnoreError();  // it stays until the next time
    }
  }
}

}  // namespace mail::store
