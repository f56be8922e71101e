// Accounts, folders and messages in maps, under one lock for the whole store: tests want the
// meaning, not the speed. What it shares with the Maildir store (names, the table of messages, line
// ends) is the same code.
//
// Tested by tests/store/conformance_test.cc.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "mail/base/ascii.h"
#include "mail/base/mutex.h"
#include "mail/store/memory.h"
#include "store/flag_changes.h"
#include "store/folder_list.h"
#include "store/line_ends.h"
#include "store/message_table.h"
#include "store/object_id.h"
#include "store/pop3_unique_id.h"
#include "store/summary.h"
#include "store/uidlist.h"

namespace mail::store {
namespace {

constexpr std::size_t kMaxKeywords = 64;  // bits of Flags::keywords

class MemoryRow {
 public:
  MemoryRow(const MessageInfo& info, std::shared_ptr<const Content> content,
            std::uint64_t email_number)
      : info_(info), content_(std::move(content)), email_number_(email_number) {}

  Uid uid() const { return info_.uid; }
  ModSeq modseq() const { return info_.modseq; }
  Flags flags() const { return info_.flags; }
  std::uint64_t size() const { return info_.size; }
  bool is_recent() const { return is_recent_; }
  MessageInfo info() const { return info_; }
  void set_modseq(ModSeq modseq) { info_.modseq = modseq; }
  void set_flags(const Flags& flags) { info_.flags = flags; }
  void set_size(std::uint64_t size) { info_.size = size; }
  void set_recent(bool is_recent) { is_recent_ = is_recent; }

  const std::shared_ptr<const Content>& content() const { return content_; }
  std::uint64_t email_number() const { return email_number_; }

 private:
  MessageInfo info_;
  std::shared_ptr<const Content> content_;
  std::uint64_t email_number_ = 0;  // the same for all copies
  bool is_recent_ = true;
};
using Table = MessageTable<MemoryRow>;

class MemoryMailbox;

/// What all objects of one store share; lives as long as any of them.
struct World {
  World(Clock& the_clock, EventBus* the_events) : clock(the_clock), events(the_events) {}

  Mutex mutex;
  Clock& clock;
  EventBus* const events;
  std::uint32_t last_validity ABSL_GUARDED_BY(mutex) = 0;
  std::uint64_t last_email ABSL_GUARDED_BY(mutex) = 0;
  // By the address of their account.
  std::multimap<std::string, std::weak_ptr<const MemoryMailbox>> folders ABSL_GUARDED_BY(mutex);

  Usage usage(const std::string& address) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  UidValidity next_validity() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto now = std::chrono::floor<seconds>(clock.wall().time_since_epoch()).count();
    last_validity = std::max(static_cast<std::uint32_t>(now), last_validity + 1);
    return UidValidity{last_validity};
  }
};

class MemoryMailbox final : public Mailbox {
 public:
  MemoryMailbox(std::shared_ptr<World> world, std::string address, std::string name,
                UidValidity validity)
      : world_(std::move(world)),
        address_(std::move(address)),
        name_(std::move(name)),
        validity_(validity) {}

