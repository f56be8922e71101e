// Reading settings: collect what file and environment say, in the order in which they win, check
// each value once, keep the text.
//
// Tested by tests/unit/directory/settings_test.cc.
#include "mail/directory/settings.h"

#include <algorithm>
#include <array>
#include <optional>

#include "config_text.h"
#include "mail/base/ascii.h"
#include "mail/base/assert.h"
#include "mail/directory/folders.h"
#include "overrides.h"

namespace mail::directory {
namespace {

constexpr std::string_view kFile = "mailserver.env";
constexpr std::string_view kEnvironment = "environment";
constexpr std::string_view kFileSuffix = "__FILE";
constexpr std::array<std::string_view, 8> kProxiable = {
    "smtp", "submission", "submissions", "lmtp", "imap", "imaps", "pop3", "pop3s"};
constexpr std::uint64_t kMaxFileOctets = 1024 * 1024;
constexpr std::uint64_t kMaxSecretOctets = 64 * 1024;
constexpr std::size_t kMaxLineOctets = 64 * 1024;

/// One `NAME=value`, wherever it stood.
struct Assignment {
  std::string name;
  std::string value;
  std::string_view source;
  std::size_t line = 0;
};

std::optional<std::size_t> position_of(std::string_view name) {
  const auto registry = setting_registry();
  for (std::size_t i = 0; i < registry.size(); ++i) {
    if (registry[i].name == name) return i;
  }
  return std::nullopt;
}

const RetiredSetting* find_retired(std::string_view name) {
  for (const RetiredSetting& retired : retired_settings()) {
    const bool family = retired.name.ends_with('*');
    const std::string_view stem = retired.name.substr(0, retired.name.size() - family);
    if (family ? name.starts_with(stem) : name == stem) return &retired;
  }
  return nullptr;
}

/// Levenshtein's distance, for names of at most kMaxName characters.
constexpr std::size_t kMaxName = 64;
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kMaxName + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

/// The known name that `name` was probably meant to be; empty: none is near.
std::string_view nearest_name(std::string_view name) {
  if (name.size() > kMaxName) return {};
  const std::string upper = ascii::to_upper(name);
  std::string_view best;
  std::size_t best_distance = upper.size() / 3 + 1;
  const auto consider = [&](std::string_view known) {
    const std::size_t d = distance(upper, known);
    if (d < best_distance) best = known, best_distance = d;
  };
  for (const SettingInfo& info : setting_registry()) consider(info.name);
  for (const RetiredSetting& retired : retired_settings()) {
    if (!retired.name.ends_with('*')) consider(retired.name);
  }
  return best;
}

/// docker's env files take quotes literally, docker compose takes them off. No setting has a value
/// in quotes, so they are taken off.
std::string_view without_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                      value.front() == value.back();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::string_view stem_of(std::string_view name) {
  return name.ends_with(kFileSuffix) ? name.substr(0, name.size() - kFileSuffix.size()) : name;
}

// env-line = name "=" value
std::vector<Assignment> parse_env_file(std::string_view text, const Report& report) {
  std::vector<Assignment> assignments;
  for (const LogicalLine& logical :
       logical_lines(text, kMaxLineOctets, Continuation::kNone, report)) {
    const std::string_view line = ascii::trim(logical.text);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      report.warning(logical.line, cat("no 'NAME=' in '", excerpt(line), "'"),
                     "Write NAME=value, or # before a comment.");
      continue;
    }
    const std::string_view name = ascii::trim(line.substr(0, equals));
    const std::string_view stem = stem_of(name);
    if (!position_of(stem)) {
      const RetiredSetting* retired = find_retired(stem);
      const std::string_view near = retired != nullptr ? "" : nearest_name(stem);
      report.warning(
          logical.line,
          retired != nullptr ? cat(name, " has no meaning here: ", retired->reason)
                             : cat("'", excerpt(name), "' is no known setting"),
          near.empty() ? std::string("Delete the line.") : cat("Did you mean ", near, "?"));
      continue;
    }
    assignments.push_back({std::string(name),
                           std::string(without_quotes(ascii::trim(line.substr(equals + 1)))), kFile,
                           logical.line});
  }
  return assignments;
}

/// Config files and secrets are often mounted as symbolic links, which `open` refuses.
StatusOr<std::string> read_linked(Filesystem& filesystem, const std::string& path,
                                  std::uint64_t limit) {
  MAIL_ASSIGN_OR_RETURN(const std::string target, filesystem.resolve_links(path));
  return read_file(filesystem, target, limit);
}

StatusOr<std::string> read_secret(Filesystem& filesystem, const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(std::string text, read_linked(filesystem, path, kMaxSecretOctets));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", \t");
    if (end != 0) items.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return items;
}

