// Why files that are read, and not mapped: a mapped file that somebody truncates kills the process,
// which is what this server must never do for one user's file; and what is mapped may change under
// our eyes after it was checked. Reading costs a copy into the very memory in which the names stay.
// Summaries are left on disk.
//
// Who writes holds the flock of the file that stands under the name. A new snapshot is written
// beside it, locked before it gets the name, so that there is no moment in which two could write.
//
// Tested by tests/store/index_test.cc.
#include "store/folder_index.h"

#include <algorithm>

#include "store/summary.h"

namespace mail::store {
namespace {

constexpr std::string_view kIndex = "/libmail.index";
constexpr std::string_view kFreshIndex = "/libmail.index.new";
constexpr std::string_view kCache = "/libmail.cache";
constexpr std::uint64_t kSmallJournal = 64 << 10;  // so much may always follow the snapshot
constexpr std::size_t kRun = 256 << 10;            // octets of libmail.cache that are read at once

StatusOr<TextPool> read_all(File& file, std::uint64_t limit) {
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file.info());
  if (info.size > std::min(limit, TextPool::kLimit)) return exhausted("the index is too large");
  TextPool bytes(info.size);
  MAIL_ASSIGN_OR_RETURN(const std::size_t octets, file.read_at(0, bytes.octets()));
  if (octets != info.size) bytes.truncate(octets);
  return bytes;
}

}  // namespace

std::optional<FolderIndex::Opened> FolderIndex::open(const std::string& directory) {
  const std::string path = cat(directory, kIndex);
  auto file = files_->fs.open_append(path, kFileMode);
  if (!file.ok()) return std::nullopt;  // a folder that is read-only has no index
  const auto info = (*file)->info();
  if (!info.ok()) return std::nullopt;
  if (info->size == 0 && !files_->hand_over(path).ok()) return std::nullopt;
  const auto locked = (*file)->try_lock();
  // Somebody may have put a new file in place of the one that was opened.
  const auto named = files_->fs.info(path);
  const bool is_ours = locked.ok() && *locked && named.ok() && named->inode == info->inode;
  auto bytes = read_all(**file, files_->options.index_size);
  auto image = bytes.ok() ? parse_index(bytes->all()) : std::nullopt;
  if (is_ours) {
    file_ = std::move(file).value();
    must_be_rewritten_ = !image || !image->is_whole || image->inode != info->inode ||
                         image->version != kIndexVersion;
    size_ = bytes.ok() ? bytes->size() : 0;
    seed_ = image ? image->seed : 0;
    snapshot_size_ = image ? image->snapshot_size : 0;
  }
  if (!image) return std::nullopt;
  const bool is_continuous = image->is_whole && image->inode == info->inode &&
                             files_->boot() != 0 && image->folder.boot == files_->boot();
  must_be_rewritten_ |= !is_continuous;
  Opened opened{*std::move(image), {}, is_continuous};
  opened.texts = take_texts(opened.image, *std::move(bytes));
  return opened;
}

bool FolderIndex::should_rewrite(std::size_t octets) const {
  return must_be_rewritten_ || size_ + octets > 2 * snapshot_size_ + kSmallJournal;
}

void FolderIndex::append(const std::string& directory, const IndexBlock& block) {
  const std::string text = IndexText::block(block, seed_, size_);
  if (!file_->append(text).ok()) return give_up(directory);
  size_ += text.size();
}

void FolderIndex::rewrite(const std::string& directory, const IndexBlock& snapshot) {
  // Nobody would read it.
  if (snapshot.records().size() > files_->options.index_size) return give_up(directory);
  const std::string path = cat(directory, kFreshIndex);
  auto file = files_->fs.create(path, kFileMode);
  if (absl::IsAlreadyExists(file.status())) {
    // A crash left it: only the holder of the lock comes here.
    if (!files_->fs.unlink(path).ok()) return give_up(directory);
    file = files_->fs.create(path, kFileMode);
  }
  if (!file.ok() || !files_->hand_over(path).ok()) return give_up(directory);
  fill(directory, std::move(file).value(), snapshot);
}