  FolderStatus status() override {
    const MutexLock lock(world_->mutex);
    FolderStatus status = table_.status();
    status.uid_validity = validity_;
    status.uid_next = Uid{static_cast<std::uint32_t>(next_uid_)};
    return status;
  }
  std::string mailbox_id() override { return store::mailbox_id("", validity_); }
  std::vector<std::string> email_ids(std::span<const Uid> uids) override {
    const MutexLock lock(world_->mutex);
    std::vector<std::string> ids;
    for (const Uid uid : uids) {
      const Table::Row* row = table_.find(uid);
      ids.push_back(row == nullptr ? std::string() : cat("E", row->email_number()));
    }
    return ids;
  }
  std::vector<std::string> keywords() override {
    const MutexLock lock(world_->mutex);
    return keywords_;
  }
  UidSet uids() override {
    const MutexLock lock(world_->mutex);
    return table_.uids();
  }
  Changes snapshot() override {
    const MutexLock lock(world_->mutex);
    return table_.snapshot();
  }
  std::vector<Pop3Message> pop3_messages() override {
    const MutexLock lock(world_->mutex);
    std::vector<Pop3Message> messages;
    for (const auto& row : table_.rows()) {
      messages.push_back({row.uid(), row.size(), pop3_unique_id(row.uid(), validity_)});
    }
    return messages;
  }
  Changes changes(ModSeq since) override {
    const MutexLock lock(world_->mutex);
    return table_.changes(since);
  }
  std::vector<std::optional<MessageInfo>> find(std::span<const Uid> uids) override {
    const MutexLock lock(world_->mutex);
    return table_.find_all(uids);
  }
  void learn_dates(std::span<const Uid>) override {}
  Status refresh() override {
    const MutexLock lock(world_->mutex);
    return check();
  }
  StatusOr<std::vector<Uid>> claim_recent() override {
    const MutexLock lock(world_->mutex);
    MAIL_RETURN_IF_ERROR(check());
    return table_.claim_recent();
  }
  StatusOr<std::shared_ptr<const Content>> read(Uid uid) override {
    const MutexLock lock(world_->mutex);
    MAIL_RETURN_IF_ERROR(check());
    const Table::Row* row = table_.find(uid);
    if (row == nullptr) return not_found("message ", number(uid), " is gone");
    return row->content();
  }
  std::vector<std::optional<Summary>> summaries(std::span<const Uid> uids) override {
    std::vector<std::optional<Summary>> found;
    for (const Uid uid : uids) {
      const auto content = read(uid);
      found.push_back(content.ok() ? make_summary((*content)->bytes()) : std::nullopt);
    }
    return found;
  }

  StatusOr<std::vector<Uid>> append(std::span<const NewMessage> messages,
                                    const UsageLimit& limit) override;
  StatusOr<std::vector<MessageInfo>> change_flags(std::span<const Uid> uids,
                                                  const FlagChange& change) override;
  StatusOr<std::vector<Uid>> expunge(std::span<const Uid> uids) override;
  StatusOr<UidPairs> copy(std::span<const Uid> uids, Mailbox& to,
                          const UsageLimit& limit) override {
    return transfer(uids, to, false, limit);
  }
  StatusOr<UidPairs> move(std::span<const Uid> uids, Mailbox& to) override {
    return transfer(uids, to, true, {});
  }

  // For the account and the store, which hold the lock.
  Status check() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    return is_gone_ ? not_found("the folder ", name_, " is gone") : absl::OkStatus();
  }
  void vanish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) { is_gone_ = true; }
  Usage usage() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    if (is_gone_) return {};
    const FolderStatus status = table_.status();
    return {status.size, status.messages};
  }
  Status check_room(const UsageLimit& limit, const Usage& added) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    const bool is_too_much = exceeds(limit, world_->usage(address_), added);
    return is_too_much ? over_quota(address_) : absl::OkStatus();
  }
  void rename(std::string name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    name_ = std::move(name);
  }
  std::string topic() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    return mailbox_topic(address_, name_);
  }
  void begin_change() ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) { table_.next_modseq(); }
  /// `email_number` of the message that it is a copy of; 0: it is none.
  Uid add(std::shared_ptr<const Content> content, const Flags& flags, WallTime date,
          std::uint64_t email_number = 0) ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex);
  void move_all_to(MemoryMailbox& to) ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    std::vector<Uid> uids;
    for (const Table::Row& row : table_.rows()) uids.push_back(row.uid());
    transfer_locked(uids, to, true);
  }

 private:
  StatusOr<UidPairs> transfer(std::span<const Uid> uids, Mailbox& to, bool is_move,
                              const UsageLimit& limit);
  UidPairs transfer_locked(std::span<const Uid> uids, MemoryMailbox& to, bool is_move)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex);
  Status check_room(const std::vector<std::string>& names, std::set<std::string>& fresh) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex);
  std::uint64_t intern(const std::vector<std::string>& names)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex);
  void publish(const std::string& topic) const {
    if (world_->events != nullptr) world_->events->publish(topic);
  }

  const std::shared_ptr<World> world_;
  const std::string address_;
  std::string name_ ABSL_GUARDED_BY(world_->mutex);
  const UidValidity validity_;
  bool is_gone_ ABSL_GUARDED_BY(world_->mutex) = false;
  std::uint64_t next_uid_ ABSL_GUARDED_BY(world_->mutex) = 1;
  std::vector<std::string> keywords_ ABSL_GUARDED_BY(world_->mutex);
  Table table_ ABSL_GUARDED_BY(world_->mutex){ModSeq{1}};
};

