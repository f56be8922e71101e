// Settings: `mailserver.env` and the environment, read by one registry.
//
// For each name: the environment wins over `NAME__FILE` in the environment, that over the file,
// that over `NAME__FILE` in the file, that over the default. The override files (postfix-main.cf,
// postfix-master.cf, dovecot.cf, amavis.cf) win over all of them, as in docker-mailserver. The
// registry is the only list: parsing, docs/settings.md and the warnings about unknown names come
// from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/directory/diagnostic.h"
#include "mail/directory/listen.h"
#include "mail/directory/networks.h"
#include "mail/directory/snapshot.h"

namespace mail::directory {

enum class SettingType : std::uint8_t {
  kText,
  kFlag,    // 0 or 1
  kNumber,  // decimal, unsigned
  kChoice,  // one of `choices`
  kListen,  // see listen.h; unset has a meaning of its own
};

/// A row of the registry; all text is static.
struct SettingInfo {
  std::string_view name;
  SettingType type = SettingType::kText;
  std::string_view default_value;
  std::string_view choices;        // "all|ipv4|ipv6"; kChoice only
  std::string_view documentation;  // one line
};
/// Sorted by name.
std::span<const SettingInfo> setting_registry();

/// A DMS variable that means nothing here, with the reason.
struct RetiredSetting {
  std::string_view name;
  std::string_view reason;
};
std::span<const RetiredSetting> retired_settings();

/// One service and where it listens. A value.
struct Listener {
  std::string name;  // "smtp", "submission", "submissions", "imap", "imaps"
  std::vector<ListenAddress> addresses;

  bool operator==(const Listener&) const = default;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// Values of all settings. A value; compare to see whether a reload changed something.
class Settings {
 public:
  /// All defaults.
  Settings();
  /// Reads `<folder>/mailserver.env` (absent: fine). What is wrong is in `diagnostics()`; a wrong
  /// value counts as not given. Blocks on files.
  static Settings read(Filesystem& filesystem, const std::string& folder,
                       const Environment& environment);

  /// The name must be of the registry and of the type (our fault otherwise; release builds answer
  /// with an empty value).
  std::string_view text(std::string_view name) const;  // kText, kChoice
  bool flag(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;
  /// True when a file or the environment gave a valid value, also an empty one.
  bool is_set(std::string_view name) const;
  /// Who gave the value: "mailserver.env:3", "environment", "postfix-main.cf:1"; empty: nobody, it
  /// is the default.
  std::string_view source(std::string_view name) const;

  /// Every service that is on, with its addresses: LISTEN_* where set, else the standard ports on
  /// all interfaces that POSTFIX_INET_PROTOCOLS and DOVECOT_INET_PROTOCOLS allow.
  std::vector<Listener> listeners() const;

  /// Who may relay without a password: TRUSTED_NETWORKS, else PERMIT_DOCKER.
  Networks trusted_networks(std::span<const Interface> interfaces) const;

  /// PROXY_PROTOCOL: names of the services whose connections begin with a PROXY header.
  std::vector<std::string> proxied_services() const;

  /// `system_hostname` counts where OVERRIDE_HOSTNAME is empty.
  Options directory_options(std::string_view system_hostname) const;

  /// Name and value of every setting, in the order of the registry.
  std::vector<std::pair<std::string_view, std::string>> all() const;
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  bool operator==(const Settings&) const = default;

 private:
  struct Value {
    std::string text;
    bool set = false;
    std::string source;

    bool operator==(const Value&) const = default;
  };
  const Value* find(std::string_view name, SettingType type) const;
  bool assign(const SettingInfo& info, std::string_view value, std::string_view file,
              std::size_t line);

  void read_overrides(Filesystem& filesystem, const std::string& folder);

  std::vector<Value> values_;  // in the order of the registry
  std::vector<Diagnostic> diagnostics_;
};

/// Names, inside the config folder, of all files that `Settings::read` reads.
std::vector<std::string_view> settings_files();

/// docs/settings.md, generated from the registry.
std::string settings_markdown();

}  // namespace mail::directory
