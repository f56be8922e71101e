// The facts of a message: its size is in its name, as a rule, and its date in the file. To look at
// each file when a folder is seen for the first time would cost more than to list it, and most
// sessions never ask; so a name that tells both of its sizes is believed at first, as Dovecot does,
// and the file is looked at when somebody asks for its date. Then its size is compared, too.
//
// Tested by tests/store/conformance_test.cc, tests/store/maildir_test.cc,
// tests/store/facts_test.cc.
#include <utility>

#include "mail/base/ascii.h"
#include "store/line_ends.h"
#include "store/maildir_mailbox.h"

namespace mail::store {
namespace {

/// What nobody has looked at yet. (A file that really is of 1970 is looked at each time.)
constexpr WallTime kUnknownDate{};

constexpr std::size_t kRoomForSize = 32;  // " W" and a number

}  // namespace

StatusOr<PackedRows> MaildirMailbox::describe(const FolderListing& listing,
                                              const std::string& directory) {
  PackedRows messages;
  messages.rows.reserve(listing.files().size());
  messages.texts.reserve(listing.octets());
  const WallTime now = files_->clock.wall();
  for (const FolderListing::File& file : listing.files()) {
    if (file.is_known) continue;
    const std::string_view text = listing.name(file);
    const MessageName name = parse_message_name(text);
    MessageRow row;
    row.set_new(file.is_new);
    row.set_recent(file.is_new);
    row.set_save_date(now);
    const NameFlags flags = store::flags_of(name);
    row.set_flags({flags.system, flags.keyword_letters});
    const UidRecord* const record = record_of(name.base, file.record);
    std::string_view keys = record == nullptr ? std::string_view() : record->keys;
    std::string measured;
    const auto stored_size = name.size();
    const auto size = stored_size ? name.wire_size() : std::nullopt;
    if (size) {
      row.set_size(*size);
      row.set_stored_size(*stored_size);
    } else {
      measured = keys;
      MAIL_ASSIGN_OR_RETURN(const bool is_message,
                            look_at(path_in(directory, text, file.is_new), name, row, measured));
      if (!is_message) continue;
      if (record != nullptr && measured != keys) register_.request_rewrite();
      keys = measured;
    }
    if (record != nullptr) {
      row.set_uid(record->uid);
      unclaimed_.claim(*record);
    }
    messages.add(row, text, keys);
  }
  const MutexLock state(state_);
  name_letters(messages.rows);
  return messages;
}

void MaildirMailbox::name_letters(std::vector<MessageRow>& rows) {
  for (MessageRow& row : rows) {
    const Flags flags = row.flags();
    if (flags.keywords == 0) continue;
    row.set_flags(letters_.flags_of({flags.system, static_cast<std::uint32_t>(flags.keywords)}));
  }
}

StatusOr<bool> MaildirMailbox::look_at(const std::string& path, const MessageName& name,
                                       MessageRow& row, std::string& keys) {
  const auto info = files_->fs.info(path);
  if (absl::IsNotFound(info.status())) return false;  // its new name shows at the next sync
  MAIL_RETURN_IF_ERROR(info.status());
  if (info->type != FileType::kRegular) return false;
  row.set_size(measure(path, *info, name, keys));
  row.set_internal_date(info->modified);
  row.set_stored_size(info->size);
  return true;
}

std::uint64_t MaildirMailbox::measure(const std::string& path, const FileInfo& info,
                                      const MessageName& name, std::string& keys) {
  // A name or a record that has the file's size wrong has the other one wrong too.
  if (name.wire_size() && name.size().value_or(info.size) == info.size) return *name.wire_size();
  const auto recorded = ascii::parse_number(record_key(keys, 'W'));
  const auto recorded_size = ascii::parse_number(record_key(keys, 'S'));
  if (recorded && recorded_size.value_or(info.size) == info.size) return *recorded;
  const auto bytes = read_file(files_->fs, path, files_->options.message_size);
  // One file that cannot be read must not close the folder; reading the message will say why.
  if (!bytes.ok()) return info.size;
  const std::uint64_t size = store::wire_size(*bytes);
  if (!recorded && !name.wire_size() && keys.size() + kRoomForSize <= kMaxRecordKeys) {
    // Written with the record, so that no other opening has to read the file again.
    mail::append(keys, keys.empty() ? "W" : " W", size);
  }
  return size;
}

bool MaildirMailbox::look_at_files(std::vector<Undated>& undated, const std::string& directory) {
  bool is_some_gone = false;
  for (Undated& message : undated) {
    const std::string path = path_in(directory, message.name, message.is_new);
    const auto info = files_->fs.info(path);
    is_some_gone |= absl::IsNotFound(info.status());
    if (!info.ok()) continue;  // one of 1970, then: reading the message will say why
    message.file = *info;
    const MessageName name = parse_message_name(message.name);
    if (!name.size() || *name.size() == info->size) continue;
    std::string keys;
    message.size = measure(path, *info, name, keys);
  }
  return is_some_gone;
}

void MaildirMailbox::learn_dates(std::span<const Uid> uids) {
  for (const bool is_retry : {false, true}) {
    std::vector<Undated> undated;
    std::string directory;
    {
      const MutexLock state(state_);
      directory = directory_;
      for (const Uid uid : uids) {
        const Table::Row* row = table_.find(uid);
        if (row == nullptr || row->internal_date() != kUnknownDate) continue;
        undated.push_back({uid, std::string(table_.name(*row)), row->is_new(), {}, std::nullopt});
      }
    }
    if (undated.empty()) return;
    const bool is_some_gone = look_at_files(undated, directory);
    {
      const MutexLock operation(operation_);
      {
        const MutexLock state(state_);
        for (const Undated& message : undated) {
          Table::Row* row = table_.find(message.uid);
          if (row == nullptr || message.file.modified == kUnknownDate) continue;
          row->set_internal_date(message.file.modified);
          row->set_stored_size(message.file.size);
          if (message.size) table_.set_size(*row, *message.size);
          moved_.push_back(message.uid);
        }
      }
      save_index();
    }
    // Another program has renamed some: under their new names they can be found.
    if (is_retry || !is_some_gone || !refresh().ok()) return;
  }
}

}  // namespace mail::store
