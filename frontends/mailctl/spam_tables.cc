// Which table, and which messages.
//
// Tested by tests/cases/mailctl/10-spam.txt, tests/cases/mailctl/sa_learn.py.
#include "spam_tables.h"

#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

namespace mailctl {

using namespace mail;

namespace {

constexpr std::uint64_t kFileOctets = 1ULL << 30;
constexpr std::chrono::seconds kLockWait{10};
constexpr std::size_t kProgressEvery = 64;

/// Root works for the owner of the mail folder, as whom the server runs.
std::optional<Owner> owner_of(const std::string& mail_folder) {
  if (geteuid() != 0) return std::nullopt;
  const auto real = real_filesystem().resolve_links(mail_folder);
  const auto info = real_filesystem().info(real.ok() ? *real : mail_folder);
  if (!info.ok() || info->type != FileType::kDirectory) return std::nullopt;
  return Owner{info->owner, info->group};
}

bool is_maildir(const std::string& folder) {
  const auto info = real_filesystem().info(folder + "/cur");
  return info.ok() && info->type == FileType::kDirectory;
}

Status list_files(const std::string& folder, std::vector<std::string>& found) {
  MAIL_ASSIGN_OR_RETURN(const auto entries, real_filesystem().list(folder));
  const auto first = static_cast<std::ptrdiff_t>(found.size());
  for (const DirectoryEntry& entry : entries) {
    if (entry.type != FileType::kRegular || entry.name.starts_with('.')) continue;
    found.push_back(folder + "/" + entry.name);
  }
  std::sort(found.begin() + first, found.end());
  return absl::OkStatus();
}

/// "From " begins a message at the start, and behind an empty line.
std::size_t end_of_message(std::string_view mbox) {
  for (std::size_t at = mbox.find("\nFrom "); at != mbox.npos; at = mbox.find("\nFrom ", at + 1)) {
    const std::string_view before = mbox.substr(0, at);
    if (before.ends_with('\n') || before.ends_with("\n\r")) return at + 1;
  }
  return mbox.size();
}

struct Name {
  std::string_view user;
  std::string_view domain;
};

/// Both become names of folders.
StatusOr<Name> name_of(std::string_view account) {
  const std::size_t at = account.rfind('@');
  if (at == account.npos) return invalid("'", account, "' is no account");
  const Name name{account.substr(0, at), account.substr(at + 1)};
  for (const std::string_view part : {name.user, name.domain}) {
    const bool is_plain = part.find('/') == part.npos && part.find('\0') == part.npos;
    if (part.empty() || part.starts_with('.') || !is_plain) {
      return invalid("'", account, "' is no account");
    }
  }
  return name;
}

}  // namespace

std::uint16_t today() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint16_t>(std::chrono::floor<std::chrono::days>(now).count());
}

SpamTables::SpamTables(const Context& context)
    : mail_(context.mail), state_(context.state), filesystem_(owner_of(context.mail)) {}

std::string SpamTables::account_of(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path, error);
  const auto mail = std::filesystem::weakly_canonical(mail_, error);
  const auto below = real.lexically_relative(mail);
  std::vector<std::string> names;
  for (const auto& name : below) names.push_back(name.string());
  if (names.size() < 2 || names[0] == ".." || names[0] == "." || names[1].empty()) return "";
  return std::filesystem::is_directory(mail / names[0] / names[1], error)
             ? names[1] + "@" + names[0]
             : "";
}

StatusOr<std::string> SpamTables::mail_folder(std::string_view account) const {
  MAIL_ASSIGN_OR_RETURN(const Name name, name_of(account));
  const std::string folder = cat(mail_, "/", name.domain, "/", name.user);
  auto real = real_filesystem().resolve_links(folder);
  if (!real.ok()) return not_found("'", account, "' has no mail: ", message_of(real.status()));
  return real;
}

StatusOr<std::string> SpamTables::path_of(std::string_view account) const {
  if (account.empty()) return state_ + "/bayes/global";
  MAIL_ASSIGN_OR_RETURN(const Name name, name_of(account));
  // ann's journal is no table of a user named ann.journal.
  for (const std::string_view suffix : {".journal", ".lock", ".damaged"}) {
    if (name.user.ends_with(suffix)) return invalid("'", account, "' can have no table: its name");
  }
  return cat(state_, "/bayes/", name.domain, "/", name.user);
}

