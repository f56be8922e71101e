// Two ways to write, as Dovecot has: lines added to the end, flushed, or a new file in place of the
// old one. The first needs one flush and leaves every octet that was there before; it is not for a
// file that is damaged, nor after a flush that failed, since a second flush of the same file could
// report success for lines that are lost.
//
// A write that failed (no space, a quota, an error of the device) is cut off again, while the lock
// is held: then the list is what it was, and a folder on a full disk can be used by whoever makes
// room. What was cut may come back with a power cut, whole or torn, until the next flush: as
// records that name nothing, whose numbers nobody was told. Whoever lives on does not use these
// numbers again: `header_.next` stays behind them, `told_next_` before them.
//
// Tested by tests/store/maildir_format_test.cc, tests/store/crash_test.cc.
#include "store/uid_register.h"

#include <algorithm>
#include <utility>

#include "store/courier_files.h"

namespace mail::store {
namespace {

constexpr std::string_view kName = "/dovecot-uidlist";
// Dovecot's UIDLIST_COMPRESS_PERCENTAGE: below it the file is rewritten.
constexpr std::size_t kLivePercent = 75;
constexpr std::size_t kFewRecords = 64;  // so many are not worth two flushes

}  // namespace

StatusOr<Dotlock> UidRegister::lock(const std::string& directory) {
  return Dotlock::acquire(*files_, cat(directory, kName, ".lock"));
}

StatusOr<std::optional<UidRecords>> UidRegister::read(const std::string& directory) {
  using Records = std::optional<UidRecords>;
  const std::string path = cat(directory, kName);
  const auto info = files_->fs.info(path);
  if (absl::IsNotFound(info.status())) {
    const bool is_known = has_been_read_ && !stamp_;
    has_been_read_ = true;
    must_be_rewritten_ = true;
    stamp_.reset();
    if (is_known) return Records();
    return read_courier(directory);
  }
  MAIL_RETURN_IF_ERROR(info.status());
  if (has_been_read_ && stamp_ == glance_at(*info)) return Records();
  MAIL_ASSIGN_OR_RETURN(std::string bytes,
                        read_file(files_->fs, path, files_->options.uidlist_size));
  const auto text = std::make_shared<const std::string>(std::move(bytes));
  UidList list = parse_uidlist(*text);
  if (number(header_.validity) != 0 && number(list.header.validity) == 0) {
    list.header.validity = header_.validity;  // damaged meanwhile; we know better
    list.header.others = header_.others;
  }
  if (list.header.validity == header_.validity && mailbox_guid(list.header).empty() &&
      !guid().empty()) {
    set_mailbox_guid(list.header, guid());  // another program has dropped what we may have told
    must_be_rewritten_ = true;
  }
  if (list.header.validity != header_.validity) told_next_ = 1;
  told_next_ = std::max(told_next_, list.header.next);
  if (list.header.validity == header_.validity) {
    list.header.next = std::max(list.header.next, header_.next);
  }
  header_ = std::move(list.header);
  must_be_rewritten_ |= list.must_be_rewritten || files_->is_suspect(path);
  records_in_file_ = list.records.size();
  stamp_ = glance_at(*info);
  has_been_read_ = true;
  is_restored_ = false;
  return Records({std::move(list.records), {text}});
}

StatusOr<std::optional<UidRecords>> UidRegister::read_courier(const std::string& directory) {
  using Records = std::optional<UidRecords>;
  const std::uint64_t limit = files_->options.uidlist_size;
  auto uids = read_file(files_->fs, directory + "/courierimapuiddb", limit);
  auto unique_ids = read_file(files_->fs, directory + "/courierpop3dsizelist", limit);
  for (const auto* text : {&uids, &unique_ids}) {
    // What cannot be read just now would cost every UID if it were passed over.
    if (!text->ok() && is_temporary(text->status())) return text->status();
  }
  // A list that was removed while it was in use is not begun anew from what is older still.
  if (!uids.ok() || number(header_.validity) != 0) return Records(std::in_place);
  const auto text = std::make_shared<const std::string>(*std::move(uids));
  const auto pop3_text =
      std::make_shared<const std::string>(unique_ids.ok() ? *std::move(unique_ids) : std::string());
  UidList list = adopt_courier(*text, *pop3_text);
  if (number(list.header.validity) == 0) return Records(std::in_place);
  header_ = std::move(list.header);
  told_next_ = header_.next;
  is_from_courier_ = true;
  return Records({std::move(list.records), {text, pop3_text, list.keys}});
}

bool UidRegister::restore(const std::string& directory, const IndexedFolder& folder) {
  const std::string path = cat(directory, kName);
  const auto info = files_->fs.info(path);
  if (!info.ok() || glance_at(*info) != folder.uidlist_glance || files_->is_suspect(path) ||
      number(folder.uidlist.validity) == 0 || folder.uidlist.next > kMaxUid) {
    return false;
  }
  header_ = folder.uidlist;
  told_next_ = header_.next;
  stamp_ = folder.uidlist_glance;
  records_in_file_ = folder.uidlist_records;
  has_been_read_ = true;
  is_restored_ = true;
  return true;
}

void UidRegister::describe(IndexedFolder& folder) const {
  folder.uidlist = header_;
  folder.uidlist.next = told_next_;
  // A list that must be written anew is read anew, too.
  folder.uidlist_glance = stamp_ && !must_be_rewritten_ ? *stamp_ : Glance();
  folder.uidlist_records = records_in_file_;
}

void UidRegister::begin(UidValidity validity) {
  header_.validity = validity;
  if (header_.next > kMaxUid) header_.next = 1;
  identify(files_->random_hex(16));
  must_be_rewritten_ = true;
}

void UidRegister::identify(std::string_view new_guid) {
  if (guid().empty()) set_mailbox_guid(header_, new_guid);
}

Status UidRegister::write_guid(const std::string& directory, std::string_view new_guid) {
  const std::string path = cat(directory, kName);
  if (must_be_rewritten_ || files_->is_suspect(path)) {
    return failed_precondition(path, " is to be written anew");
  }
  MAIL_ASSIGN_OR_RETURN(const std::string text,
                        read_file(files_->fs, path, files_->options.uidlist_size));
  UidListHeader header = header_;
  set_mailbox_guid(header, new_guid);
  const std::string_view records = std::string_view(text).substr(text.find('\n') + 1);
  MAIL_RETURN_IF_ERROR(files_->write_atomically(path, cat(format_uidlist(header, {}), records)));
  header_ = std::move(header);
  told_next_ = header_.next;
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, files_->fs.info(path));
  stamp_ = glance_at(info);
  return absl::OkStatus();
}

