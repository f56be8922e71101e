// The index makes an opening start where an earlier one ended. It is a cache and is believed no
// further than it can be checked:
//
//  1. Rows are believed for names: file names are unique for ever, so a row whose name is in the
//     directory tells size, dates and summary of that very file.
//  2. UIDs are believed while dovecot-uidlist is the file that the rows were taken from; else each
//     row is compared with its record.
//  3. That nothing was added or removed is believed while new/ and cur/ look as they looked when
//     they were listed.
//  4. 2 (without comparing) and 3, and the MODSEQs, are believed only in the boot in which they
//     were written, in the file in which they were written, up to its end. After a power cut, in a
//     copy, after a torn write: the folder is listed, and every message gets a new MODSEQ from the
//     clock, since one that was told to a client may have been lost.
//
// Flags are those of the names, but for a second after a change (maildir_change.cc): then they are
// in the index alone, which is believed there under the conditions of 4, while the name is the one
// that stands beside them.
//
// Tested by tests/store/index_test.cc, tests/store/crash_test.cc.
#include <algorithm>
#include <utility>

#include "store/maildir_mailbox.h"
#include "store/summary.h"

namespace mail::store {
namespace {

constexpr std::uint64_t kSmallCache = 1 << 20;  // so much of it may always be dead

ModSeq later_modseq(ModSeq than, const Clock& clock) {
  const auto now = clock.wall().time_since_epoch().count();
  return ModSeq{std::max<std::uint64_t>(number(than) + 1, now > 0 ? now : 0)};
}

}  // namespace

StatusOr<bool> MaildirMailbox::restore(const std::string& directory) {
  if (has_opened_index_) return false;
  has_opened_index_ = true;
  {
    const MutexLock state(state_);
    cache_id_ = files_->random_number();
  }
  auto opened = index_.open(directory);
  if (!opened) return false;
  const bool has_tmp = files_->fs.info(directory + "/tmp").ok();
  if (!has_tmp || !opened->is_continuous || !register_.restore(directory, opened->image.folder)) {
    unverified_ = std::move(opened);
    return false;
  }
  {
    const MutexLock state(state_);
    validity_ = register_.header().validity;
  }
  MAIL_RETURN_IF_ERROR(restore_rows(directory, *std::move(opened)));
  return true;
}

std::vector<Uid> MaildirMailbox::check_records(std::vector<MessageRow>& rows, TextPool& texts) {
  std::vector<Uid> lost;
  if (register_.is_restored()) return lost;
  std::erase_if(rows, [&](MessageRow& row) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const UidRecord* const record = unclaimed_.find(row.uid());
    if (record == nullptr || record->name != parse_message_name(row.name(texts)).base) {
      lost.push_back(row.uid());
      texts.drop(row.text_size());
      return true;
    }
    if (record->keys != row.keys(texts)) {
      const std::string name(row.name(texts));
      texts.drop(row.text_size());
      const std::uint32_t at = texts.add(cat(name, record->keys));
      row.set_text(at, name.size(), record->keys.size());
    }
    unclaimed_.claim(*record);
    return false;
  });
  return lost;
}

Status MaildirMailbox::restore_rows(const std::string& directory, FolderIndex::Opened opened) {
  IndexImage& image = opened.image;
  if (image.folder.uidlist.validity != register_.header().validity) return absl::OkStatus();
  std::uint64_t letters = 0;
  for (const MessageRow& row : image.rows) letters |= row.flags().keywords;
  MAIL_RETURN_IF_ERROR(learn_letters(directory, static_cast<std::uint32_t>(letters)));
  ModSeq modseq = image.folder.modseq;
  ModSeq known_since = image.folder.known_since;
  if (!opened.is_continuous) {
    known_since = modseq = later_modseq(modseq, files_->clock);
    image.expunged.clear();
  }
  const std::vector<Uid> lost = check_records(image.rows, opened.texts);
  const MutexLock state(state_);
  for (MessageRow& row : image.rows) {
    if (row.is_misnamed() && opened.is_continuous) misnamed_.push_back(row.uid());
    if (row.is_misnamed() && !opened.is_continuous) {
      // Flags that the name got later may be older in the index, or gone again since.
      const NameFlags named = store::flags_of(parse_message_name(row.name(opened.texts)));
      row.set_flags({named.system, named.keyword_letters});
      row.set_misnamed(false);
    }
    if (!opened.is_continuous) row.set_modseq(modseq);
    row.set_recent(row.is_new());
  }
  name_letters(image.rows);
  if (!lost.empty() && opened.is_continuous) {
    modseq = ModSeq{store::number(modseq) + 1};
    for (const Uid uid : lost) image.expunged.emplace_back(modseq, uid);
  }
  saved_ = image.folder.modseq;
  table_.restore(std::move(image.rows), std::move(opened.texts), modseq, std::move(image.expunged),
                 known_since);
  may_have_new_ = true;
  if (register_.is_restored()) next_uid_ = register_.told_next();  // else the first look tells
  scanned_next_ = image.folder.scanned_next;
  // An index of another time may miss messages that are back now.
  if (opened.is_continuous) void_below_ = scanned_next_;
  cache_id_ = image.folder.cache_id;
  cache_size_ = image.folder.cache_size;
  saved_folder_ = image.folder;
  if (opened.is_continuous && register_.is_restored() && image.folder.has_glances) {
    // One that was too young to be relied on has no inode.
    if (image.folder.in_new.inode != 0) seen_.in_new = image.folder.in_new;
    if (image.folder.in_cur.inode != 0) seen_.in_cur = image.folder.in_cur;
  }
  return absl::OkStatus();
}