/// `localhost.$mydomain` → `localhost.example.com`.
std::string with_hostname(std::string item, std::string_view hostname, std::string_view domain) {
  struct Variable {
    std::string_view name, value;
  };
  for (const auto& [name, value] : {Variable{"myhostname", hostname}, Variable{"mydomain", domain},
                                    Variable{"myorigin", hostname}}) {
    for (const std::string& form : {cat("${", name, "}"), cat("$(", name, ")"), cat("$", name)}) {
      const std::size_t at = item.find(form);
      if (at != std::string::npos) item.replace(at, form.size(), value);
    }
  }
  return item;
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (true) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

/// DMS: `^\S+[.]\S+$`.
bool is_full_hostname(std::string_view name) {
  const std::size_t dot = name.find('.', 1);
  return dot != std::string_view::npos && dot + 1 < name.size() &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return ascii::is_space(c) || ascii::is_control(c); });
}

/// As `fault_of`.
std::string fault_of_services(std::string_view value) {
  for (const std::string& name : split_list(value)) {
    if (std::find(kProxiable.begin(), kProxiable.end(), name) == kProxiable.end()) {
      return "Write names of smtp, submission, submissions, lmtp, imap, imaps, pop3, pop3s.";
    }
  }
  return {};
}

/// Empty: the value is fine; otherwise how to write it.
std::string fault_of(const SettingInfo& info, std::string_view value) {
  switch (info.type) {
    case SettingType::kText:
      if (info.name == "OVERRIDE_HOSTNAME" && !is_full_hostname(value)) {
        return "Write a full name such as mail.example.com.";
      }
      if (info.name == "TRUSTED_NETWORKS" || info.name == "PROXY_TRUSTED_NETWORKS") {
        const auto networks = Networks::parse(value);
        return networks.ok() ? "" : cat(message_of(networks.status()), ".");
      }
      if (info.name == "FOLDERS") {
        const auto folders = parse_folders(value);
        return folders.ok() ? "" : cat(message_of(folders.status()), ".");
      }
      if (info.name == "PROXY_PROTOCOL") return fault_of_services(value);
      return {};
    case SettingType::kFlag: return value == "0" || value == "1" ? "" : "Write 0 or 1.";
    case SettingType::kNumber:
      return ascii::parse_number(value) ? "" : "Write a number in decimal digits.";
    case SettingType::kChoice:
      return is_choice(info.choices, value) ? "" : cat("Write one of: ", info.choices, ".");
    case SettingType::kListen: {
      const auto list = parse_listen_list(value);
      return list.ok() ? "" : cat(message_of(list.status()), ".");
    }
  }
  return {};
}

}  // namespace

Settings::Settings() {
  for (const SettingInfo& info : setting_registry()) {
    values_.push_back({std::string(info.default_value), false, {}});
  }
}

bool Settings::assign(const SettingInfo& info, std::string_view value, std::string_view file,
                      std::size_t line) {
  Value& to = values_[static_cast<std::size_t>(&info - setting_registry().data())];
  // As in DMS an empty value is the default; only for LISTEN_* does it say something: off.
  if (value.empty() && info.type != SettingType::kListen) return false;
  if (const std::string fix = fault_of(info, value); !fix.empty()) {
    Report(file, diagnostics_)
        .error(line,
               cat(info.name, "='", excerpt(value), "' is not possible; ",
                   info.default_value.empty() ? "it stays empty"
                                              : cat("it stays ", info.default_value)),
               fix);
    return false;
  }
  to = {std::string(value), true, line == 0 ? std::string(file) : cat(file, ":", line)};
  return true;
}

