// Flags are letters of the file's name, so a change of flags is a rename, \Recent is a move from
// new/ to cur/, and EXPUNGE is an unlink. When another program renamed the file first, the folder
// is read anew and the change applied to what is there now.
//
// A store that is tended (Store::tend) need not rename at once: the change goes to the index, where
// a crash of the process leaves it, and within a second to the name, where a power cut does. A
// message whose name is behind is `misnamed`. What is not in the index is renamed at once: when
// another process writes it, or it cannot be written.
//
// Tested by tests/store/conformance_test.cc, tests/store/crash_test.cc.
#include <algorithm>
#include <utility>

#include "store/maildir_mailbox.h"

namespace mail::store {
namespace {

/// Then sessions that wait for the folder come in between.
constexpr std::size_t kNamedAtOnce = 64;

}  // namespace

StatusOr<std::vector<Uid>> MaildirMailbox::claim_recent() {
  std::vector<Uid> claimed;
  {
    const MutexLock operation(operation_);
    MAIL_RETURN_IF_ERROR(check());
    std::vector<Rename> renames;
    {
      const MutexLock state(state_);
      claimed = table_.claim_recent();
      if (!std::exchange(may_have_new_, false)) return claimed;
      for (const Table::Row& row : table_.rows()) {
        if (!row.is_new()) continue;
        const MessageName name = parse_message_name(table_.name(row));
        Rename rename = no_change(row);
        const NameFlags letters =
            row.is_misnamed() ? letters_.letters_of(row.flags()) : flags_of(name);
        rename.to = {with_flags(name, letters), false};
        renames.push_back(std::move(rename));
      }
    }
    // Nothing here needs a flush: a message is as safe in one directory as in the other.
    for (const Rename& rename : renames) {
      // One that stays in new/ (taken by another program, no space, read-only) is moved by a later
      // call; the session may call it \Recent nevertheless.
      if (rename_one(rename).ok()) continue;
      seen_ = {};
      const MutexLock state(state_);
      may_have_new_ = true;
    }
    save_index();
  }
  return claimed;
}

Status MaildirMailbox::rename_one(const Rename& rename) {
  const std::string directory = this->directory();
  MAIL_RETURN_IF_ERROR(files_->fs.rename(path_in(directory, rename.from.name, rename.from.is_new),
                                         path_in(directory, rename.to.name, rename.to.is_new)));
  const MutexLock state(state_);
  Table::Row* row = table_.find(rename.uid);
  table_.rename(*row, rename.to.name, rename.to.is_new);
  row->set_misnamed(rename.is_misnamed);
  may_have_new_ |= rename.to.is_new;
  moved_.push_back(rename.uid);
  if (row->flags() != rename.new_flags) table_.set_flags(*row, rename.new_flags);
  return absl::OkStatus();
}

StatusOr<std::uint64_t> MaildirMailbox::intern(const std::vector<std::string>& names,
                                               bool may_drop) {
  const auto is_known = [this](const std::vector<std::string>& wanted) {
    const MutexLock state(state_);
    return keyword_bits(wanted, letters_.names());
  };
  if (const auto bits = is_known(names)) return *bits;
  const std::string directory = this->directory();
  const std::string path = directory + "/dovecot-keywords";
  MAIL_ASSIGN_OR_RETURN(const Dotlock lock, register_.lock(directory));
  const auto text = read_file(files_->fs, path, 64 << 10);
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  KeywordLetters letters;
  {
    const MutexLock state(state_);
    if (text.ok()) letters_.load(parse_keywords(*text));
    letters = letters_;
  }
  if (!letters.intern(names)) {
    if (!may_drop) {
      return exhausted("the folder has its ", kKeywordLetters, " keywords already; ", names.back(),
                       " is one too many");
    }
    for (const std::string& name : names) {
      const std::string one[] = {name};
      letters.intern(one);
    }
  }
  // The name of the letter is on disk before a file uses the letter.
  MAIL_RETURN_IF_ERROR(files_->write_atomically(path, format_keywords(letters.file())));
  const MutexLock state(state_);
  letters_ = std::move(letters);
  return letters_.known_bits(names);
}

Rename MaildirMailbox::no_change(const MessageRow& row) {
  const Seen place{std::string(table_.name(row)), row.is_new()};
  return {row.uid(), place, row.flags(), place, row.flags(), row.is_misnamed(), false};
}

std::optional<Rename> MaildirMailbox::plan_change(Uid uid, const FlagChange& change,
                                                  std::uint64_t keywords) {
  const MutexLock state(state_);
  const Table::Row* row = table_.find(uid);
  if (row == nullptr) return std::nullopt;
  Rename rename = no_change(*row);
  rename.new_flags = changed_flags(rename.old_flags, change, keywords);
  if (rename.new_flags != rename.old_flags) {
    const MessageName name = parse_message_name(rename.from.name);
    rename.to = {with_flags(name, letters_.letters_of(rename.new_flags)), false};
  }
  return rename;
}

StatusOr<std::size_t> MaildirMailbox::rename_all(std::span<const Uid> uids,
                                                 const FlagChange& change, std::uint64_t keywords) {
  std::vector<Rename> done;
  Status status;
  for (auto uid = uids.begin(); uid != uids.end() && status.ok(); ++uid) {
    for (const bool is_retry : {false, true}) {
      status = absl::OkStatus();
      const auto rename = plan_change(*uid, change, keywords);
      if (!rename || rename->old_flags == rename->new_flags) break;
      status = rename_one(*rename);
      if (status.ok()) done.push_back(*rename);
      if (!absl::IsNotFound(status) || is_retry) break;
      status = sync(true).status();
      if (!status.ok()) break;
    }
    // It went away even while we looked: as if it had never been asked for.
    if (absl::IsNotFound(status) && check().ok()) status = absl::OkStatus();
  }
  if (status.ok()) return done.size();
  for (auto rename = done.rbegin(); rename != done.rend(); ++rename) {
    // The way back can fail only as the way there did; the next sync shows what came of it.
    rename_one({rename->uid, rename->to, rename->new_flags, rename->from, rename->old_flags, false,
                rename->was_misnamed})
        .IgnoreError();
  }
  seen_ = {};
  return status;
}

std::vector<Marked> MaildirMailbox::mark_all(std::span<const Uid> uids, const FlagChange& change,
                                             std::uint64_t keywords) {
  const MutexLock state(state_);
  std::vector<Marked> marked;
  for (const Uid uid : uids) {
    Table::Row* row = table_.find(uid);
    if (row == nullptr) continue;
    const Flags flags = changed_flags(row->flags(), change, keywords);
    if (flags == row->flags()) continue;
    marked.push_back({uid, row->flags()});
    table_.set_flags(*row, flags);
    if (!row->is_misnamed()) misnamed_.push_back(uid);
    row->set_misnamed(true);
  }
  return marked;
}

void MaildirMailbox::unmark(std::span<const Marked> marked) {
  {
    const MutexLock state(state_);
    table_.next_modseq();  // somebody may have been told the new flags already
    const auto is_marked = [marked](Uid uid) {
      return std::ranges::binary_search(marked, uid, {}, &Marked::uid);
    };
    std::erase_if(misnamed_, is_marked);
    for (const Marked& one : marked) {
      Table::Row* row = table_.find(one.uid);
      if (row == nullptr) continue;
      table_.set_flags(*row, one.before);
      const MessageName name = parse_message_name(table_.name(*row));
      row->set_misnamed(letters_.flags_of(flags_of(name)) != one.before);
      if (row->is_misnamed()) misnamed_.push_back(one.uid);
    }
  }
  // A name that had followed, and cannot go back either, is tried again by whoever tends the store.
  if (!name_some(misnamed_.size(), false).ok()) files_->owe(shared_from_this());
  save_index();
}

std::optional<Rename> MaildirMailbox::plan_name(Uid uid) {
  const MutexLock state(state_);
  Table::Row* row = table_.find(uid);
  if (row == nullptr || !row->is_misnamed()) return std::nullopt;
  Rename rename = no_change(*row);
  const MessageName name = parse_message_name(rename.from.name);
  rename.to = {with_flags(name, letters_.letters_of(row->flags())), false};
  if (rename.to.name != rename.from.name || rename.from.is_new) return rename;
  row->set_misnamed(false);  // the flags were changed back
  moved_.push_back(uid);
  return std::nullopt;
}

Status MaildirMailbox::name_some(std::size_t most, bool may_look) {
  for (; most > 0 && !misnamed_.empty(); --most) {
    const Uid uid = misnamed_.back();
    misnamed_.pop_back();
    Status status;
    for (const bool is_retry : {!may_look, true}) {
      status = absl::OkStatus();
      const auto rename = plan_name(uid);
      if (!rename) break;
      status = rename_one(*rename);
      if (status.ok()) ++named_;
      if (!absl::IsNotFound(status) || is_retry) break;
      status = sync(true).status();
      if (!status.ok()) break;
    }
    // It went away, and the next look will tell.
    if (absl::IsNotFound(status) && check().ok()) continue;
    if (status.ok()) continue;
    misnamed_.push_back(uid);
    return status;
  }
  return absl::OkStatus();
}

void MaildirMailbox::owe_names() {
  if (misnamed_.empty() || !index_.is_writer() || files_->owe(shared_from_this())) return;
  // What fails stays in the index.
  name_some(misnamed_.size(), true).IgnoreError();
  save_index();
}

Status MaildirMailbox::settle() {
  std::uint64_t named = 0;
  for (bool is_done = false; !is_done;) {
    const MutexLock operation(operation_);
    if (!check().ok()) return absl::OkStatus();  // the folder was deleted
    const bool owes = !misnamed_.empty();
    const Status status = name_some(kNamedAtOnce, true);
    if (owes) save_index();
    MAIL_RETURN_IF_ERROR(status);
    is_done = misnamed_.empty();
    named = named_;
    if (is_done && named == named_durably_) return absl::OkStatus();
  }
  // Who settles at the same time flushes, too: neither answers before the disk has it.
  MAIL_RETURN_IF_ERROR(files_->fs.sync_directory(directory() + "/cur"));
  const MutexLock operation(operation_);
  named_durably_ = std::max(named_durably_, named);
  return absl::OkStatus();
}

StatusOr<std::vector<MessageInfo>> MaildirMailbox::change_flags(std::span<const Uid> uids,
                                                                const FlagChange& change) {
  std::vector<MessageInfo> result;
  std::size_t changed = 0;
  bool is_later = false;
  {
    const MutexLock operation(operation_);
    MAIL_RETURN_IF_ERROR(check());
    std::uint64_t keywords = 0;
    if (change.mode == FlagChange::Mode::kRemove) {
      const MutexLock state(state_);
      keywords = letters_.known_bits(change.flags.keywords);
    } else {
      MAIL_ASSIGN_OR_RETURN(keywords, intern(change.flags.keywords, false));
    }
    {
      const MutexLock state(state_);
      table_.next_modseq();
    }
    const std::vector<Uid> chosen = ascending(uids);
    if (files_->owing.is_open() && index_.is_writer()) {
      const std::vector<Marked> marked = mark_all(chosen, change, keywords);
      save_index();
      is_later = index_.is_writer() && files_->owe(shared_from_this());
      const Status named = is_later ? absl::OkStatus() : name_some(misnamed_.size(), true);
      if (!named.ok()) {
        unmark(marked);
        return named;
      }
      changed = marked.size();
    } else {
      const auto done = rename_all(chosen, change, keywords);
      save_index();
      MAIL_RETURN_IF_ERROR(done.status());
      changed = *done;
    }
    const MutexLock state(state_);
    for (const auto& info : table_.find_all(chosen)) {
      if (info) result.push_back(*info);
    }
  }
  if (changed == 0) return result;
  publish();
  if (is_later) return result;
  MAIL_RETURN_IF_ERROR(files_->fs.sync_directory(directory() + "/cur"));
  return result;
}

Status MaildirMailbox::discard(std::span<const Uid> uids, std::vector<Uid>& removed) {
  Status status;
  for (auto uid = uids.begin(); uid != uids.end() && status.ok(); ++uid) {
    for (const bool is_retry : {false, true}) {
      status = absl::OkStatus();
      std::string path;
      {
        const MutexLock state(state_);
        const Table::Row* row = table_.find(*uid);
        if (row == nullptr) break;
        path = path_of(*row);
      }
      status = files_->fs.unlink(path);
      if (status.ok()) removed.push_back(*uid);
      if (!absl::IsNotFound(status) || is_retry) break;
      status = sync(true).status();
      if (!status.ok()) break;
    }
    if (absl::IsNotFound(status) && check().ok()) status = absl::OkStatus();
  }
  const MutexLock state(state_);
  if (removed.empty()) return status;
  table_.next_modseq();
  table_.remove(removed);
  return status;
}

StatusOr<std::vector<Uid>> MaildirMailbox::expunge(std::span<const Uid> uids) {
  std::vector<Uid> removed;
  Status status;
  bool was_in_new = false;
  {
    const MutexLock operation(operation_);
    MAIL_RETURN_IF_ERROR(check());
    std::vector<Uid> chosen;
    {
      const MutexLock state(state_);
      for (const Uid uid : ascending(uids)) {
        const Table::Row* row = table_.find(uid);
        if (row == nullptr || !row->flags().has(kDeleted)) continue;
        chosen.push_back(uid);
        was_in_new |= row->is_new();
      }
    }
    status = discard(chosen, removed);
    save_index();
  }
  // An unlink cannot be taken back: what is gone is told by `changes`, whatever is returned here.
  if (!removed.empty()) {
    publish();
    if (was_in_new) status.Update(files_->fs.sync_directory(directory() + "/new"));
    status.Update(files_->fs.sync_directory(directory() + "/cur"));
  }
  MAIL_RETURN_IF_ERROR(status);
  return removed;
}

}  // namespace mail::store
