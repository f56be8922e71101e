// How what is on disk becomes what sessions see. Other programs may add, rename and remove files at
// any moment, so:
//
//  1. new/ and cur/ are listed only when their times of modification are not those that were seen,
//     or were so young when they were seen that a change after the listing need not show in them;
//     each by itself, so that a delivery costs the listing of new/.
//  2. new/ is listed before cur/: a file that moves meanwhile is seen twice, not never. A message
//     that seems gone is believed gone only when a second listing of both does not show it either,
//     since a rename inside cur/ may hide a file from one reading of the directory. Both are
//     listed, too, when one shows a base name that is known in the other.
//  3. A base name is a message, wherever it is found (folder_listing.h).
//  4. Only regular files count; nothing is opened that is not one.
//  5. A message without a record in dovecot-uidlist gets the next UID, in order of arrival. It is
//     shown after the record is durable, not before.
//  6. UIDs are told in ascending order, whatever other processes add meanwhile: whoever gives UIDs
//     to messages that he brings along holds the lock of the list until they are in place, so who
//     has the lock sees all that were given. A record without a file is void then.
//
// Tested by tests/store/conformance_test.cc, tests/store/maildir_test.cc,
// tests/store/crash_test.cc, tests/store/two_processes_test.cc.
#include <algorithm>
#include <utility>

#include "mail/base/ascii.h"
#include "store/line_ends.h"
#include "store/maildir_mailbox.h"
#include "store/object_id.h"
#include "store/uid_validity.h"