Usage World::usage(const std::string& address) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
  Usage usage;
  const auto [begin, end] = folders.equal_range(address);
  for (auto at = begin; at != end; ++at) {
    if (const auto folder = at->second.lock()) usage += folder->usage();
  }
  return usage;
}

Uid MemoryMailbox::add(std::shared_ptr<const Content> content, const Flags& flags, WallTime date,
                       std::uint64_t email_number) {
  if (email_number == 0) email_number = ++world_->last_email;
  const Uid uid{static_cast<std::uint32_t>(next_uid_++)};
  const std::uint64_t size = content->bytes().size();
  table_.insert(MemoryRow({uid, flags, {}, date, size}, std::move(content), email_number));
  return uid;
}

Status MemoryMailbox::check_room(const std::vector<std::string>& names,
                                 std::set<std::string>& fresh) const {
  for (const std::string& name : names) {
    const std::string one[] = {name};
    if (!keyword_bits(one, keywords_)) fresh.insert(ascii::to_lower(name));
  }
  if (keywords_.size() + fresh.size() > kMaxKeywords) {
    return exhausted("the folder ", name_, " has its ", kMaxKeywords, " keywords already");
  }
  return absl::OkStatus();
}

std::uint64_t MemoryMailbox::intern(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string one[] = {name};
    if (!keyword_bits(one, keywords_) && keywords_.size() < kMaxKeywords) {
      keywords_.push_back(name);
    }
  }
  return keyword_bits(names, keywords_).value_or(0);
}

StatusOr<std::vector<Uid>> MemoryMailbox::append(std::span<const NewMessage> messages,
                                                 const UsageLimit& limit) {
  MutexLock lock(world_->mutex);
  MAIL_RETURN_IF_ERROR(check());
  std::set<std::string> fresh;
  for (const NewMessage& message : messages) {
    MAIL_RETURN_IF_ERROR(check_room(message.flags.keywords, fresh));
  }
  std::vector<std::shared_ptr<const Content>> contents;
  Usage added;
  for (const NewMessage& message : messages) {
    const std::string_view pieces[] = {message.bytes};
    contents.push_back(to_content(to_stored(pieces)));
    added += {contents.back()->bytes().size(), 1};
  }
  MAIL_RETURN_IF_ERROR(check_room(limit, added));
  table_.next_modseq();
  std::vector<Uid> uids;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Flags flags{messages[i].flags.system, intern(messages[i].flags.keywords)};
    uids.push_back(add(std::move(contents[i]), flags, messages[i].internal_date));
  }
  const std::string changed = topic();
  lock.release();
  publish(changed);
  return uids;
}

StatusOr<std::vector<MessageInfo>> MemoryMailbox::change_flags(std::span<const Uid> uids,
                                                               const FlagChange& change) {
  MutexLock lock(world_->mutex);
  MAIL_RETURN_IF_ERROR(check());
  std::uint64_t keywords = 0;
  if (change.mode == FlagChange::Mode::kRemove) {
    for (const std::string& name : change.flags.keywords) {
      const std::string one[] = {name};
      keywords |= keyword_bits(one, keywords_).value_or(0);
    }
  } else {
    std::set<std::string> fresh;
    MAIL_RETURN_IF_ERROR(check_room(change.flags.keywords, fresh));
    keywords = intern(change.flags.keywords);
  }
  table_.next_modseq();
  std::vector<MessageInfo> result;
  for (const Uid uid : ascending(uids)) {
    Table::Row* row = table_.find(uid);
    if (row == nullptr) continue;
    const Flags flags = changed_flags(row->flags(), change, keywords);
    if (flags != row->flags()) table_.set_flags(*row, flags);
    result.push_back(row->info());
  }
  const std::string changed = topic();
  lock.release();
  publish(changed);
  return result;
}