StatusOr<Uid> UidRegister::take() {
  if (header_.next > kMaxUid) {
    return exhausted("no UID is left in the folder; remove its dovecot-uidlist to number it anew");
  }
  return Uid{static_cast<std::uint32_t>(header_.next++)};
}

bool UidRegister::should_rewrite(std::size_t live, std::size_t fresh) const {
  const std::size_t records = records_in_file_ + fresh;
  return must_be_rewritten_ ||
         (records >= kFewRecords && (live + fresh) * 100 < records * kLivePercent);
}

Status UidRegister::append_lines(const std::string& path, const std::string& lines,
                                 Unflushed& messages) {
  MAIL_ASSIGN_OR_RETURN(const auto file, files_->fs.open_append(path, kFileMode));
  const Status written = file->append(lines);
  if (!written.ok()) {
    must_be_rewritten_ = !cut_back(*file).ok();
    return written;
  }
  must_be_rewritten_ = true;  // whichever of the flushes fails: that of the list may be one of them
  MAIL_RETURN_IF_ERROR(messages.flush(file.get()));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file->info());
  stamp_ = glance_at(info);
  must_be_rewritten_ = false;
  return absl::OkStatus();
}

Status UidRegister::cut_back(File& file) {
  if (!stamp_) return failed_precondition("the length of the list is not known");
  MAIL_RETURN_IF_ERROR(file.truncate(stamp_->size));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file.info());
  stamp_ = glance_at(info);
  return absl::OkStatus();
}

Status UidRegister::append(const std::string& directory, std::span<const UidRecord> fresh,
                           Unflushed& messages) {
  std::string lines;
  for (const UidRecord& record : fresh) append_uid_record(lines, record);
  const std::string path = cat(directory, kName);
  const Status status = append_lines(path, lines, messages);
  if (must_be_rewritten_) files_->suspect(path);  // whoever opens the folder next must know, too
  if (!status.ok()) return status;
  told_next_ = header_.next;
  records_in_file_ += fresh.size();
  return status;
}

Status UidRegister::rewrite(const std::string& directory, std::vector<UidRecord> all) {
  const std::string path = cat(directory, kName);
  const auto is_before = [](const UidRecord& a, const UidRecord& b) { return a.uid < b.uid; };
  if (!std::is_sorted(all.begin(), all.end(), is_before)) {
    std::sort(all.begin(), all.end(), is_before);
  }
  must_be_rewritten_ = true;  // until it has worked
  MAIL_RETURN_IF_ERROR(files_->write_atomically(path, format_uidlist(header_, all)));
  files_->trust(path);
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, files_->fs.info(path));
  stamp_ = glance_at(info);
  records_in_file_ = all.size();
  told_next_ = header_.next;
  must_be_rewritten_ = is_from_courier_ = false;
  return absl::OkStatus();
}

}  // namespace mail::store
