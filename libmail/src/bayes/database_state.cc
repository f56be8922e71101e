// The table's file is never changed: a new one replaces it. What is trained in between is appended
// to the journal, one checksummed record a message, and applied to the table in memory. So at any
// moment the files hold the table and a whole number of trained messages; a record torn by a crash
// is not believed, and the next training starts a new pair of files.
//
// Who asks reads the few blocks of the table that its message needs (Pages), and applies the
// journal to them. Who trains, or wants to see all, reads all of it first: nothing is trained on
// top of a table that is damaged somewhere.
//
// Both carry a generation. A journal belongs to the table of its own generation: one that is older
// was left behind when the table that contains it had been written already.
//
// Tested by tests/unit/bayes/database_test.cc.
#include "bayes/database_state.h"

#include <algorithm>
#include <utility>

#include "bayes/pages.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kHeldBack = 256 << 10;  // octets of records before they are appended
constexpr int kDamagedNames = 100;

}  // namespace

StatusOr<Files> Database::State::identify() {
  Files files;
  auto table = filesystem.info(path);
  if (table.ok()) files.table = Identity{table->inode, table->changed};
  if (!table.ok() && !absl::IsNotFound(table.status())) return table.status();
  auto log = filesystem.info(journal_path());
  if (log.ok()) files.journal = Identity{log->inode, {}};
  if (!log.ok() && !absl::IsNotFound(log.status())) return log.status();
  return files;
}

void Database::State::apply(const Record& record) {
  const bool is_spam =
      record.kind == Record::Kind::kTrainSpam || record.kind == Record::Kind::kUntrainSpam;
  const Class c = is_spam ? Class::kSpam : Class::kHam;
  switch (record.kind) {
    case Record::Kind::kTrainHam:
    case Record::Kind::kTrainSpam:
      image.table.train(record.tokens, c, record.day);
      image.trained[record.digest] = c;
      return;
    case Record::Kind::kUntrainHam:
    case Record::Kind::kUntrainSpam:
      image.table.untrain(record.tokens, c);
      image.trained.erase(record.digest);
      return;
    case Record::Kind::kExpire: image.table.expire(record.day); return;
    case Record::Kind::kAge:
      image.table.age();
      image.trained.clear();
      return;
  }
}

Status Database::State::load(Extent extent) {
  // The table may be replaced between the looks at the two files: then once more.
  for (int attempt = 0;; ++attempt) {
    MAIL_ASSIGN_OR_RETURN(seen, identify());
    const crypto::HashKey key = image.key;  // stays, unless a file has another
    image = Image{};
    image.key = key;
    is_damaged = has_journal = is_whole = false;
    has_file = seen.table.has_value();
    if (has_file) {
      const Status status = load_table(extent);
      if (absl::IsNotFound(status) && attempt < 3) continue;
      if (absl::IsInvalidArgument(status)) {
        damage = cat(path, ": ", message_of(status));
        is_damaged = true;
        return absl::OkStatus();
      }
      MAIL_RETURN_IF_ERROR(status);
    }
    MAIL_RETURN_IF_ERROR(load_journal(true));
    MAIL_ASSIGN_OR_RETURN(const Files now, identify());
    if ((now.table == seen.table && now.journal == seen.journal) || attempt == 3) {
      is_whole = is_readable() && (!has_file || extent == Extent::kWhole);
      return absl::OkStatus();
    }
  }
}

Status Database::State::load_table(Extent extent) {
  if (extent == Extent::kWhole) {
    MAIL_ASSIGN_OR_RETURN(const std::string bytes,
                          read_file(filesystem, path, options.file_octets));
    MAIL_ASSIGN_OR_RETURN(image, read_image(bytes));
    return absl::OkStatus();
  }
  MAIL_ASSIGN_OR_RETURN(auto file, filesystem.open(path));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file->info());
  if (info.size > options.file_octets) return exhausted(path, " is too large");
  MAIL_ASSIGN_OR_RETURN(auto pages, Pages::open(std::move(file), options.cached_octets));
  image.key = pages->key();
  image.generation = pages->generation();
  image.table = Table::over(std::move(pages));
  return absl::OkStatus();
}

/// Whether what was asked of the table until now came from a sound file. If not, nothing is known
/// any more.
bool Database::State::is_readable() {
  const Status health = image.table.health();
  if (health.ok()) return true;
  damage = cat(path, ": ", message_of(health));
  const crypto::HashKey key = image.key;
  image = Image{};
  image.key = key;
  is_damaged = true;
  return false;
}