StatusOr<std::vector<Uid>> MemoryMailbox::expunge(std::span<const Uid> uids) {
  MutexLock lock(world_->mutex);
  MAIL_RETURN_IF_ERROR(check());
  std::vector<Uid> removed;
  for (const Uid uid : ascending(uids)) {
    const Table::Row* row = table_.find(uid);
    if (row != nullptr && row->flags().has(kDeleted)) removed.push_back(uid);
  }
  if (removed.empty()) return removed;
  table_.next_modseq();
  table_.remove(removed);
  const std::string changed = topic();
  lock.release();
  publish(changed);
  return removed;
}

UidPairs MemoryMailbox::transfer_locked(std::span<const Uid> uids, MemoryMailbox& to,
                                        bool is_move) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  // One lock guards both folders, which the analysis cannot see.
  UidPairs pairs;
  std::vector<Uid> gone;
  table_.next_modseq();
  if (&to != this) to.table_.next_modseq();
  for (const Uid uid : ascending(uids)) {
    const Table::Row* row = table_.find(uid);
    if (row == nullptr) continue;
    std::vector<std::string> names;
    for (std::size_t bit = 0; bit < keywords_.size(); ++bit) {
      if ((row->flags().keywords >> bit & 1) != 0) names.push_back(keywords_[bit]);
    }
    const Flags flags{row->flags().system, to.intern(names)};
    pairs.emplace_back(
        uid, to.add(row->content(), flags, row->info().internal_date, row->email_number()));
    gone.push_back(uid);
  }
  if (is_move) table_.remove(gone);
  return pairs;
}

StatusOr<UidPairs> MemoryMailbox::transfer(std::span<const Uid> uids, Mailbox& to, bool is_move,
                                           const UsageLimit& limit) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  auto* const target = dynamic_cast<MemoryMailbox*>(&to);
  if (target == nullptr || target->world_ != world_) {
    return invalid("the two folders belong to different stores");
  }
  MutexLock lock(world_->mutex);
  MAIL_RETURN_IF_ERROR(check());
  MAIL_RETURN_IF_ERROR(target->check());
  Usage added;
  for (const Uid uid : ascending(uids)) {
    const Table::Row* row = table_.find(uid);
    if (row != nullptr) added += {row->size(), 1};
  }
  if (added != Usage{}) MAIL_RETURN_IF_ERROR(target->check_room(limit, added));
  UidPairs pairs = transfer_locked(uids, *target, is_move);
  const std::string topics[] = {topic(), target->topic()};
  lock.release();
  if (pairs.empty()) return pairs;
  if (is_move) publish(topics[0]);
  publish(topics[1]);
  return pairs;
}

class MemoryAccount final : public Account {
 public:
  MemoryAccount(std::shared_ptr<World> world, std::string address)
      : world_(std::move(world)), address_(std::move(address)) {
    const MutexLock lock(world_->mutex);
    make(std::string(kInbox));
  }

  StatusOr<std::vector<Folder>> folders() override {
    const MutexLock lock(world_->mutex);
    return list_folders(names());
  }

  StatusOr<std::string> create_folder(std::string_view name) override {
    MAIL_ASSIGN_OR_RETURN(std::string canonical, canonical_folder_name(name, {}));
    const MutexLock lock(world_->mutex);
    if (mailboxes_.contains(canonical)) return already_exists("there is a folder ", canonical);
    return make(std::move(canonical)).mailbox_id();
  }

