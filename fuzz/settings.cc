// mailserver.env and the override files postfix-main.cf, postfix-master.cf, dovecot.cf, amavis.cf
// (cut at FF): every value is one that its type allows, has an origin that exists, and is the same
// when it is read again.
#include <algorithm>

#include "directory/overrides.h"
#include "fuzz.h"
#include "mail/base/ascii.h"
#include "mail/base/memory_filesystem.h"
#include "mail/directory/settings.h"

using namespace mail;
using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

namespace {

void require_valid(const Settings& settings, const SettingInfo& info) {
  require(settings.is_set(info.name) != settings.source(info.name).empty());
  if (!settings.is_set(info.name)) return;
  switch (info.type) {
    case SettingType::kChoice:
      require(cat("|", info.choices, "|").find(cat("|", settings.text(info.name), "|")) !=
              std::string::npos);
      break;
    case SettingType::kFlag: settings.flag(info.name); break;
    case SettingType::kNumber: settings.number(info.name); break;
    case SettingType::kText:
      // It may end up in a line of a protocol or of the log.
      require(settings.text(info.name).find_first_of("\r\n") == std::string_view::npos);
      break;
    case SettingType::kListen: break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Parts parts(text_of(data, size));
  MemoryFilesystem files;
  require(files.write("/config/mailserver.env", parts.next()).ok());
  for (const std::string_view name : override_files()) {
    require(files.write(cat("/config/", name), parts.next()).ok());
  }
  const Environment environment = {{"LOG_LEVEL", parts.next()}};
  const Settings settings = Settings::read(files, "/config", environment);
  for (const SettingInfo& info : setting_registry()) require_valid(settings, info);
  require(settings == Settings::read(files, "/config", environment));
  settings.listeners();
  settings.trusted_networks({});
  const Options options = settings.directory_options("mail.example.com");
  require(!options.hostname.empty());
  return 0;
}
