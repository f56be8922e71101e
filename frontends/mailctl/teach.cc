// Tested by tests/cases/mailctl/10-spam.txt, tests/cases/mailctl/sa_learn.py.
#include "teach.h"

#include <algorithm>

namespace mailctl {

using namespace mail;

namespace {

using Training = bayes::Database::Training;

Status teach_path(Training& training, const Lesson& lesson, Progress& progress, Taught& taught) {
  bool all_read = true;
  Status failed;
  const Status read = for_each_message(lesson.path, all_read, [&](std::string_view message) {
    progress.step();
    failed = teach_message(training, message, lesson.as, taught);
    return failed;
  });
  MAIL_RETURN_IF_ERROR(failed);
  if (!read.ok()) warn("'" + lesson.path + "': " + std::string(message_of(read)));
  if (!read.ok() || !all_read) ++taught.unread;
  return absl::OkStatus();
}

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
  Taught taught;
  std::vector<std::string> accounts;
  std::vector<std::string> paths;
  for (const Lesson& lesson : lessons) {
    paths.push_back(lesson.path);
    if (std::find(accounts.begin(), accounts.end(), lesson.account) == accounts.end()) {
      accounts.push_back(lesson.account);
    }
  }
  Progress progress(count_files(paths));
  for (const std::string& account : accounts) {
    MAIL_ASSIGN_OR_RETURN(auto database, tables.open(account));
    MAIL_ASSIGN_OR_RETURN(auto training, begin_training(*database));
    for (const Lesson& lesson : lessons) {
      if (lesson.account != account) continue;
      MAIL_RETURN_IF_ERROR(teach_path(training, lesson, progress, taught));
    }
    MAIL_RETURN_IF_ERROR(training.finish());
  }
  return taught;
}

}  // namespace mailctl