Status Database::State::load_journal(bool from_start) {
  if (from_start) {
    has_journal = journal_is_torn = false;
    journal_end = 0;
  }
  auto file = filesystem.open(journal_path());
  if (absl::IsNotFound(file.status())) return absl::OkStatus();
  if (!file.ok()) return file.status();
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, (*file)->info());
  if (info.size > options.file_octets) return exhausted(journal_path(), " is too large");
  if (info.size <= journal_end) return absl::OkStatus();

  std::string bytes(info.size - journal_end, '\0');
  MAIL_ASSIGN_OR_RETURN(const std::size_t got, (*file)->read_at(journal_end, bytes));
  std::string_view rest = std::string_view(bytes).substr(0, got);
  if (!has_journal) {
    // A generation that is not this table's: it is contained in it, or begun anew just now.
    if (read_journal_header(rest) != image.generation || !has_file) return absl::OkStatus();
    has_journal = true;
    journal_end = kJournalHeaderOctets;
    rest.remove_prefix(kJournalHeaderOctets);
  }
  std::size_t octets = 0;
  while (auto record = read_record(rest, image.key, image.generation, journal_end, octets)) {
    apply(*record);
    journal_end += octets;
    rest.remove_prefix(octets);
  }
  journal_is_torn = !rest.empty();
  return absl::OkStatus();
}

/// A new table with everything in it, then a new journal. A crash between the two leaves a journal
/// of an older generation, which nobody reads.
Status Database::State::write_anew() {
  journal.reset();
  held_back.clear();
  ++image.generation;
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem, path, write_image(image), options.mode));
  has_file = is_whole = true;
  is_damaged = has_journal = journal_is_torn = false;
  MAIL_RETURN_IF_ERROR(write_file_atomically(filesystem, journal_path(),
                                             journal_header(image.generation), options.mode));
  has_journal = true;
  journal_end = kJournalHeaderOctets;
  MAIL_ASSIGN_OR_RETURN(seen, identify());
  return absl::OkStatus();
}

Status Database::State::append_held_back() {
  if (held_back.empty()) return absl::OkStatus();
  if (journal == nullptr) {
    MAIL_ASSIGN_OR_RETURN(journal, filesystem.open_append(journal_path(), options.mode));
  }
  MAIL_RETURN_IF_ERROR(journal->append(held_back));
  journal_end += held_back.size();
  held_back.clear();
  return absl::OkStatus();
}

/// Under the first free name: what was learned may still be of use to somebody.
Status Database::State::keep_aside() {
  for (int i = 1; i <= kDamagedNames; ++i) {
    const std::string aside = i == 1 ? cat(path, ".damaged") : cat(path, ".damaged.", i);
    if (filesystem.info(aside).ok()) continue;
    MAIL_RETURN_IF_ERROR(filesystem.rename(path, aside));
    append(damage, "; it was kept as ", aside);
    is_damaged = has_file = false;
    return absl::OkStatus();
  }
  return failed_precondition(path, " is damaged, and ", kDamagedNames,
                             " damaged ones are kept already: look at them, and remove them");
}

/// The length of the journal from which a new table is written: while training, when it is as long
/// as the table, so that many messages are learned in linear time; afterwards, at a 32nd: who opens
/// it reads the journal first.
std::uint64_t Database::State::most_journal(bool is_training) const {
  const std::uint64_t table = image.table.size() * sizeof(Bucket);
  return is_training ? std::max(options.journal_octets * 16, table)
                     : std::max(options.journal_octets, table / 32);
}

Status Database::State::remember(Record record) {
  const bool is_long = journal_end + held_back.size() > most_journal(true);
  if (!has_journal || journal_is_torn || is_long) {
    MAIL_RETURN_IF_ERROR(append_held_back());
    MAIL_RETURN_IF_ERROR(write_anew());
  }
  write_record(held_back, record, image.key, image.generation, journal_end + held_back.size());
  apply(record);
  return held_back.size() < kHeldBack ? absl::OkStatus() : append_held_back();
}

/// When there are too many tokens: what is rare and old goes; when that is little, half of all.
Status Database::State::make_room(std::uint16_t day) {
  if (image.table.size() <= options.tokens) return absl::OkStatus();
  MAIL_RETURN_IF_ERROR(remember({Record::Kind::kExpire, day, {}, {}}));
  if (image.table.size() <= options.tokens / 8 * 7) return absl::OkStatus();
  return remember({Record::Kind::kAge, day, {}, {}});
}

}  // namespace mail::bayes