namespace mail::store {
namespace {

constexpr std::uint64_t kKeywordFileSize = 64 << 10;

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
void sort_by_arrival(PackedRows& messages) {
  std::vector<std::pair<Arrival, std::size_t>> order;
  order.reserve(messages.rows.size());
  for (const MessageRow& row : messages.rows) {
    order.emplace_back(arrival_of(row.name(messages.texts)), order.size());
  }
  std::sort(order.begin(), order.end());
  std::vector<MessageRow> sorted;
  sorted.reserve(order.size());
  for (const auto& [arrival, at] : order) sorted.push_back(messages.rows[at]);
  messages.rows = std::move(sorted);
}

bool has_uid(const MessageRow& row) { return number(row.uid()) != 0; }

}  // namespace

StatusOr<bool> MaildirMailbox::sync(bool force) {
  MAIL_RETURN_IF_ERROR(check());
  const std::string directory = this->directory();
  if (!is_loaded_) MAIL_RETURN_IF_ERROR(begin_reading());
  MAIL_ASSIGN_OR_RETURN(const Stamps now, stamps(directory));
  const bool must_list_new = force || seen_.in_new != now.in_new;
  const bool must_list_cur = force || seen_.in_cur != now.in_cur;
  if (!must_list_new && !must_list_cur) {
    is_loaded_ = true;
    return false;
  }
  const WallTime clock = files_->clock.wall();
  seen_ = {};
  if (!is_loaded_) files_->clean_temporary(directory);
  MAIL_RETURN_IF_ERROR(read_register(directory));
  FolderListing listing(*files_, directory);
  MAIL_RETURN_IF_ERROR(listing.look(must_list_new, must_list_cur));
  Comparison with_rows = compare(listing);
  std::uint64_t void_below = scanned_next_;
  if (match_records(listing)) {
    // Whoever adds messages holds the lock from their records to their files. Where it cannot be
    // had, the folder is shown as far as it is known.
    const auto lock = register_.lock(directory);
    if (lock.ok()) {
      MAIL_RETURN_IF_ERROR(read_register(directory));
      void_below = register_.header().next;
    }
    MAIL_RETURN_IF_ERROR(listing.look(true, true));
    match_records(listing);
    with_rows = compare(listing);
  }
  while (calls_for_look(with_rows, listing)) {
    MAIL_RETURN_IF_ERROR(listing.look(true, true));
    with_rows = compare(listing);
  }
  MAIL_RETURN_IF_ERROR(learn_letters(directory, listing.letters()));
  const bool has_changed = apply(with_rows, listing);
  const auto adopted = adopt_unknown(listing, directory, void_below);
  if (!adopted.ok()) {
    register_.read_anew();  // some records were claimed for rows that nobody added
    return adopted.status();
  }
  is_loaded_ = true;
  if (adopted->is_complete) {
    if (!is_young(*now.in_new, clock)) seen_.in_new = now.in_new;
    if (!is_young(*now.in_cur, clock)) seen_.in_cur = now.in_cur;
  }
  return has_changed || adopted->has_new;
}

Status MaildirMailbox::begin_reading() {
  const std::string directory = this->directory();
  if (const auto info = files_->fs.info(directory); !info.ok()) return info.status();
  MAIL_ASSIGN_OR_RETURN(const bool is_restored, restore(directory));
  if (is_restored) return absl::OkStatus();
  MAIL_RETURN_IF_ERROR(files_->make_maildir(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  if (register_.is_from_courier()) {
    MAIL_RETURN_IF_ERROR(files_->adopt_courier_keywords(directory));
  }
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
    Unflushed nothing(files_->fs);
    MAIL_RETURN_IF_ERROR(write_records(directory, {}, {}, nothing));
  }
  const MutexLock state(state_);
  validity_ = register_.header().validity;
  return absl::OkStatus();
}

StatusOr<Stamps> MaildirMailbox::stamps(const std::string& directory) {
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

Comparison MaildirMailbox::compare(FolderListing& listing) {
  const MutexLock state(state_);
  Comparison found;
  for (const MessageRow& row : table_.rows()) {
    const std::string_view name = table_.name(row);
    FolderListing::File* const file = listing.find(parse_message_name(name).base);
    const bool is_listed = listing.looks(row.is_new()) != 0;
    if (file == nullptr) {
      if (is_listed) found.gone.push_back(row.uid());
      continue;
    }
    file->is_known = true;
    found.meets_unlisted |= !is_listed;
    if (is_listed && (file->is_new != row.is_new() || listing.name(*file) != name)) {
      found.moved.push_back(row.uid());
    }
  }
  return found;
}

bool MaildirMailbox::calls_for_look(const Comparison& found, FolderListing& listing) {
  if (found.meets_unlisted) return true;
  if (std::min(listing.looks(true), listing.looks(false)) >= 2) return false;
  return !found.gone.empty();
}

bool MaildirMailbox::match_records(FolderListing& listing) {
  bool awaits = false;
  unclaimed_.for_each([&](const UidRecord& record) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    FolderListing::File* const file = listing.find(record.name);
    if (file != nullptr) {
      file->record = static_cast<std::uint32_t>(unclaimed_.position_of(record));
    } else {
      awaits |= store::number(record.uid) >= scanned_next_;
    }
  });
  return awaits;
}

const UidRecord* MaildirMailbox::record_of(std::string_view base, std::size_t position) {
  const UidRecord* const record = unclaimed_.find(base, position);
  // A file that was gone and is back: sessions were told so, and UIDs beyond. It is a message that
  // was added now (RFC 9051 §2.3.1.1).
  return record == nullptr || store::number(record->uid) < void_below_ ? nullptr : record;
}

StatusOr<PackedRows> MaildirMailbox::latecomers(const std::string& directory) {
  if (!unclaimed_.first_from(scanned_next_)) return PackedRows();
  FolderListing listing(*files_, directory);
  MAIL_RETURN_IF_ERROR(listing.look(true, true));
  MAIL_RETURN_IF_ERROR(learn_letters(directory, listing.letters()));
  listing.mark_known([this](std::string_view base)
                         ABSL_NO_THREAD_SAFETY_ANALYSIS { return record_of(base, 0) == nullptr; });
  auto found = describe(listing, directory);
  if (!found.ok()) register_.read_anew();  // as in `sync`
  return found;
}

void MaildirMailbox::show(PackedRows messages) {
  if (messages.rows.empty()) return;
  const MutexLock state(state_);
  table_.next_modseq();
  for (const MessageRow& row : messages.rows) may_have_new_ |= row.is_new();
  table_.insert(std::move(messages));
}

void MaildirMailbox::pass_all_records() {
  scanned_next_ = void_below_ = next_uid_ = register_.told_next();
}

bool MaildirMailbox::apply(const Comparison& found, FolderListing& listing) {
  if (found.gone.empty() && found.moved.empty()) return false;
  const MutexLock state(state_);
  table_.next_modseq();
  for (const Uid uid : found.moved) {
    MessageRow& row = *table_.find(uid);
    const FolderListing::File& file = *listing.find(table_.base(row));
    if (row.is_new() && !file.is_new) table_.forget_recent(row);  // another program told it
    const Flags before = letters_.flags_of(store::flags_of(parse_message_name(table_.name(row))));
    const Flags named = letters_.flags_of(store::flags_of(parse_message_name(listing.name(file))));
    Flags flags = named;
    if (row.is_misnamed()) flags = with_changes(named, before, row.flags());
    table_.rename(row, listing.name(file), file.is_new);
    row.set_misnamed(flags != named);  // it is in `misnamed_` already
    may_have_new_ |= file.is_new;
    if (flags != row.flags()) table_.set_flags(row, flags);
    moved_.push_back(uid);
  }
  table_.remove(found.gone);
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

StatusOr<Adopted> MaildirMailbox::adopt_unknown(FolderListing& listing,
                                                const std::string& directory,
                                                std::uint64_t void_below) {
  const auto is_unknown = [](const FolderListing::File& file) { return !file.is_known; };
  const bool has_unknown = std::any_of(listing.files().begin(), listing.files().end(), is_unknown);
  // Their records may be in the part of the list that nobody has read since the index was restored.
  if (has_unknown) MAIL_RETURN_IF_ERROR(read_whole_register(directory));
  PackedRows messages;
  if (has_unknown) {
    MAIL_ASSIGN_OR_RETURN(messages, describe(listing, directory));
  }
  Adopted adopted;
  const bool is_numbered = std::all_of(messages.rows.begin(), messages.rows.end(), has_uid);
  if (!is_numbered || register_.must_be_rewritten()) {
    const Status numbered = number(directory, messages);
    if (numbered.ok()) void_below = register_.header().next;
    const bool is_whole = !register_.must_be_rewritten();
    if (!numbered.ok() && !(absl::IsResourceExhausted(numbered) && is_whole)) return numbered;
    if (!numbered.ok()) {
      // The disk is full. Who wants to make room must get in: what has a number is shown, the rest
      // when a number can be written.
      adopted.is_complete = false;
      std::erase_if(messages.rows, [](const MessageRow& row) { return !has_uid(row); });
    }
  }
  unclaimed_.settle();
  adopted.has_new = !messages.rows.empty();
  show(std::move(messages));
  const auto awaited = unclaimed_.first_from(void_below);
  const MutexLock state(state_);
  if (!awaited) {
    pass_all_records();
  } else {
    adopted.is_complete = false;
    next_uid_ = std::max<std::uint64_t>(next_uid_, store::number(*awaited));
  }
  return adopted;
}

void MaildirMailbox::add_rows(std::vector<PlacedMessage> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.info.uid < b.info.uid; });
  for (const PlacedMessage& row : rows) {
    may_have_new_ |= row.place.is_new;
    table_.insert(row);
  }
}

bool MaildirMailbox::is_numbered_anew() {
  const MutexLock state(state_);
  return is_loaded_ && register_.header().validity != validity_;
}

Status MaildirMailbox::read_register(const std::string& directory) {
  MAIL_ASSIGN_OR_RETURN(std::optional<UidRecords> records, register_.read(directory));
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
  // Records of messages that are known: most have the UID of their row.
  auto row = table_.rows().begin();
  const auto end = table_.rows().end();
  std::erase_if(records->list, [&](const UidRecord& record) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    while (row != end && row->uid() < record.uid) ++row;
    return row != end && row->uid() == record.uid && table_.base(*row) == record.name;
  });
  unclaimed_.assign(*std::move(records));
  if (unclaimed_.size() == 0) return absl::OkStatus();
  std::vector<Uid> renumbered;
  for (const MessageRow& known : table_.rows()) {
    const UidRecord* const record = unclaimed_.find(table_.base(known));
    if (record == nullptr) continue;
    // To another program it had been gone, and came back.
    if (record->uid > known.uid())
      renumbered.push_back(known.uid());
    else
      unclaimed_.claim(*record);
  }
  if (renumbered.empty()) return absl::OkStatus();
  table_.next_modseq();
  table_.remove(renumbered);
  seen_ = {};
  return absl::OkStatus();
}