void FolderIndex::fill(const std::string& directory, std::unique_ptr<File> file,
                       const IndexBlock& snapshot) {
  const std::string path = cat(directory, kFreshIndex);
  const auto info = file->info();
  const auto locked = file->try_lock();
  if (!info.ok() || !locked.ok() || !*locked) return give_up(directory);
  seed_ = files_->random_number();
  const std::string header = IndexText::header(info->inode, seed_);
  const std::string head = IndexText::block_head(snapshot, seed_, header.size());
  const std::string_view pieces[] = {header, head, snapshot.records()};
  if (!file->append(pieces).ok() || !files_->fs.rename(path, cat(directory, kIndex)).ok()) {
    return give_up(directory);
  }
  file_ = std::move(file);
  size_ = snapshot_size_ = header.size() + head.size() + snapshot.records().size();
  must_be_rewritten_ = false;
}

void FolderIndex::give_up(const std::string& directory) {
  // What stays although it should go is an older state, which the next opening takes for what it
  // is: its directories do not look like that any more.
  files_->fs.unlink(cat(directory, kFreshIndex)).IgnoreError();
  files_->fs.unlink(cat(directory, kIndex)).IgnoreError();
  file_.reset();
}

std::vector<std::optional<Summary>> SummaryCache::read(const std::string& directory,
                                                       std::uint64_t id,
                                                       std::span<const Wanted> wanted) const {
  std::vector<std::optional<Summary>> found(wanted.size());
  std::unique_ptr<File> file;
  for (std::size_t begin = 0; begin < wanted.size();) {
    // Messages that were summarized one after the other are read as one run.
    const std::uint64_t offset = wanted[begin].place.offset;
    std::size_t octets = wanted[begin].place.octets;
    std::size_t end = begin + 1;
    while (end < wanted.size() && octets != 0 && wanted[end].place.octets != 0 &&
           wanted[end].place.offset == offset + octets && octets < kRun) {
      octets += wanted[end++].place.octets;
    }
    const std::size_t first = std::exchange(begin, end);
    if (octets == 0 || octets > kRun + kMaxSummary) continue;
    if (file == nullptr) {
      auto opened = files_->fs.open(cat(directory, kCache));
      if (!opened.ok()) return found;
      file = std::move(opened).value();
    }
    auto run = std::make_shared<std::string>(octets, '\0');
    const auto got = file->read_at(offset, *run);
    if (!got.ok()) continue;
    std::string_view rest(run->data(), *got);
    for (std::size_t i = first; i < end; ++i) {
      const std::string_view record = rest.substr(0, wanted[i].place.octets);
      rest.remove_prefix(record.size());
      found[i] = parse_summary_record(record, id, wanted[i].uid, run);
    }
  }
  return found;
}

std::optional<std::vector<SummaryPlace>> SummaryCache::append(const std::string& directory,
                                                              std::uint64_t id,
                                                              std::span<const Fresh> fresh,
                                                              std::uint64_t& size) const {
  const std::string path = cat(directory, kCache);
  const auto file = files_->fs.open_append(path, kFileMode);
  if (!file.ok()) return std::nullopt;
  const auto info = (*file)->info();
  if (!info.ok() || info->size > files_->options.cache_size) return std::nullopt;
  if (info->size == 0 && !files_->hand_over(path).ok()) return std::nullopt;
  std::string text;
  std::vector<SummaryPlace> places;
  for (const Fresh& summary : fresh) {
    const std::string record = summary_record(summary.packed, id, summary.uid);
    places.push_back({info->size + text.size(), static_cast<std::uint32_t>(record.size())});
    text += record;
  }
  if (!(*file)->append(text).ok()) return std::nullopt;
  size = info->size + text.size();
  return places;
}

void SummaryCache::remove(const std::string& directory) const {
  files_->fs.unlink(cat(directory, kCache)).IgnoreError();  // then it grows by what is dead
}

}  // namespace mail::store
