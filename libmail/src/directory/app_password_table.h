// app-passwords.cf, parsed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/directory/app_password.h"
#include "mail/directory/snapshot.h"

namespace mail::directory {

inline constexpr std::string_view kAppPasswordsFile = "app-passwords.cf";

struct AppPasswordTable {
  bool unreadable = false;
  std::vector<AppPassword> passwords;                // in file order
  StringMap<std::vector<std::uint32_t>> of_account;  // address → positions

  static AppPasswordTable parse(std::string_view text, const Options& options,
                                const Report& report);
  /// Of this account, with this label in any case; null: there is none.
  const AppPassword* find(std::string_view address, std::string_view label) const;
};

}  // namespace mail::directory