Status MaildirMailbox::read_whole_register(const std::string& directory) {
  if (!register_.is_restored()) return absl::OkStatus();
  register_.read_anew();
  return read_register(directory);
}

Status MaildirMailbox::number(const std::string& directory, PackedRows& messages) {
  MAIL_ASSIGN_OR_RETURN(const Dotlock lock, register_.lock(directory));
  MAIL_RETURN_IF_ERROR(read_register(directory));
  const std::uint64_t first = register_.header().next;
  std::vector<UidRecord> fresh;
  std::vector<UidRecord> known;
  sort_by_arrival(messages);
  fresh.reserve(messages.rows.size());
  for (MessageRow& row : messages.rows) {
    const std::string_view base = parse_message_name(row.name(messages.texts)).base;
    const UidRecord* const record = record_of(base, 0);
    if (record != nullptr) {
      row.set_uid(record->uid);  // another program was faster
      unclaimed_.claim(*record);
    }
  }
  MAIL_ASSIGN_OR_RETURN(const PackedRows others, latecomers(directory));
  for (const MessageRow& row : others.rows) {
    messages.add(row, row.name(others.texts), row.keys(others.texts));
  }
  for (MessageRow& row : messages.rows) {
    const std::string_view base = parse_message_name(row.name(messages.texts)).base;
    const bool is_known = has_uid(row);
    if (!is_known) {
      MAIL_ASSIGN_OR_RETURN(const Uid uid, register_.take());
      row.set_uid(uid);
    }
    (is_known ? known : fresh).push_back({row.uid(), row.keys(messages.texts), base});
  }
  Unflushed nothing(files_->fs);
  const Status status = write_records(directory, fresh, std::move(known), nothing);
  for (MessageRow& row : messages.rows) {
    // A number that is not on disk is nobody's.
    if (!status.ok() && store::number(row.uid()) >= first) row.set_uid(Uid{});
  }
  return status;
}