StatusOr<std::unique_ptr<bayes::Database>> SpamTables::open(std::string_view account,
                                                            std::optional<crypto::HashKey> key) {
  MAIL_ASSIGN_OR_RETURN(const std::string path, path_of(account));
  bayes::DatabaseOptions options;
  options.key = key;
  if (!account.empty()) {
    MAIL_ASSIGN_OR_RETURN(const std::string global_path, path_of(""));
    MAIL_ASSIGN_OR_RETURN(const auto global,
                          bayes::Database::open(filesystem_, global_path, options));
    if (!filesystem_.info(global_path).ok()) {
      MAIL_ASSIGN_OR_RETURN(auto training, mailctl::begin_training(*global));  // writes the key
      MAIL_RETURN_IF_ERROR(training.finish());
    }
    options.key = global->key();
  }
  MAIL_ASSIGN_OR_RETURN(auto database, bayes::Database::open(filesystem_, path, options));
  if (!database->damage().empty()) warn(database->damage());
  return database;
}

StatusOr<SpamTables::Pair> SpamTables::open_pair(std::string_view account) {
  Pair pair;
  if (!account.empty()) {
    MAIL_ASSIGN_OR_RETURN(pair.own, open(account));
    pair.asked.push_back({pair.own.get(), bayes::kUserFactor});
  }
  MAIL_ASSIGN_OR_RETURN(pair.global, open(""));
  pair.asked.push_back({pair.global.get(), 1});
  return pair;
}

StatusOr<bayes::Database::Training> begin_training(bayes::Database& database) {
  const auto give_up = std::chrono::steady_clock::now() + kLockWait;
  const auto goes_on = [&] { return std::chrono::steady_clock::now() < give_up; };
  return database.begin_training(goes_on);
}

StatusOr<std::vector<std::string>> files_at(const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(const std::string real, real_filesystem().resolve_links(path));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, real_filesystem().info(real));
  std::vector<std::string> found;
  if (info.type != FileType::kDirectory) {
    found.push_back(real);
  } else if (is_maildir(real)) {
    MAIL_RETURN_IF_ERROR(list_files(real + "/cur", found));
    if (real_filesystem().info(real + "/new").ok()) {
      MAIL_RETURN_IF_ERROR(list_files(real + "/new", found));
    }
  } else {
    MAIL_RETURN_IF_ERROR(list_files(real, found));
  }
  return found;
}

StatusOr<std::string> read_message_file(const std::string& file) {
  return read_file(real_filesystem(), file, kFileOctets);
}

bool is_mbox(std::string_view bytes) { return bytes.starts_with("From "); }

std::vector<std::string_view> messages_in(std::string_view bytes) {
  if (!is_mbox(bytes)) return {bytes};
  std::vector<std::string_view> messages;
  while (!bytes.empty()) {
    const std::size_t line = bytes.find('\n');
    if (line == bytes.npos) break;
    bytes.remove_prefix(line + 1);
    const std::size_t end = end_of_message(bytes);
    messages.push_back(bytes.substr(0, end));
    bytes.remove_prefix(end);
  }
  return messages;
}

Status for_each_message(const std::string& path, bool& all_read, const UseMessage& use) {
  MAIL_ASSIGN_OR_RETURN(const auto files, files_at(path));
  for (const std::string& file : files) {
    const auto bytes = read_message_file(file);
    if (!bytes.ok() && files.size() == 1) return bytes.status();
    if (!bytes.ok()) {
      warn("'" + file + "': " + std::string(message_of(bytes.status())));
      all_read = false;
      continue;
    }
    for (const std::string_view message : messages_in(*bytes)) {
      MAIL_RETURN_IF_ERROR(use(message));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> matching_paths(const std::string& pattern) {
  std::error_code error;
  if (std::filesystem::exists(pattern, error)) return {pattern};
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

StatusOr<std::string> read_message(const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(const std::string real, real_filesystem().resolve_links(path));
  return read_message_file(real);
}

Progress::Progress(std::size_t total) : is_shown_(isatty(STDERR_FILENO) == 1), total_(total) {}

Progress::~Progress() {
  if (is_shown_ && done_ > 0) std::fputs("\r\x1b[K", stderr);
}

void Progress::step() {
  ++done_;
  if (is_shown_ && (done_ % kProgressEvery == 0 || done_ == total_)) show();
}

void Progress::show() const {
  if (total_ == 0) {
    std::fprintf(stderr, "\r%zu messages", done_);
    return;
  }
  constexpr int kBar = 40;
  const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  const int filled = static_cast<int>(share * kBar);
  std::fprintf(stderr, "\r[%s%s] %3.0f %%  %zu messages", std::string(filled, '=').c_str(),
               std::string(kBar - filled, ' ').c_str(), share * 100, done_);
}

}  // namespace mailctl
