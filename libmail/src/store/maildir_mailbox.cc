// What a session asks of a folder without changing it. The answers come from memory; only `read`
// opens a file, and looks again when another program has renamed it meanwhile.
//
// Tested by tests/store/conformance_test.cc, tests/store/maildir_test.cc.
#include "store/maildir_mailbox.h"

#include <algorithm>
#include <array>
#include <utility>

#include "store/line_ends.h"
#include "store/object_id.h"
#include "store/pop3_unique_id.h"

namespace mail::store {
namespace {

/// Without an index to continue: the clock is ahead of what any earlier opening has counted to.
ModSeq first_modseq(const Clock& clock) {
  const auto now = clock.wall().time_since_epoch().count();
  return ModSeq{now > 0 ? static_cast<std::uint64_t>(now) : 1};
}

// What a folder takes without its messages.
constexpr std::uint64_t kFolderOctets = 4096;

/// Two directories under watch.
class Watching {
 public:
  explicit Watching(DirectoryWatch& watch) : watch_(watch) {}
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching() {
    for (const int watch : watches_) {
      if (watch != 0) watch_.end(watch);
    }
  }

  bool add(const std::string& directory, std::weak_ptr<DirectoryWatch::Observer> observer) {
    int& watch = watches_[0] == 0 ? watches_[0] : watches_[1];
    watch = watch_.begin(directory, std::move(observer));
    return watch != 0;
  }