IndexedFolder MaildirMailbox::indexed_folder() {
  IndexedFolder folder;
  folder.boot = files_->boot();
  register_.describe(folder);
  if (next_uid_ < folder.uidlist.next) folder.uidlist_glance = {};  // a record awaits its file
  folder.scanned_next = scanned_next_;
  folder.modseq = table_.modseq();
  folder.known_since = table_.known_since();
  folder.cache_id = cache_id_;
  folder.cache_size = cache_size_;
  folder.has_glances = seen_.in_new || seen_.in_cur;
  folder.in_new = seen_.in_new.value_or(Glance());
  folder.in_cur = seen_.in_cur.value_or(Glance());
  return folder;
}

void MaildirMailbox::add_changes(IndexBlock& block) {
  const auto& tombstones = table_.tombstones();
  const auto first =
      std::upper_bound(tombstones.begin(), tombstones.end(), saved_,
                       [](ModSeq mark, const auto& line) { return mark < line.first; });
  std::for_each(first, tombstones.end(), [&block](const auto& line) { block.add(line); });
  const Changes changes = table_.changes(saved_);
  std::vector<Uid> uids = std::exchange(moved_, {});
  for (const MessageInfo& info : changes.messages) uids.push_back(info.uid);
  for (const Uid uid : ascending(uids)) {
    const Table::Row* row = table_.find(uid);
    if (row != nullptr) block.add(*row, table_.name(*row), table_.keys(*row), letters_);
  }
  for (const Uid uid : std::exchange(summarized_, {})) {
    if (const Table::Row* row = table_.find(uid)) block.add(uid, row->summary());
  }
}

void MaildirMailbox::save_index() {
  if (!is_loaded_ || !index_.is_writer()) return;
  const std::string directory = this->directory();
  if (index_.should_rewrite(0)) return write_snapshot(directory);
  IndexBlock block;
  {
    const MutexLock state(state_);
    add_changes(block);
    IndexedFolder folder = indexed_folder();
    if (block.empty() && folder == saved_folder_) return;
    block.add(folder);
    saved_ = folder.modseq;
    saved_folder_ = std::move(folder);
  }
  if (index_.should_rewrite(block.records().size())) return write_snapshot(directory);
  index_.append(directory, block);
}

void MaildirMailbox::write_snapshot(const std::string& directory) {
  drop_dead_cache(directory);
  IndexBlock block;
  {
    const MutexLock state(state_);
    for (const auto& line : table_.tombstones()) block.add(line);
    block.add(table_.rows(), table_.texts(), letters_);
    IndexedFolder folder = indexed_folder();
    block.add(folder);
    saved_ = folder.modseq;
    saved_folder_ = std::move(folder);
  }
  moved_.clear();
  summarized_.clear();
  index_.rewrite(directory, block);
}

void MaildirMailbox::drop_dead_cache(const std::string& directory) {
  {
    const MutexLock state(state_);
    std::uint64_t live = 0;
    for (const Table::Row& row : table_.rows()) live += row.summary().octets;
    if (cache_size_ <= 2 * live + kSmallCache) return;
    // Made again when somebody asks: at most one reading more for each message that was expunged.
    cache_id_ = files_->random_number();
    cache_size_ = 0;
    table_.for_each([](MessageRow& row) { row.set_summary({}); });
  }
  cache_.remove(directory);
}

std::vector<std::optional<Summary>> MaildirMailbox::summaries(std::span<const Uid> uids) {
  std::vector<SummaryCache::Wanted> wanted(uids.size());
  std::string directory;
  std::uint64_t id = 0;
  {
    const MutexLock state(state_);
    directory = directory_;
    id = cache_id_;
    for (std::size_t i = 0; i < uids.size(); ++i) {
      const Table::Row* row = table_.find(uids[i]);
      if (row != nullptr) wanted[i] = {uids[i], row->summary()};
    }
  }
  auto found = cache_.read(directory, id, wanted);
  std::vector<SummaryCache::Fresh> fresh;
  for (std::size_t i = 0; i < uids.size(); ++i) {
    if (found[i] || store::number(wanted[i].uid) == 0) continue;
    const auto content = read(uids[i]);
    if (!content.ok()) continue;
    auto packed = std::make_shared<const std::string>(pack_summary((*content)->bytes()));
    found[i] = unpack_summary(*packed, packed);
    if (packed->size() <= kMaxSummary) fresh.push_back({uids[i], *packed});
  }
  if (!fresh.empty()) keep_summaries(fresh);
  return found;
}

void MaildirMailbox::keep_summaries(std::span<const SummaryCache::Fresh> fresh) {
  const MutexLock operation(operation_);
  if (!index_.is_writer()) return;
  std::uint64_t id = 0;
  {
    const MutexLock state(state_);
    id = cache_id_;
  }
  const auto places = cache_.append(directory(), id, fresh, cache_size_);
  if (!places) return;
  {
    const MutexLock state(state_);
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      Table::Row* row = table_.find(fresh[i].uid);
      if (row == nullptr) continue;
      row->set_summary((*places)[i]);
      summarized_.push_back(fresh[i].uid);
    }
  }
  save_index();
}

}  // namespace mail::store