Settings Settings::read(Filesystem& filesystem, const std::string& folder,
                        const Environment& environment) {
  Settings settings;
  std::vector<Assignment> assignments;  // what wins stands first
  for (const bool from_files : {false, true}) {
    for (const auto& [name, value] : environment) {
      if (name.ends_with(kFileSuffix) != from_files || !position_of(stem_of(name))) continue;
      assignments.push_back({name, value, kEnvironment, 0});
    }
  }
  const Report report(kFile, settings.diagnostics_);
  const auto text = read_linked(filesystem, cat(folder, "/", kFile), kMaxFileOctets);
  if (text.ok()) {
    // Within the file the last line of a name wins, as in docker; plain names before __FILE.
    const std::vector<Assignment> of_file = parse_env_file(*text, report);
    for (const bool from_files : {false, true}) {
      for (auto line = of_file.rbegin(); line != of_file.rend(); ++line) {
        if (line->name.ends_with(kFileSuffix) == from_files) assignments.push_back(*line);
      }
    }
  } else if (text.status().code() != absl::StatusCode::kNotFound) {
    report.error(0, cat("the file cannot be read: ", message_of(text.status())),
                 "Make it readable; until then the defaults are used.");
  }
  for (const Assignment& assignment : assignments) {
    const SettingInfo& info = setting_registry()[*position_of(stem_of(assignment.name))];
    if (settings.is_set(info.name)) continue;
    if (!assignment.name.ends_with(kFileSuffix)) {
      settings.assign(info, assignment.value, assignment.source, assignment.line);
      continue;
    }
    const auto secret = read_secret(filesystem, assignment.value);
    if (secret.ok()) {
      settings.assign(info, *secret, assignment.source, assignment.line);
    } else {
      Report(assignment.source, settings.diagnostics_)
          .error(assignment.line,
                 cat(assignment.name, "='", excerpt(assignment.value),
                     "' cannot be read: ", message_of(secret.status())),
                 "Name a readable file.");
    }
  }
  settings.read_overrides(filesystem, folder);
  return settings;
}

void Settings::read_overrides(Filesystem& filesystem, const std::string& folder) {
  for (const std::string_view file : override_files()) {
    const auto text = read_linked(filesystem, cat(folder, "/", file), kMaxFileOctets);
    if (!text.ok()) {
      if (text.status().code() == absl::StatusCode::kNotFound) continue;
      Report(file, diagnostics_)
          .error(0, cat("the file cannot be read: ", message_of(text.status())),
                 "Make it readable; until then it does not count.");
      continue;
    }
    for (const Override& given : parse_overrides(file, *text, diagnostics_)) {
      const auto position = position_of(given.setting);
      if (!position) continue;
      if (given.adds) {
        const std::string& before = values_[*position].text;
        assign(setting_registry()[*position],
               before.empty() ? given.value : cat(before, ", ", given.value), given.file,
               given.line);
        continue;
      }
      // An empty value says something in these files: no delimiter, no relay.
      if (given.value.empty() && setting_registry()[*position].type == SettingType::kText) {
        values_[*position] = {{}, true, cat(given.file, ":", given.line)};
      } else {
        assign(setting_registry()[*position], given.value, given.file, given.line);
      }
    }
  }
}

std::vector<std::string_view> settings_files() {
  std::vector<std::string_view> files = {kFile};
  files.insert(files.end(), override_files().begin(), override_files().end());
  return files;
}

const Settings::Value* Settings::find(std::string_view name, SettingType type) const {
  const auto position = position_of(name);
  if (!MAIL_ASSERT(position.has_value())) return nullptr;
  const SettingType actual = setting_registry()[*position].type;
  const bool right =
      actual == type || (type == SettingType::kText && actual == SettingType::kChoice);
  if (!MAIL_ASSERT(right)) return nullptr;
  return &values_[*position];
}

std::string_view Settings::text(std::string_view name) const {
  const Value* value = find(name, SettingType::kText);
  return value == nullptr ? std::string_view() : std::string_view(value->text);
}

bool Settings::flag(std::string_view name) const {
  const Value* value = find(name, SettingType::kFlag);
  return value != nullptr && value->text == "1";
}

std::uint64_t Settings::number(std::string_view name) const {
  const Value* value = find(name, SettingType::kNumber);
  return value == nullptr ? 0 : ascii::parse_number(value->text).value_or(0);
}

bool Settings::is_set(std::string_view name) const {
  const auto position = position_of(name);
  return MAIL_ASSERT(position.has_value()) && values_[*position].set;
}

