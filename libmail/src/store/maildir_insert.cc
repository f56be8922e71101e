// APPEND, COPY and MOVE: messages that enter a folder with a UID. The order of the steps is the
// crash argument:
//
//  1. the octets are written (or linked) under tmp/; nobody sees them;
//  2. the UIDs are written to dovecot-uidlist, and both are flushed, at the same time: a cut until
//     here leaves files under tmp/ and records without files, which mean nothing, and numbers that
//     are never given out again;
//  3. each file is renamed into place, with the name that its record tells; the room that was
//     reserved for it in the account is given back in the same moment (account_usage.h);
//  4. the directory is flushed, and only then the caller hears of success.
//
// MOVE has no step 1: its rename leads from one folder to the other, so that the message is in
// exactly one of them whenever the power goes.
//
// Tested by tests/store/conformance_test.cc, tests/store/crash_test.cc.
#include <algorithm>
#include <functional>
#include <utility>

#include "mail/base/flush.h"
#include "store/line_ends.h"
#include "store/maildir_mailbox.h"
#include "store/object_id.h"

namespace mail::store {
namespace {

/// After so long a system has written a file back: Linux does after 30 to 35 seconds.
constexpr auto kWrittenBack = minutes(2);

/// The sizes at the end of a name: ",S=1355,W=1394".
std::string_view sizes_of(std::string_view base) {
  return base.substr(std::min(base.find(','), base.size()));
}

/// Whether a message that cannot be linked may be copied: another file system, or one without
/// links, or a file with too many of them.
bool calls_for_copy(const Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsPermissionDenied(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

StatusOr<Incoming> MaildirMailbox::write_one(const std::string& stored, const NewMessage& message,
                                             Unflushed& unflushed) {
  Incoming incoming;
  incoming.size = store::wire_size(stored);
  incoming.stored_size = stored.size();
  incoming.base = files_->message_base(stored.size(), incoming.size);
  incoming.flags = message.flags;
  incoming.internal_date = message.internal_date;
  MAIL_ASSIGN_OR_RETURN(incoming.path, files_->write_temporary(directory(), incoming.base, stored,
                                                               message.internal_date, unflushed));
  return incoming;
}

StatusOr<std::vector<Uid>> MaildirMailbox::append(std::span<const NewMessage> messages,
                                                  const UsageLimit& limit) {
  MAIL_RETURN_IF_ERROR(check());
  std::vector<Incoming> incoming;
  Unflushed unflushed(files_->fs);
  for (const NewMessage& message : messages) {
    const std::string_view pieces[] = {message.bytes};
    auto one = write_one(to_stored(pieces), message, unflushed);
    if (!one.ok()) {
      drop(incoming);
      return one.status();
    }
    incoming.push_back(std::move(one).value());
  }
  MAIL_RETURN_IF_ERROR(commit_incoming(incoming, unflushed, limit));
  std::vector<Uid> uids;
  for (const Incoming& message : incoming) uids.push_back(message.uid);
  return uids;
}

void MaildirMailbox::drop(const std::vector<Incoming>& messages) {
  // What cannot be removed stays under tmp/ for 36 hours.
  for (const Incoming& message : messages) files_->fs.unlink(message.path).IgnoreError();
}

StatusOr<Reservation> MaildirMailbox::reserve(const std::vector<Incoming>& messages,
                                              const UsageLimit& limit) {
  if (limit.is_unlimited()) return Reservation();
  Usage added;
  for (const Incoming& message : messages) added += {message.size, 1};
  const auto usage = files_->usage(account_directory_);
  return usage->reserve(added, limit, files_->clock.wall());
}

Status MaildirMailbox::commit_incoming(std::vector<Incoming>& messages, Unflushed& unflushed,
                                       const UsageLimit& limit) {
  if (messages.empty()) return absl::OkStatus();
  auto reserved = reserve(messages, limit);
  Status status = reserved.status();
  if (status.ok()) {
    const MutexLock operation(operation_);
    status = check();
    if (status.ok()) status = name_incoming(messages);
    if (status.ok()) status = insert(messages, unflushed, *std::move(reserved));
    save_index();
  }
  if (!status.ok()) {
    drop(messages);
    return status;
  }
  publish();
  return finish_insert(messages);
}

Status MaildirMailbox::name_incoming(std::vector<Incoming>& messages) {
  for (Incoming& message : messages) {
    // COPY and MOVE pass over keywords for which there is no letter left.
    const bool may_drop = store::number(message.source) != 0;
    MAIL_ASSIGN_OR_RETURN(const std::uint64_t keywords, intern(message.flags.keywords, may_drop));
    message.bits = {message.flags.system, keywords};
    const MessageName name{message.base, message.letters, message.foreign};
    const MutexLock state(state_);
    message.name = with_flags(name, letters_.letters_of(message.bits));
    // As Dovecot: without flags it goes to new/, where another program sees it as new, too.
    message.is_new = message.name == cat(message.base, ":2,");
    if (message.is_new) message.name = message.base;
  }
  return absl::OkStatus();
}

Status MaildirMailbox::place_all(const std::string& directory,
                                 const std::vector<Incoming>& messages) {
  for (auto message = messages.begin(); message != messages.end(); ++message) {
    const Status status =
        files_->fs.rename(message->path, path_in(directory, message->name, message->is_new));
    if (status.ok()) continue;
    while (message-- != messages.begin()) {
      files_->fs.rename(path_in(directory, message->name, message->is_new), message->path)
          .IgnoreError();  // then it shows at the next sync, under the UID that it has on disk
    }
    return status;
  }
  return absl::OkStatus();
}

Status MaildirMailbox::insert(std::vector<Incoming>& messages, Unflushed& unflushed,
                              Reservation reservation) {
  const std::string directory = this->directory();
  // Held until the files are in place: whoever has it next sees all that has a lower UID.
  MAIL_ASSIGN_OR_RETURN(const Dotlock lock, register_.lock(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  MAIL_ASSIGN_OR_RETURN(PackedRows others, latecomers(directory));
  show(std::move(others));
  std::vector<UidRecord> fresh;
  for (Incoming& message : messages) {
    MAIL_ASSIGN_OR_RETURN(message.uid, register_.take());
    fresh.push_back({message.uid, message.keys, message.base});
  }
  MAIL_RETURN_IF_ERROR(write_records(directory, fresh, {}, unflushed));
  auto place = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return place_all(directory, messages); };
  if (const Status placed = reservation.place(place); !placed.ok()) {
    flush_undone(directory);
    seen_ = {};
    return placed;
  }
  std::vector<PlacedMessage> rows;
  for (const Incoming& message : messages) {
    rows.push_back({{message.uid, message.bits, {}, message.internal_date, message.size},
                    true,
                    {message.name, message.is_new, message.keys, message.stored_size,
                     files_->clock.wall(), SummaryPlace()}});
  }
  const MutexLock state(state_);
  table_.next_modseq();
  add_rows(std::move(rows));
  pass_all_records();
  return absl::OkStatus();
}

void MaildirMailbox::flush_undone(const std::string& directory) {
  // So that a power cut does not bring back what the caller was told has failed. When this fails,
  // too, it may.
  files_->fs.sync_directory(directory + "/new").IgnoreError();
  files_->fs.sync_directory(directory + "/cur").IgnoreError();
}

Status MaildirMailbox::finish_insert(std::vector<Incoming>& messages) {
  const auto is_new = [](const Incoming& message) { return message.is_new; };
  const std::string directory = this->directory();
  std::vector<std::string> changed;
  if (std::any_of(messages.begin(), messages.end(), is_new)) changed.push_back(directory + "/new");
  if (!std::all_of(messages.begin(), messages.end(), is_new)) changed.push_back(directory + "/cur");
  const Status status = sync_directories(files_->fs, changed);
  if (status.ok()) return status;
  std::vector<Uid> uids;
  for (const Incoming& message : messages) uids.push_back(message.uid);
  std::vector<Uid> removed;
  {
    const MutexLock operation(operation_);
    discard(uids, removed).IgnoreError();  // the failed flush is what the caller must hear of
    save_index();
  }
  flush_undone(directory);
  publish();
  return status;
}

std::vector<Outgoing> MaildirMailbox::outgoing(std::span<const Uid> uids) {
  const MutexLock state(state_);
  std::vector<Outgoing> messages;
  for (const Uid uid : ascending(uids)) {
    const Table::Row* row = table_.find(uid);
    if (row == nullptr) continue;
    messages.push_back(
        {row->info(), table_.place(*row), path_of(*row), letters_.names_of(row->flags().keywords)});
  }
  return messages;
}

Incoming MaildirMailbox::incoming_of(const Outgoing& message) const {
  Incoming incoming;
  incoming.path = message.path;
  const MessageName name = parse_message_name(message.place.name);
  incoming.letters = name.letters;
  incoming.foreign = name.foreign;
  incoming.base = cat(files_->unique_name(), sizes_of(name.base));
  // The sizes are as true of the copy, and so is the GUID; the POP3 unique-id (P) is not.
  for (const char key : {'S', 'W'}) {
    const std::string_view value = record_key(message.place.keys, key);
    if (value.empty()) continue;
    mail::append(incoming.keys, incoming.keys.empty() ? "" : " ", key, value);
  }
  const std::string guid = recordable_guid(message_guid(message.place.keys, name.base));
  mail::append(incoming.keys, incoming.keys.empty() ? "G" : " G", guid);
  incoming.flags = {message.info.flags.system, message.keywords};
  incoming.internal_date = message.info.internal_date;
  incoming.size = message.info.size;
  incoming.stored_size = message.place.stored_size;
  incoming.source = message.info.uid;
  return incoming;
}

StatusOr<Incoming> MaildirMailbox::stage_one(const Outgoing& message, MaildirMailbox& to,
                                             Unflushed& unflushed) {
  Incoming incoming = incoming_of(message);
  incoming.path = cat(to.directory(), "/tmp/", incoming.base);
  Filesystem& fs = files_->fs;
  // Another program may have put the file there without a flush. One that rested is written back by
  // now, and the flush would wait for the disk for nothing. Looked at before the link, which
  // changes the file.
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, fs.info(message.path));
  if (info.type != FileType::kRegular) {
    return failed_precondition(message.path, " is not a regular file");
  }
  if (info.changed + kWrittenBack > files_->clock.wall()) {
    MAIL_ASSIGN_OR_RETURN(auto file, fs.open(message.path));
    MAIL_RETURN_IF_ERROR(unflushed.add(std::move(file), info.size));
  }
  const Status linked = fs.link(message.path, incoming.path);
  if (linked.ok()) return incoming;
  if (!calls_for_copy(linked)) return linked;
  MAIL_ASSIGN_OR_RETURN(const std::string bytes,
                        read_file(fs, message.path, files_->options.message_size));
  MAIL_ASSIGN_OR_RETURN(incoming.path,
                        files_->write_temporary(to.directory(), incoming.base, bytes,
                                                message.info.internal_date, unflushed));
  return incoming;
}

StatusOr<std::vector<Incoming>> MaildirMailbox::stage(std::span<const Uid> uids, MaildirMailbox& to,
                                                      Unflushed& unflushed) {
  std::vector<Incoming> staged;
  for (const Uid uid : ascending(uids)) {
    for (const bool is_retry : {false, true}) {
      const Uid one[] = {uid};
      const std::vector<Outgoing> found = outgoing(one);
      if (found.empty()) break;
      auto incoming = stage_one(found.front(), to, unflushed);
      if (incoming.ok()) {
        staged.push_back(std::move(incoming).value());
        break;
      }
      Status status = incoming.status();
      if (absl::IsNotFound(status) && !is_retry) {
        const MutexLock operation(operation_);
        status = sync(true).status();
        save_index();
        if (status.ok()) continue;
      }
      to.drop(staged);
      return status;
    }
  }
  return staged;
}

StatusOr<UidPairs> MaildirMailbox::copy(std::span<const Uid> uids, Mailbox& to,
                                        const UsageLimit& limit) {
  auto* const target = dynamic_cast<MaildirMailbox*>(&to);
  if (target == nullptr || target->files_ != files_) {
    return invalid("the two folders belong to different stores");
  }
  MAIL_RETURN_IF_ERROR(check());
  learn_dates(uids);  // a message that cannot be linked is written anew, with its date
  Unflushed unflushed(files_->fs);
  MAIL_ASSIGN_OR_RETURN(std::vector<Incoming> incoming, stage(uids, *target, unflushed));
  MAIL_RETURN_IF_ERROR(target->commit_incoming(incoming, unflushed, limit));
  UidPairs pairs;
  for (const Incoming& message : incoming) pairs.emplace_back(message.source, message.uid);
  return pairs;
}

StatusOr<UidPairs> MaildirMailbox::move(std::span<const Uid> uids, Mailbox& to) {
  auto* const target = dynamic_cast<MaildirMailbox*>(&to);
  if (target == nullptr || target->files_ != files_) {
    return invalid("the two folders belong to different stores");
  }
  auto moved = move_between(uids, *target);
  if (absl::IsFailedPrecondition(moved.status())) return move_by_copy(uids, *target);
  MAIL_RETURN_IF_ERROR(moved.status());
  if (moved->pairs.empty()) return moved->pairs;
  publish();
  if (target != this) target->publish();
  // The rename is one transaction of the file system: the flush of one directory would do on those
  // that have a journal. The other makes it true for all.
  MAIL_RETURN_IF_ERROR(sync_directories(
      files_->fs, std::vector<std::string>(moved->directories.begin(), moved->directories.end())));
  return std::move(moved->pairs);
}

StatusOr<Moved> MaildirMailbox::move_between(std::span<const Uid> uids,
                                             MaildirMailbox& to) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  // Both folders stand still, locked in one order whoever asks; the analysis cannot follow that.
  if (&to == this) {
    const MutexLock operation(operation_);
    auto moved = move_locked(uids, to);
    save_index();
    return moved;
  }
  const bool is_first = std::less<>()(this, &to);
  const MutexLock first(is_first ? operation_ : to.operation_);
  const MutexLock second(is_first ? to.operation_ : operation_);
  auto moved = move_locked(uids, to);
  save_index();
  to.save_index();
  return moved;
}

StatusOr<Moved> MaildirMailbox::move_locked(std::span<const Uid> uids,
                                            MaildirMailbox& to) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  MAIL_RETURN_IF_ERROR(check());
  MAIL_RETURN_IF_ERROR(to.check());
  std::vector<Outgoing> messages = outgoing(uids);
  const auto is_missing = [this](const Outgoing& message) {
    return absl::IsNotFound(files_->fs.info(message.path).status());
  };
  if (std::any_of(messages.begin(), messages.end(), is_missing)) {
    MAIL_RETURN_IF_ERROR(sync(true).status());
    messages = outgoing(uids);
    std::erase_if(messages, is_missing);
  }
  std::vector<Incoming> incoming;
  for (const Outgoing& message : messages) incoming.push_back(incoming_of(message));
  if (incoming.empty()) return Moved();
  MAIL_RETURN_IF_ERROR(to.name_incoming(incoming));
  Unflushed nothing(files_->fs);
  MAIL_RETURN_IF_ERROR(to.insert(incoming, nothing, Reservation()));
  const std::string target = to.directory();
  Moved moved;
  std::vector<Uid> gone;
  {
    const MutexLock state(state_);
    for (std::size_t i = 0; i < incoming.size(); ++i) {
      moved.pairs.emplace_back(incoming[i].source, incoming[i].uid);
      moved.directories.insert(target + (incoming[i].is_new ? "/new" : "/cur"));
      moved.directories.insert(directory_ + (messages[i].place.is_new ? "/new" : "/cur"));
      gone.push_back(incoming[i].source);
    }
    table_.next_modseq();
    table_.remove(gone);
  }
  return moved;
}

StatusOr<UidPairs> MaildirMailbox::move_by_copy(std::span<const Uid> uids, MaildirMailbox& to) {
  // Between two file systems there is no rename. Twice for a moment is better than lost.
  MAIL_ASSIGN_OR_RETURN(const UidPairs pairs, copy(uids, to, {}));
  std::vector<Uid> copied;
  for (const auto& [source, target] : pairs) copied.push_back(source);
  std::vector<Uid> removed;
  Status status;
  {
    const MutexLock operation(operation_);
    status = discard(copied, removed);
    save_index();
  }
  publish();
  MAIL_RETURN_IF_ERROR(status);
  const std::string changed[] = {directory() + "/new", directory() + "/cur"};
  MAIL_RETURN_IF_ERROR(sync_directories(files_->fs, changed));
  return pairs;
}

}  // namespace mail::store