Status MaildirMailbox::write_records(const std::string& directory, std::span<const UidRecord> fresh,
                                     std::vector<UidRecord> all, Unflushed& messages) {
  if (register_.should_rewrite(row_count() + all.size(), fresh.size())) {
    MAIL_RETURN_IF_ERROR(read_whole_register(directory));
  }
  {
    const MutexLock state(state_);
    if (!register_.should_rewrite(table_.rows().size() + all.size(), fresh.size())) {
      all.clear();
    } else {
      for (const Table::Row& row : table_.rows()) {
        all.push_back({row.uid(), table_.keys(row), table_.base(row)});
      }
      // Files that we have not seen yet: another program numbered them since our last look.
      unclaimed_.for_each([&](const UidRecord& record) ABSL_NO_THREAD_SAFETY_ANALYSIS {
        if (store::number(record.uid) >= scanned_next_) all.push_back(record);
      });
      all.insert(all.end(), fresh.begin(), fresh.end());
      register_.identify(derived_mailbox_guid(address_, name_, validity_));
      register_.request_rewrite();
    }
  }
  if (!register_.must_be_rewritten() && !fresh.empty()) {
    return register_.append(directory, fresh, messages);
  }
  MAIL_RETURN_IF_ERROR(messages.flush());
  if (!register_.must_be_rewritten()) return absl::OkStatus();
  return register_.rewrite(directory, std::move(all));
}

}  // namespace mail::store
