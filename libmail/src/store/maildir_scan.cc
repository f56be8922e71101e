// How what is on disk becomes what sessions see. Other programs may add, rename and remove files at
// any moment, so:
//
//  1. new/ and cur/ are listed only when their times of modification are not those that were seen,
//     or were so young when they were seen that a change after the listing need not show in them.
//  2. new/ is listed before cur/: a file that moves meanwhile is seen twice, not never. A message
//     that seems gone is believed gone only when a second listing does not show it either, since a
//     rename inside cur/ may hide a file from one reading of the directory.
//  3. A base name is a message, wherever it is found. Found twice, the two are the same octets (a
//     hard link left by a move that was interrupted, or a backup taken while the file was renamed:
//     one name goes) or two messages (the second gets a name of its own).
//  4. Only regular files count; nothing is opened that is not one.
//  5. A message without a record in dovecot-uidlist gets the next UID, in order of arrival. It is
//     shown after the record is durable, not before.
//
// Tested by tests/store/conformance_test.cc, tests/store/maildir_test.cc,
// tests/store/crash_test.cc.
#include <algorithm>
#include <utility>

#include "mail/base/ascii.h"
#include "store/line_ends.h"
#include "store/maildir_mailbox.h"
#include "store/uid_validity.h"

namespace mail::store {
namespace {

constexpr std::uint64_t kKeywordFileSize = 64 << 10;

struct Found {
  const std::string& path;
  const FileInfo& info;
};

/// Of two files with one base name.
bool is_same_message(Filesystem& fs, const Found& a, const Found& b, std::uint64_t limit) {
  if (a.info.inode == b.info.inode && a.info.device == b.info.device) return true;
  if (a.info.size != b.info.size || a.info.type != b.info.type) return false;
  const auto bytes = read_file(fs, a.path, limit);
  const auto other = read_file(fs, b.path, limit);
  return bytes.ok() && other.ok() && *bytes == *other;
}

/// `flags`, and what was changed from `before` to `after` meanwhile.
Flags with_changes(const Flags& flags, const Flags& before, const Flags& after) {
  const auto merged = [](auto now, auto old, auto wanted) {
    const auto changed = old ^ wanted;
    return static_cast<decltype(now)>((now & ~changed) | (wanted & changed));
  };
  return {merged(flags.system, before.system, after.system),
          merged(flags.keywords, before.keywords, after.keywords)};
}

/// Names are taken apart once, not at each comparison.
template <class Row>
void sort_by_arrival(std::vector<Row>& rows) {
  std::vector<std::pair<Arrival, std::size_t>> order;
  order.reserve(rows.size());
  for (const Row& row : rows) order.emplace_back(arrival_of(row.place.name), order.size());
  std::sort(order.begin(), order.end());
  std::vector<Row> sorted;
  sorted.reserve(rows.size());
  for (const auto& [arrival, at] : order) sorted.push_back(std::move(rows[at]));
  rows = std::move(sorted);
}

}  // namespace

StatusOr<bool> MaildirMailbox::sync(bool force) {
  MAIL_RETURN_IF_ERROR(check());
  const std::string directory = this->directory();
  if (!is_loaded_) MAIL_RETURN_IF_ERROR(begin_reading());
  MAIL_ASSIGN_OR_RETURN(const Stamps now, stamps(directory));
  if (!force && seen_ == now) {
    is_loaded_ = true;
    return false;
  }
  const WallTime clock = files_->clock.wall();
  bool may_change_unseen = false;
  for (const Glance& glance : {now.in_new, now.in_cur}) {
    may_change_unseen |= is_young(glance, clock);
  }
  seen_.reset();
  if (!is_loaded_) files_->clean_temporary(directory);
  MAIL_RETURN_IF_ERROR(read_register(directory));
  Listing listing;
  MAIL_RETURN_IF_ERROR(list_into(listing, directory));
  bool is_missing = lacks_known(listing);
  for (const auto& [base, record] : unclaimed_) is_missing |= !listing.contains(base);
  if (is_missing) MAIL_RETURN_IF_ERROR(list_into(listing, directory));
  std::uint32_t letters = 0;
  for (const auto& [base, seen] : listing) {
    letters |= flags_of(parse_message_name(seen.name)).keyword_letters;
  }
  MAIL_RETURN_IF_ERROR(learn_letters(directory, letters));
  bool has_changed = apply_known(listing);
  MAIL_ASSIGN_OR_RETURN(const bool has_new, adopt_unknown(listing, directory));
  has_changed |= has_new;
  is_loaded_ = true;
  if (!may_change_unseen && !has_unnumbered_) seen_ = now;
  return has_changed;
}

Status MaildirMailbox::begin_reading() {
  const std::string directory = this->directory();
  if (const auto info = files_->fs.info(directory); !info.ok()) return info.status();
  MAIL_ASSIGN_OR_RETURN(const bool is_restored, restore(directory));
  if (is_restored) return absl::OkStatus();
  MAIL_RETURN_IF_ERROR(files_->make_maildir(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  if (store::number(register_.header().validity) != 0 && register_.header().next <= kMaxUid) {
    {
      const MutexLock state(state_);
      validity_ = register_.header().validity;
    }
    if (!unverified_) return absl::OkStatus();
    FolderIndex::Opened opened = *std::exchange(unverified_, std::nullopt);
    return restore_rows(directory, std::move(opened));
  }
  unverified_.reset();
  // A new folder; or a list without a beginning, or without room: its numbers mean nothing then.
  MAIL_ASSIGN_OR_RETURN(const Dotlock lock, register_.lock(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  if (register_.header().next > kMaxUid) unclaimed_.clear();
  if (store::number(register_.header().validity) == 0 || register_.header().next > kMaxUid) {
    MAIL_ASSIGN_OR_RETURN(const UidValidity validity,
                          next_uid_validity(*files_, account_directory_));
    register_.begin(validity);
    MAIL_RETURN_IF_ERROR(write_records(directory, {}, {}));
  }
  const MutexLock state(state_);
  validity_ = register_.header().validity;
  return absl::OkStatus();
}

StatusOr<MaildirMailbox::Stamps> MaildirMailbox::stamps(const std::string& directory) {
  for (const bool is_retry : {false, true}) {
    const auto in_new = files_->fs.info(directory + "/new");
    const auto in_cur = files_->fs.info(directory + "/cur");
    if (in_new.ok() && in_cur.ok()) return Stamps{glance_at(*in_new), glance_at(*in_cur)};
    const Status status = in_new.ok() ? in_cur.status() : in_new.status();
    if (is_retry || !absl::IsNotFound(status)) return status;
    // A folder without new/ is mended; one that is gone is gone.
    if (const auto info = files_->fs.info(directory); !info.ok()) return info.status();
    MAIL_RETURN_IF_ERROR(files_->make_maildir(directory));
  }
  return unavailable(directory, " changes too fast");
}

Status MaildirMailbox::list_into(Listing& listing, const std::string& directory) {
  MAIL_RETURN_IF_ERROR(list_one(listing, directory, true));
  return list_one(listing, directory, false);
}

Status MaildirMailbox::list_one(Listing& listing, const std::string& directory, bool is_new) {
  MAIL_ASSIGN_OR_RETURN(auto entries, files_->fs.list(directory + (is_new ? "/new" : "/cur")));
  listing.reserve(listing.size() + entries.size());
  std::vector<std::string> duplicates;
  for (DirectoryEntry& entry : entries) {
    if (entry.type != FileType::kRegular || entry.name.starts_with('.')) continue;
    const std::string_view base = parse_message_name(entry.name).base;
    if (base.empty()) continue;
    const auto [at, is_first] = listing.try_emplace(base);
    Seen& seen = at->second;
    if (is_first) {
      seen = {std::move(entry.name), is_new};
    } else if (seen.name != entry.name || seen.is_new != is_new) {
      // The same choice whatever order the file system has: the first by name.
      if (seen.is_new == is_new && entry.name < seen.name) seen.name.swap(entry.name);
      duplicates.push_back(std::move(entry.name));
    }
  }
  std::sort(duplicates.begin(), duplicates.end());
  for (std::string& name : duplicates) {
    settle_duplicate(listing, directory, {std::move(name), is_new});
  }
  return absl::OkStatus();
}

void MaildirMailbox::settle_duplicate(Listing& listing, const std::string& directory, Seen other) {
  const MessageName parsed = parse_message_name(other.name);
  Seen& first = listing.find(parsed.base)->second;
  const std::string first_path = path_in(directory, first.name, first.is_new);
  const std::string other_path = path_in(directory, other.name, other.is_new);
  const auto first_info = files_->fs.info(first_path);
  const auto other_info = files_->fs.info(other_path);
  if (!other_info.ok()) return;
  if (!first_info.ok()) {  // it was renamed while we looked
    first = std::move(other);
    return;
  }
  if (is_same_message(files_->fs, {first_path, *first_info}, {other_path, *other_info},
                      files_->options.message_size)) {
    // The name in cur/ stays: it has the flags.
    if (!files_->fs.unlink(first_path).ok()) return;
    first = std::move(other);
    return;
  }
  MessageName renamed = parsed;
  const std::string base =
      cat(files_->unique_name(),
          parsed.base.substr(std::min(parsed.base.find(','), parsed.base.size())));
  renamed.base = base;
  const std::string name =
      other.is_new && parsed.letters.empty() ? base : with_flags(renamed, store::flags_of(parsed));
  if (!files_->fs.rename(other_path, path_in(directory, name, other.is_new)).ok()) return;
  listing.try_emplace(base, Seen{name, other.is_new});
}

bool MaildirMailbox::lacks_known(const Listing& listing) {
  const MutexLock state(state_);
  return std::any_of(table_.rows().begin(), table_.rows().end(),
                     [&](const MessageRow& row) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                       return !listing.contains(table_.base(row));
                     });
}

bool MaildirMailbox::apply_known(const Listing& listing) {
  const MutexLock state(state_);
  std::vector<Uid> gone;
  std::vector<std::pair<Uid, const Seen*>> moved;
  for (const Table::Row& row : table_.rows()) {
    const std::string_view name = table_.name(row);
    const auto seen = listing.find(parse_message_name(name).base);
    if (seen == listing.end()) {
      gone.push_back(row.uid());
    } else if (seen->second.name != name || seen->second.is_new != row.is_new()) {
      moved.emplace_back(row.uid(), &seen->second);
    }
  }
  if (gone.empty() && moved.empty()) return false;
  table_.next_modseq();
  for (const auto& [uid, seen] : moved) {
    Table::Row& row = *table_.find(uid);
    if (row.is_new() && !seen->is_new) table_.forget_recent(row);  // another program told it
    const Flags before = letters_.flags_of(flags_of(parse_message_name(table_.name(row))));
    const Flags named = letters_.flags_of(flags_of(parse_message_name(seen->name)));
    Flags flags = named;
    if (row.is_misnamed()) flags = with_changes(named, before, row.flags());
    table_.rename(row, seen->name, seen->is_new);
    row.set_misnamed(flags != named);  // it is in `misnamed_` already
    may_have_new_ |= seen->is_new;
    if (flags != row.flags()) table_.set_flags(row, flags);
    moved_.push_back(uid);
  }
  for (const Uid uid : gone) forget_base(*table_.find(uid));
  table_.remove(gone);
  return true;
}

Status MaildirMailbox::learn_letters(const std::string& directory, std::uint32_t letters) {
  bool is_known = has_learned_letters_;
  {
    const MutexLock state(state_);
    is_known = is_known && letters_.knows(letters);
  }
  if (is_known) return absl::OkStatus();
  const auto text = read_file(files_->fs, cat(directory, "/dovecot-keywords"), kKeywordFileSize);
  // A file that cannot be read just now must not cost the letters their names: they are given once.
  if (!text.ok() && is_temporary(text.status())) return text.status();
  has_learned_letters_ = true;
  const MutexLock state(state_);
  // Without the file the letters are keywords without names, as in Dovecot.
  if (text.ok()) letters_.load(parse_keywords(*text));
  // All at once, so that the order of the bits does not hang on the order of a hash table.
  letters_.flags_of({0, letters});
  return absl::OkStatus();
}

StatusOr<bool> MaildirMailbox::adopt_unknown(const Listing& listing, const std::string& directory) {
  std::vector<const Seen*> unknown;
  {
    const MutexLock state(state_);
    const StringMap<Uid>& known = bases();
    for (const auto& [base, seen] : listing) {
      if (!known.contains(base)) unknown.push_back(&seen);
    }
  }
  // Their records may be in the part of the list that nobody has read since the index was restored.
  if (!unknown.empty()) MAIL_RETURN_IF_ERROR(read_whole_register(directory));
  MAIL_ASSIGN_OR_RETURN(auto rows, describe(unknown, directory));
  const bool is_complete = std::all_of(rows.begin(), rows.end(), [](const PlacedMessage& row) {
    return store::number(row.info.uid) != 0;
  });
  // Of numbers that could not be written a part may be in the file, and be believed later: until
  // that is settled, they are not passed over in UIDNEXT.
  const std::uint64_t told_next = has_unnumbered_ ? told_next_ : register_.header().next;
  has_unnumbered_ = false;
  if (!is_complete || register_.must_be_rewritten()) {
    const std::uint64_t next = register_.header().next;
    const Status numbered = number(directory, rows);
    const bool is_untouched = !register_.must_be_rewritten() && register_.header().next == next;
    if (!numbered.ok() && !(absl::IsResourceExhausted(numbered) && is_untouched)) return numbered;
    if (!numbered.ok()) {
      // The disk is full. Who wants to make room must get in: what has a number is shown, the rest
      // when a number can be written.
      has_unnumbered_ = true;
      std::erase_if(rows,
                    [](const PlacedMessage& row) { return store::number(row.info.uid) == 0; });
    }
  }
  scanned_next_ = register_.header().next;
  const MutexLock state(state_);
  told_next_ = has_unnumbered_ ? told_next : register_.header().next;
  next_uid_ = told_next_;
  if (rows.empty()) return false;
  table_.next_modseq();
  add_rows(std::move(rows));
  return true;
}

void MaildirMailbox::add_rows(std::vector<PlacedMessage> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.info.uid < b.info.uid; });
  if (rows.size() > table_.rows().size()) {
    by_base_.reset();  // made anew when it is needed, if it is
    std::size_t octets = 0;
    for (const PlacedMessage& row : rows) octets += row.place.name.size() + row.place.keys.size();
    table_.reserve(rows.size(), octets);
  }
  for (const PlacedMessage& row : rows) {
    if (by_base_) (*by_base_)[parse_message_name(row.place.name).base] = row.info.uid;
    may_have_new_ |= row.place.is_new;
    table_.insert(row);
  }
}

bool MaildirMailbox::is_numbered_anew() {
  const MutexLock state(state_);
  return is_loaded_ && register_.header().validity != validity_;
}

Status MaildirMailbox::read_register(const std::string& directory) {
  MAIL_ASSIGN_OR_RETURN(auto records, register_.read(directory));
  if (!records) return absl::OkStatus();
  if (is_numbered_anew()) {
    // Flags that were acknowledged are in nobody's hands soon. Best effort: a file may be gone.
    name_some(misnamed_.size(), false).IgnoreError();
    const MutexLock state(state_);
    is_gone_ = true;
    index_.release();
    return unavailable("another program has numbered the folder ", name_, " anew");
  }
  const MutexLock state(state_);
  unclaimed_.clear();
  const StringMap<Uid>& known = bases();
  for (UidRecord& record : *records) {
    if (known.contains(record.name)) continue;
    std::string base = record.name;
    unclaimed_.emplace(std::move(base), std::move(record));
  }
  return absl::OkStatus();
}

Status MaildirMailbox::read_whole_register(const std::string& directory) {
  if (!register_.is_restored()) return absl::OkStatus();
  register_.read_anew();
  return read_register(directory);
}

Status MaildirMailbox::number(const std::string& directory, std::vector<PlacedMessage>& rows) {
  MAIL_ASSIGN_OR_RETURN(const Dotlock lock, register_.lock(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  sort_by_arrival(rows);
  const std::uint64_t first = register_.header().next;
  std::vector<UidRecord> fresh;
  std::vector<UidRecord> known;
  for (PlacedMessage& row : rows) {
    const std::string_view base = parse_message_name(row.place.name).base;
    if (const auto record = unclaimed_.find(base); record != unclaimed_.end()) {
      row.info.uid = record->second.uid;  // another program was faster
      unclaimed_.erase(record);
    }
    const bool is_known = store::number(row.info.uid) != 0;
    if (!is_known) {
      MAIL_ASSIGN_OR_RETURN(row.info.uid, register_.take());
    }
    (is_known ? known : fresh).push_back({row.info.uid, row.place.keys, std::string(base)});
  }
  const Status status = write_records(directory, fresh, std::move(known));
  for (PlacedMessage& row : rows) {
    // A number that is not on disk is nobody's.
    if (!status.ok() && store::number(row.info.uid) >= first) row.info.uid = Uid{};
  }
  return status;
}

Status MaildirMailbox::write_records(const std::string& directory, std::span<const UidRecord> fresh,
                                     std::vector<UidRecord> all) {
  if (register_.should_rewrite(row_count() + all.size(), fresh.size())) {
    MAIL_RETURN_IF_ERROR(read_whole_register(directory));
  }
  {
    const MutexLock state(state_);
    if (!register_.should_rewrite(table_.rows().size() + all.size(), fresh.size())) {
      all.clear();
    } else {
      for (const Table::Row& row : table_.rows()) {
        all.push_back({row.uid(), std::string(table_.keys(row)), std::string(table_.base(row))});
      }
      // Files that we have not seen yet: another program numbered them since our last look.
      for (const auto& [base, record] : unclaimed_) {
        if (store::number(record.uid) >= scanned_next_) all.push_back(record);
      }
      all.insert(all.end(), fresh.begin(), fresh.end());
      register_.request_rewrite();
    }
  }
  if (register_.must_be_rewritten()) return register_.rewrite(directory, std::move(all));
  return fresh.empty() ? absl::OkStatus() : register_.append(directory, fresh);
}

}  // namespace mail::store