std::string_view Settings::source(std::string_view name) const {
  const auto position = position_of(name);
  return MAIL_ASSERT(position.has_value()) ? std::string_view(values_[*position].source)
                                           : std::string_view();
}

Networks Settings::trusted_networks(std::span<const Interface> interfaces) const {
  const std::string list =
      is_set("TRUSTED_NETWORKS")
          ? std::string(text("TRUSTED_NETWORKS"))
          : permit_docker_networks(text("PERMIT_DOCKER"), text("NETWORK_INTERFACE"), interfaces);
  return Networks::parse(list).value_or(Networks());
}

std::vector<Listener> Settings::listeners() const {
  struct Service {
    std::string_view name, setting, protocols;
    std::uint16_t port;
    bool on;
  };
  const bool certificate = !text("SSL_TYPE").empty();
  const bool imap = flag("ENABLE_IMAP");
  const bool pop3 = flag("ENABLE_POP3");
  const Service services[] = {
      {"smtp", "LISTEN_SMTP", "POSTFIX_INET_PROTOCOLS", 25, true},
      {"submission", "LISTEN_SUBMISSION", "POSTFIX_INET_PROTOCOLS", 587, true},
      {"submissions", "LISTEN_SUBMISSIONS", "POSTFIX_INET_PROTOCOLS", 465, certificate},
      {"lmtp", "LISTEN_LMTP", "DOVECOT_INET_PROTOCOLS", 24, false},
      {"imap", "LISTEN_IMAP", "DOVECOT_INET_PROTOCOLS", 143, imap},
      {"imaps", "LISTEN_IMAPS", "DOVECOT_INET_PROTOCOLS", 993, imap && certificate},
      {"pop3", "LISTEN_POP3", "DOVECOT_INET_PROTOCOLS", 110, pop3},
      {"pop3s", "LISTEN_POP3S", "DOVECOT_INET_PROTOCOLS", 995, pop3 && certificate},
  };
  std::vector<Listener> all;
  for (const Service& service : services) {
    Listener listener{std::string(service.name), {}};
    if (is_set(service.setting)) {
      const Value* value = find(service.setting, SettingType::kListen);
      listener.addresses = parse_listen_list(value->text).value_or(std::vector<ListenAddress>{});
    } else if (service.on) {
      const std::string_view protocols = text(service.protocols);
      if (protocols != "ipv6") listener.addresses.push_back({"0.0.0.0", service.port, {}});
      if (protocols != "ipv4") listener.addresses.push_back({"::", service.port, {}});
    }
    if (!listener.addresses.empty()) all.push_back(std::move(listener));
  }
  return all;
}

std::vector<std::string> Settings::proxied_services() const {
  return split_list(text("PROXY_PROTOCOL"));
}

Options Settings::directory_options(std::string_view system_hostname) const {
  Options options;
  const std::string_view given = text("OVERRIDE_HOSTNAME");
  options.hostname = given.empty() ? system_hostname : given;
  options.postmaster_address = text("POSTMASTER_ADDRESS");
  options.catchall_swallows_accounts = flag("CATCHALL_SWALLOWS_ACCOUNTS");
  options.alias_duplicates =
      text("ALIAS_DUPLICATES") == "fail" ? Options::Duplicates::kFail : Options::Duplicates::kMerge;
  options.alias_login = flag("ALIAS_LOGIN");
  options.quotas = flag("ENABLE_QUOTAS");
  // docker-mailserver: whole millions of octets become as many MiB (dms.md §6.1, 8). Octets here.
  options.default_quota_octets = number("POSTFIX_MAILBOX_SIZE_LIMIT");
  options.recipient_delimiter = text("RECIPIENT_DELIMITER");
  options.own_addresses = split_list(text("OWN_ADDRESSES"));
  if (is_set("MYDESTINATION")) {
    const std::string domain(domain_of_hostname(options.hostname));
    options.mydestination.emplace();
    for (const std::string& item : split_list(text("MYDESTINATION"))) {
      options.mydestination->push_back(with_hostname(item, options.hostname, domain));
    }
  }
  return options;
}

std::vector<std::pair<std::string_view, std::string>> Settings::all() const {
  std::vector<std::pair<std::string_view, std::string>> pairs;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    pairs.emplace_back(setting_registry()[i].name, values_[i].text);
  }
  return pairs;
}

}  // namespace mail::directory
