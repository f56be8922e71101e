// Files are read one by one and let go again; their order is that of their names, so that a failure
// repeats.
#include "support/mails.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "mail/base/absl.h"
#include "support/suites.h"

namespace mail::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuites[] = {
    "chasquid",
    "docker-mailserver",
    "dovecot-fuzz-dicts",
    "enmime",
    "greenmail",
    "horde-imap",
    "horde-mime",
    "imaptest",
    "libetpan",
    "mail-dmarc",
    "mailkit",
    "mox",
    "mu",
    "nodemailer-mailparser",
    "openarc",
    "parsedmarc",
    "pigeonhole-derived",
    "postfix",
    "python-email",
    "roundcube",
    "ruby-mail",
    "stalwart-mail-auth",
    "stalwart-mail-parser",
    "wildduck",
};

/// The mails of a mbox; of any other file the whole.
void use_file(const std::string& name, std::string octets,
              const std::function<void(const Mail&)>& use) {
  if (!octets.starts_with("From ")) return use({name, std::move(octets)});
  std::string_view rest = octets;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t next = rest.find("\nFrom ");
    const std::size_t length = next == std::string_view::npos ? rest.size() : next + 1;
    std::string_view mail = rest.substr(0, length);
    mail.remove_prefix(std::min(mail.find('\n'), mail.size() - 1) + 1);
    use({cat(name, "#", number), std::string(mail)});
    rest.remove_prefix(length);
  }
}

}  // namespace

std::size_t for_each_mail(const std::function<void(const Mail&)>& use) {
  std::size_t count = 0;
  for (const char* name : kSuites) {
    const auto folder = suite(name);
    if (!folder) return 0;
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(*folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
      use_file(cat(name, file.substr(folder->size())), read_test_file(file), [&](const Mail& mail) {
        ++count;
        use(mail);
      });
    }
  }
  return count;
}

std::string with_crlf(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) result.push_back('\r');
    result.push_back(text[i]);
  }
  return result;
}

}  // namespace mail::test