  Status delete_folder(std::string_view name) override {
    MAIL_ASSIGN_OR_RETURN(const std::string canonical, canonical_folder_name(name, {}));
    if (canonical == kInbox) return failed_precondition("INBOX cannot be deleted");
    const MutexLock lock(world_->mutex);
    MAIL_ASSIGN_OR_RETURN(const auto mailbox, find(canonical));
    vanish(*mailbox);
    mailboxes_.erase(canonical);
    return absl::OkStatus();
  }

  Status rename_folder(std::string_view from, std::string_view to) override;

  StatusOr<std::vector<std::string>> subscriptions() override {
    const MutexLock lock(world_->mutex);
    return std::vector<std::string>(subscriptions_.begin(), subscriptions_.end());
  }
  Status subscribe(std::string_view name) override {
    MAIL_ASSIGN_OR_RETURN(std::string canonical, canonical_folder_name(name, {}));
    const MutexLock lock(world_->mutex);
    subscriptions_.insert(std::move(canonical));
    return absl::OkStatus();
  }
  Status unsubscribe(std::string_view name) override {
    MAIL_ASSIGN_OR_RETURN(const std::string canonical, canonical_folder_name(name, {}));
    const MutexLock lock(world_->mutex);
    subscriptions_.erase(canonical);
    return absl::OkStatus();
  }

  StatusOr<FolderStatus> status(std::string_view name) override {
    MAIL_ASSIGN_OR_RETURN(const auto mailbox, open(name));
    return mailbox->status();
  }
  StatusOr<std::shared_ptr<Mailbox>> open(std::string_view name) override {
    MAIL_ASSIGN_OR_RETURN(const std::string canonical, canonical_folder_name(name, {}));
    const MutexLock lock(world_->mutex);
    MAIL_ASSIGN_OR_RETURN(auto mailbox, find(canonical));
    return std::shared_ptr<Mailbox>(std::move(mailbox));
  }

  StatusOr<std::shared_ptr<MemoryMailbox>> find(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    const auto at = mailboxes_.find(name);
    if (at == mailboxes_.end()) return not_found("there is no folder ", name);
    return at->second;
  }

 private:
  std::set<std::string> names() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    std::set<std::string> names;
    for (const auto& [name, mailbox] : mailboxes_) {
      if (name != kInbox) names.insert(name);
    }
    return names;
  }
  MemoryMailbox& make(std::string name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(world_->mutex) {
    auto& mailbox = mailboxes_[name];
    mailbox =
        std::make_shared<MemoryMailbox>(world_, address_, std::move(name), world_->next_validity());
    std::erase_if(world_->folders, [](const auto& entry) { return entry.second.expired(); });
    world_->folders.emplace(address_, mailbox);
    return *mailbox;
  }
  // The mailbox's lock is this one, which the analysis cannot see.
  static void vanish(MemoryMailbox& mailbox) ABSL_NO_THREAD_SAFETY_ANALYSIS { mailbox.vanish(); }
  static void rename(MemoryMailbox& mailbox, std::string name) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mailbox.rename(std::move(name));
  }
  static std::vector<std::string> empty_into(MemoryMailbox& from,
                                             MemoryMailbox& to) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    from.move_all_to(to);
    return {from.topic(), to.topic()};
  }

  const std::shared_ptr<World> world_;
  const std::string address_;
  std::map<std::string, std::shared_ptr<MemoryMailbox>> mailboxes_ ABSL_GUARDED_BY(world_->mutex);
  std::set<std::string> subscriptions_ ABSL_GUARDED_BY(world_->mutex);
};