 private:
  DirectoryWatch& watch_;
  std::array<int, 2> watches_ = {};
};

}  // namespace

MaildirMailbox::MaildirMailbox(std::shared_ptr<MaildirFiles> files,
                               std::shared_ptr<const void> account, std::string address,
                               std::string account_directory, std::string directory,
                               std::string name)
    : files_(std::move(files)),
      account_(std::move(account)),
      address_(std::move(address)),
      account_directory_(std::move(account_directory)),
      register_(*files_),
      index_(*files_),
      cache_(*files_),
      directory_(std::move(directory)),
      name_(std::move(name)),
      table_(first_modseq(files_->clock), files_->options.tombstones) {}

MaildirMailbox::~MaildirMailbox() = default;

FolderStatus MaildirMailbox::status() {
  const MutexLock state(state_);
  FolderStatus status = table_.status();
  status.uid_validity = validity_;
  status.uid_next = Uid{static_cast<std::uint32_t>(std::min<std::uint64_t>(next_uid_, kMaxUid))};
  return status;
}

std::string MaildirMailbox::mailbox_id() {
  const MutexLock operation(operation_);
  if (register_.guid().empty()) {
    // What cannot be written is told all the same: it is what will be written.
    write_guid().IgnoreError();
    save_index();
  }
  const std::string guid =
      register_.guid().empty() ? derived_guid() : std::string(register_.guid());
  const MutexLock state(state_);
  return store::mailbox_id(guid, validity_);
}

std::string MaildirMailbox::derived_guid() {
  const MutexLock state(state_);
  return derived_mailbox_guid(address_, name_, validity_);
}

Status MaildirMailbox::write_guid() {
  MAIL_RETURN_IF_ERROR(check());
  const std::string directory = this->directory();
  MAIL_ASSIGN_OR_RETURN(const Dotlock lock, register_.lock(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  if (!register_.guid().empty()) return absl::OkStatus();  // another program was faster
  return register_.write_guid(directory, derived_guid());
}

std::vector<std::string> MaildirMailbox::email_ids(std::span<const Uid> uids) {
  std::vector<std::string> ids;
  ids.reserve(uids.size());
  {
    const MutexLock state(state_);
    for (const Uid uid : uids) {
      const Table::Row* row = table_.find(uid);
      ids.emplace_back(row == nullptr ? std::string_view()
                                      : message_guid(table_.keys(*row), table_.base(*row)));
    }
  }
  for (std::string& id : ids) {
    if (!id.empty()) id = email_id(id);
  }
  return ids;
}

std::vector<std::string> MaildirMailbox::keywords() {
  const MutexLock state(state_);
  return letters_.names();
}

UidSet MaildirMailbox::uids() {
  const MutexLock state(state_);
  return table_.uids();
}

Changes MaildirMailbox::snapshot() {
  const MutexLock state(state_);
  return table_.snapshot();
}

Changes MaildirMailbox::changes(ModSeq since) {
  const MutexLock state(state_);
  return table_.changes(since);
}

std::vector<std::optional<MessageInfo>> MaildirMailbox::find(std::span<const Uid> uids) {
  const MutexLock state(state_);
  return table_.find_all(uids);
}

std::vector<Pop3Message> MaildirMailbox::pop3_messages() {
  const MutexLock operation(operation_);
  const Pop3UniqueIds unique_ids(register_.header().others);
  const MutexLock state(state_);
  struct Ordered {
    std::uint64_t order = 0;
    Pop3Message message;
  };
  std::vector<Ordered> all;
  all.reserve(table_.rows().size());
  for (const Table::Row& row : table_.rows()) {
    const std::string_view keys = table_.keys(row);
    all.push_back(
        {pop3_order(keys),
         {row.uid(), row.size(), unique_ids.of(row.uid(), validity_, keys, table_.base(row))}});
  }
  std::sort(all.begin(), all.end(), [](const Ordered& a, const Ordered& b) {
    return a.order != b.order ? a.order < b.order : a.message.uid < b.message.uid;
  });
  std::vector<Pop3Message> messages;
  messages.reserve(all.size());
  for (Ordered& one : all) messages.push_back(std::move(one.message));
  return messages;
}

std::vector<Uid> MaildirMailbox::all_uids() {
  const MutexLock state(state_);
  std::vector<Uid> uids;
  for (const Table::Row& row : table_.rows()) uids.push_back(row.uid());
  return uids;
}

std::uint64_t MaildirMailbox::memory() {
  const MutexLock state(state_);
  return kFolderOctets + table_.memory();
}

Status MaildirMailbox::refresh() {
  bool has_changed = false;
  {
    const MutexLock operation(operation_);
    const auto synced = sync(false);
    save_index();  // also what a sync that failed has seen: sessions may have been told
    MAIL_RETURN_IF_ERROR(synced.status());
    owe_names();
    has_changed = *synced;
  }
  if (has_changed) publish();
  return absl::OkStatus();
}

StatusOr<std::shared_ptr<const Content>> MaildirMailbox::read(Uid uid) {
  for (const bool is_retry : {false, true}) {
    std::string path;
    {
      const MutexLock state(state_);
      const Table::Row* row = table_.find(uid);
      if (row == nullptr || is_gone_) break;
      path = path_of(*row);
    }
    auto bytes = read_file(files_->fs, path, files_->options.message_size);
    if (bytes.ok()) return to_content(std::move(bytes).value());
    if (!absl::IsNotFound(bytes.status())) return bytes.status();
    if (!is_retry) MAIL_RETURN_IF_ERROR(refresh());
  }
  return not_found("message ", store::number(uid), " is gone");
}

std::shared_ptr<const void> MaildirMailbox::watch() {
  if (files_->watch == nullptr) return nullptr;
  {
    const MutexLock state(state_);
    if (auto watching = watching_.lock()) return watching;
  }
  auto watching = std::make_shared<Watching>(*files_->watch);
  for (const std::string_view name : {"/new", "/cur"}) {
    if (!watching->add(cat(directory(), name), weak_from_this())) return nullptr;
  }
  const MutexLock state(state_);
  watching_ = watching;
  return watching;
}

std::string MaildirMailbox::directory() {
  const MutexLock state(state_);
  return directory_;
}

std::string MaildirMailbox::path_in(const std::string& directory, std::string_view name,
                                    bool is_new) {
  return cat(directory, is_new ? "/new/" : "/cur/", name);
}

std::string MaildirMailbox::path_of(const MessageRow& row) {
  return path_in(directory_, table_.name(row), row.is_new());
}

std::size_t MaildirMailbox::row_count() {
  const MutexLock state(state_);
  return table_.rows().size();
}

Status MaildirMailbox::check() {
  const MutexLock state(state_);
  return is_gone_ ? not_found("the folder ", name_, " is gone") : absl::OkStatus();
}

void MaildirMailbox::publish() {
  std::string name;
  {
    const MutexLock state(state_);
    name = name_;
  }
  files_->publish(address_, name);
}

}  // namespace mail::store
