// All or nothing, over several files. A file system has no such thing, so this comes as near as it
// can: everything is edited in memory; then each new text is written and flushed beside its file
// (a full disk ends here, with nothing changed); only then one rename follows the other, and where
// one fails, those before it are taken back. What is left is a crash between two renames: then the
// first files are new and the others old. The accounts come last, so that what was interrupted can
// be done again: no account is gone while something still speaks of it, none is there before its
// quota and restrictions are.
//
// Tested by tests/unit/directory/transaction_test.cc.
#include "config_texts.h"

#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "tables.h"

namespace mail::directory {

struct ConfigTexts::Change {
  std::string path;
  const Text* text = nullptr;
  bool existed = true;
  Replacement replacement;
};

ConfigTexts::ConfigTexts(Filesystem& filesystem, std::string folder, std::unique_ptr<File> lock)
    : filesystem_(filesystem), folder_(std::move(folder)), lock_(std::move(lock)) {}

StatusOr<std::unique_ptr<ConfigTexts>> ConfigTexts::lock(Filesystem& filesystem,
                                                         std::string folder) {
  MAIL_ASSIGN_OR_RETURN(auto lock, lock_folder(filesystem, folder));
  return std::unique_ptr<ConfigTexts>(
      new ConfigTexts(filesystem, std::move(folder), std::move(lock)));
}

std::string ConfigTexts::path_of(std::string_view file) const { return cat(folder_, "/", file); }

StatusOr<Lines> ConfigTexts::read(std::string_view file) {
  if (const auto fresh = edit_.find(file); fresh != edit_.end()) return split_lines(fresh->second);
  auto known = texts_.find(file);
  if (known == texts_.end()) {
    MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path_of(file)));
    known = texts_.try_emplace(std::string(file), Text{text, text}).first;
  }
  return split_lines(known->second.now);
}

void ConfigTexts::write(std::string_view file, const Lines& lines) {
  edit_.insert_or_assign(std::string(file), join_lines(lines));
}

void ConfigTexts::keep_edit() {
  for (auto& [file, text] : edit_) {
    if (std::find(order_.begin(), order_.end(), file) == order_.end()) order_.push_back(file);
    texts_[file].now = std::move(text);
  }
  edit_.clear();
}

void ConfigTexts::drop_edit() { edit_.clear(); }

std::vector<std::string> ConfigTexts::changed_files() const {
  std::vector<std::string> files;
  for (const std::string& file : order_) {
    const Text& text = texts_.find(file)->second;
    if (text.now != text.before) files.push_back(file);
  }
  const auto accounts = std::find(files.begin(), files.end(), kAccountsFile);
  if (accounts != files.end()) std::rotate(accounts, accounts + 1, files.end());
  return files;
}

StatusOr<std::vector<ConfigTexts::Change>> ConfigTexts::prepare() const {
  std::vector<Change> changes;
  for (const std::string& file : changed_files()) {
    const std::string path = path_of(file);
    const Text& text = texts_.find(file)->second;
    MAIL_ASSIGN_OR_RETURN(const std::string found, read_config(filesystem_, path));
    if (found != text.before) {
      return unavailable("'", path, "' was changed by another program meanwhile; try again");
    }
    remove_leftover(filesystem_, path);
    const bool existed = !absl::IsNotFound(filesystem_.info(path).status());
    MAIL_ASSIGN_OR_RETURN(Replacement replacement,
                          Replacement::write(filesystem_, path, text.now, kConfigFileMode));
    changes.push_back({path, &text, existed, std::move(replacement)});
  }
  return changes;
}

std::string ConfigTexts::take_back(const std::vector<Change>& changes, std::size_t count) {
  std::string lost;
  for (std::size_t i = count; i-- > 0;) {
    const Change& change = changes[i];
    const auto found = read_config(filesystem_, change.path);
    if (found.ok() && *found == change.text->before) continue;
    const Status status = change.existed
                              ? write_config(filesystem_, change.path, change.text->before)
                              : filesystem_.unlink(change.path);
    if (!status.ok()) append(lost, lost.empty() ? "" : ", ", change.path);
  }
  return lost;
}

Status ConfigTexts::publish(std::vector<Change>& changes, const Editor::Warn& warn) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Status status = changes[i].replacement.publish();
    bool in_place = false;
    if (absl::IsFailedPrecondition(status)) {
      const auto written = overwrite_config(filesystem_, changes[i].path, changes[i].text->now);
      in_place = written.ok();
      status = written;
    }
    if (!status.ok()) {
      // Also the one that failed: its rename may be done and only the flush behind it not, or half
      // of it may stand in place.
      const std::string lost = take_back(changes, i + 1);
      if (lost.empty()) return status;
      return Status(status.code(), to_absl(cat(message_of(status), "; what was changed before in ",
                                               lost, " could not be taken back")));
    }
    if (in_place && warn) {
      warn(cat("'", changes[i].path,
               "' is mounted by itself, so it was rewritten in place: a crash meanwhile would have "
               "torn it; mount its folder instead"));
    }
  }
  return absl::OkStatus();
}

Status ConfigTexts::commit(const Editor::Warn& warn) {
  auto changes = prepare();
  const Status status = changes.ok() ? publish(*changes, warn) : changes.status();
  lock_.reset();
  return status;
}

}  // namespace mail::directory