Status MemoryAccount::rename_folder(std::string_view from, std::string_view to) {
  MAIL_ASSIGN_OR_RETURN(const std::string source, canonical_folder_name(from, {}));
  MAIL_ASSIGN_OR_RETURN(std::string target, canonical_folder_name(to, {}));
  MutexLock lock(world_->mutex);
  if (mailboxes_.contains(target)) return already_exists("there is a folder ", target);
  if (source == kInbox) {
    MemoryMailbox& inbox = *mailboxes_[source];
    const std::vector<std::string> topics = empty_into(inbox, make(std::move(target)));
    lock.release();
    for (const std::string& topic : topics) {
      if (world_->events != nullptr) world_->events->publish(topic);
    }
    return absl::OkStatus();
  }
  MAIL_ASSIGN_OR_RETURN(const Renames renames, plan_rename(names(), source, target, {}));
  for (const auto& [old_name, new_name] : renames) {
    auto node = mailboxes_.extract(old_name);
    node.key() = new_name;
    rename(*node.mapped(), new_name);
    mailboxes_.insert(std::move(node));
  }
  return absl::OkStatus();
}

class MemoryStore final : public Store {
 public:
  MemoryStore(Clock& clock, EventBus* events) : world_(std::make_shared<World>(clock, events)) {}

  StatusOr<std::shared_ptr<Account>> account(const AccountPlace& place) override {
    MAIL_ASSIGN_OR_RETURN(auto found, find(place));
    return std::shared_ptr<Account>(std::move(found));
  }
  Status deliver(std::span<const Target> targets, std::span<const std::string_view> pieces,
                 WallTime received) override ABSL_NO_THREAD_SAFETY_ANALYSIS;
  StatusOr<Usage> usage(const AccountPlace& place) override {
    MAIL_RETURN_IF_ERROR(account_directory(place.address).status());
    const MutexLock lock(world_->mutex);
    return world_->usage(place.address);
  }

 private:
  StatusOr<std::shared_ptr<MemoryAccount>> find(const AccountPlace& place) {
    MAIL_ASSIGN_OR_RETURN(std::string key, account_directory(place.address));
    if (!place.directory.empty()) key = place.directory;
    const MutexLock lock(accounts_mutex_);
    auto& account = accounts_[key];
    if (account == nullptr) account = std::make_shared<MemoryAccount>(world_, place.address);
    return account;
  }

  const std::shared_ptr<World> world_;
  Mutex accounts_mutex_;
  std::map<std::string, std::shared_ptr<MemoryAccount>> accounts_ ABSL_GUARDED_BY(accounts_mutex_);
};

Status MemoryStore::deliver(std::span<const Target> targets,
                            std::span<const std::string_view> pieces, WallTime received) {
  std::vector<std::shared_ptr<MemoryAccount>> accounts;
  for (const Target& target : targets) {
    MAIL_ASSIGN_OR_RETURN(auto account, find(target.account));
    accounts.push_back(std::move(account));
  }
  MutexLock lock(world_->mutex);
  std::vector<std::shared_ptr<MemoryMailbox>> mailboxes;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    MAIL_ASSIGN_OR_RETURN(const std::string name, canonical_folder_name(targets[i].folder, {}));
    MAIL_ASSIGN_OR_RETURN(auto mailbox, accounts[i]->find(name));
    mailboxes.push_back(std::move(mailbox));
  }
  std::vector<std::shared_ptr<const Content>> contents;
  std::map<std::string_view, Usage> added;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    std::vector<std::string_view> all = {targets[i].header};
    all.insert(all.end(), pieces.begin(), pieces.end());
    contents.push_back(to_content(to_stored(all)));
    // Several copies for one account: each comes behind the ones before it.
    Usage& before = added[targets[i].account.address];
    Usage used = world_->usage(targets[i].account.address);
    used += before;
    const Usage one{contents.back()->bytes().size(), 1};
    if (exceeds(targets[i].limit, used, one)) return over_quota(targets[i].account.address);
    before += one;
  }
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    mailboxes[i]->begin_change();
    mailboxes[i]->add(std::move(contents[i]), {}, received);
    topics.push_back(mailboxes[i]->topic());
  }
  lock.release();
  for (const std::string& topic : topics) {
    if (world_->events != nullptr) world_->events->publish(topic);
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<Store> make_memory_store(Clock& clock, EventBus* events) {
  return std::make_unique<MemoryStore>(clock, events);
}

}  // namespace mail::store
