// All files of all lessons of an account are one long list, which is read and tokenized on all
// processors. An mbox in it is such a list of its own, when its turn comes.
//
// Tested by tests/cases/mailctl/10-spam.txt, tests/cases/mailctl/sa_learn.py.
#include "teach.h"

#include <algorithm>

namespace mailctl {

using namespace mail;

namespace {

using Training = bayes::Database::Training;

struct File {
  std::string path;
  std::string named;  // as it was asked for, when that was a single file
  std::size_t lesson = 0;
};

class Teacher {
 public:
  explicit Teacher(const std::vector<Lesson>& lessons)
      : lessons_(lessons), is_unread_(lessons.size()) {}

  /// The files of one account's lessons.
  std::vector<File> files_of(const std::string& account) {
    std::vector<File> files;
    for (std::size_t i = 0; i < lessons_.size(); ++i) {
      const Lesson& lesson = lessons_[i];
      if (lesson.account != account) continue;
      auto found = files_at(lesson.path);
      if (!found.ok()) fail(i, lesson.path, found.status());
      if (!found.ok()) continue;
      const std::string named = found->size() == 1 ? lesson.path : "";
      for (std::string& path : *found) files.push_back({std::move(path), named, i});
    }
    return files;
  }

  Status teach(Training& training, const std::vector<File>& files, Progress& progress) {
    std::vector<char> is_a_box(files.size());  // each written by the thread that loads it
    const auto load = [&](std::size_t i, std::string& storage) -> StatusOr<bayes::Exercise> {
      MAIL_ASSIGN_OR_RETURN(storage, read_message_file(files[i].path));
      is_a_box[i] = is_mbox(storage) ? 1 : 0;
      if (is_a_box[i] != 0) return invalid("more than one message");
      return bayes::Exercise{storage, lessons_[files[i].lesson].as};
    };
    const auto told = [&](std::size_t i, const StatusOr<bayes::Outcome>& outcome) -> Status {
      const File& file = files[i];
      if (is_a_box[i] != 0) return teach_box(training, file, progress);
      if (outcome.ok()) {
        count(outcome->is_change(), progress);
      } else {
        fail(file.lesson, file.named.empty() ? file.path : file.named, outcome.status());
      }
      return absl::OkStatus();
    };
    return training.train_many(files.size(), today(), load, told);
  }

  Taught taught() const {
    Taught result = taught_;
    result.unread = static_cast<std::size_t>(std::count(is_unread_.begin(), is_unread_.end(), 1));
    return result;
  }

 private:
  Status teach_box(Training& training, const File& file, Progress& progress) {
    MAIL_ASSIGN_OR_RETURN(const std::string bytes, read_message_file(file.path));
    const auto messages = messages_in(bytes);
    const auto load = [&](std::size_t i, std::string&) -> StatusOr<bayes::Exercise> {
      return bayes::Exercise{messages[i], lessons_[file.lesson].as};
    };
    const auto told = [&](std::size_t, const StatusOr<bayes::Outcome>& outcome) -> Status {
      count(outcome.value_or(bayes::Outcome{}).is_change(), progress);
      return absl::OkStatus();
    };
    return training.train_many(messages.size(), today(), load, told);
  }

  void count(bool is_changed, Progress& progress) {
    progress.step();
    ++taught_.examined;
    if (is_changed) ++taught_.changed;
  }

  void fail(std::size_t lesson, const std::string& path, const Status& why) {
    warn("'" + path + "': " + std::string(message_of(why)));
    is_unread_[lesson] = 1;
  }

  const std::vector<Lesson>& lessons_;
  std::vector<char> is_unread_;
  Taught taught_;
};

}  // namespace

Status teach_message(bayes::Database::Training& training, std::string_view message,
                     std::optional<bayes::Class> as, Taught& taught) {
  ++taught.examined;
  if (as) {
    MAIL_ASSIGN_OR_RETURN(const auto trained, training.train(message, *as, today()));
    if (trained != bayes::Trained::kUnchanged) ++taught.changed;
  } else {
    MAIL_ASSIGN_OR_RETURN(const auto was, training.untrain(message));
    if (was) ++taught.changed;
  }
  return absl::OkStatus();
}

StatusOr<Taught> teach(SpamTables& tables, const std::vector<Lesson>& lessons) {
  Teacher teacher(lessons);
  std::vector<std::string> accounts;
  std::vector<std::vector<File>> files;
  std::size_t total = 0;
  for (const Lesson& lesson : lessons) {
    if (std::find(accounts.begin(), accounts.end(), lesson.account) != accounts.end()) continue;
    accounts.push_back(lesson.account);
    files.push_back(teacher.files_of(lesson.account));
    total += files.back().size();
  }
  Progress progress(total);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    MAIL_ASSIGN_OR_RETURN(auto database, tables.open(accounts[i]));
    MAIL_ASSIGN_OR_RETURN(auto training, begin_training(*database));
    MAIL_RETURN_IF_ERROR(teacher.teach(training, files[i], progress));
    MAIL_RETURN_IF_ERROR(training.finish());
  }
  return teacher.taught();
}

}  // namespace mailctl
