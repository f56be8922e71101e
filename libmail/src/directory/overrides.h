// docker-mailserver's override files: postfix-main.cf, postfix-master.cf, dovecot.cf, amavis.cf.
//
// They are written for Postfix, Dovecot and Amavis. What has a meaning here becomes a setting;
// every other key is named, with our setting or the reason.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config_text.h"
#include "mail/base/filesystem.h"

namespace mail::directory {

inline constexpr std::string_view kMainFile = "postfix-main.cf";
inline constexpr std::string_view kMasterFile = "postfix-master.cf";
inline constexpr std::string_view kDovecotFile = "dovecot.cf";
inline constexpr std::string_view kAmavisFile = "amavis.cf";

/// A setting that an override file gives. A value.
struct Override {
  std::string_view setting;  // of the registry
  std::string value;
  std::string_view file;
  std::size_t line = 0;
  bool adds = false;  // to what the setting says already

  bool operator==(const Override&) const = default;
};

/// Names of the four files.
std::span<const std::string_view> override_files();

/// One file's text. The last line of a key counts, as `postconf -n` leaves it.
std::vector<Override> parse_overrides(std::string_view file, std::string_view text,
                                      std::vector<Diagnostic>& diagnostics);

}  // namespace mail::directory
