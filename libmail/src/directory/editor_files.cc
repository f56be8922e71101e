// Edits of the smaller files: quotas, masters, access, relays. Each line has one key, and one value
// that is replaced whole.
//
// Tested by tests/unit/directory/editor_test.cc.
#include <algorithm>

#include "address_text.h"
#include "config_texts.h"
#include "edit_lines.h"
#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/address.h"
#include "mail/directory/editor.h"
#include "tables.h"

namespace mail::directory {
namespace {

constexpr std::size_t kMaxDomainOctets = 253;  // RFC 1035 §2.3.4, without the root

std::string_view access_file(Editor::Direction direction) {
  return direction == Editor::Direction::kSend ? kSendAccessFile : kReceiveAccessFile;
}

std::string_view verb(Editor::Direction direction) {
  return direction == Editor::Direction::kSend ? "send" : "receive";
}

/// What can be a key of a texthash file, and stand before a blank.
Status check_key(std::string_view key) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (key.size() > kMaxAddressOctets) {
    return invalid("'", excerpt(key), "' is too long; write ", kMaxAddressOctets,
                   " octets at most");
  }
  const bool clean = !key.empty() && !key.starts_with('#') &&
                     key.find_first_of(" \"\\") == std::string_view::npos &&
                     std::none_of(key.begin(), key.end(), is_control);
  if (clean) return {};
  return invalid("'", excerpt(key), "' cannot stand in the file; write it without blanks");
}

Status check_domain(std::string_view domain) {
  const bool clean = is_plausible_address(cat("x@", domain)) &&
                     domain.find_first_of("@/|:# ") == std::string_view::npos;
  if (clean && domain.size() <= kMaxDomainOctets) return {};
  return invalid("'", excerpt(domain), "' is no domain; write example.com");
}

Status remove_key(ConfigTexts& texts, std::string_view file, std::string_view key, KeyOf key_of,
                  bool& removed) {
  MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(file));
  removed = remove_lines(lines, key, key_of);
  if (removed) texts.write(file, lines);
  return {};
}

}  // namespace

Status Editor::set_quota(std::string_view address, std::string_view size) {
  const std::string key = ascii::to_lower(address);
  if (!split_address(key).has_domain) {
    return invalid("'", excerpt(address), "' should include the domain (eg: user@example.com)");
  }
  if (!parse_quota_size(size)) {
    return invalid(
        "Invalid quota format. e.g. 302M (B (byte), k (kibibyte), M (mebibyte), G "
        "(gibibyte) or T (tebibyte))");
  }
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(const Lines accounts, texts.read(kAccountsFile));
    if (find_line(accounts, key, account_key) == accounts.size()) {
      return not_found("'", excerpt(key), "' does not exist; add it first, or correct it");
    }
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kQuotasFile));
    put_line(lines, key, quota_key, cat(key, ":", size));
    texts.write(kQuotasFile, lines);
    return {};
  });
}

StatusOr<bool> Editor::delete_quota(std::string_view address) {
  bool removed = false;
  const Status status = edit([&](ConfigTexts& texts) {
    return remove_key(texts, kQuotasFile, ascii::to_lower(address), quota_key, removed);
  });
  if (!status.ok()) return status;
  return removed;
}

Status Editor::change_master(std::string_view name, std::string_view stored_password, bool is_new) {
  const std::string key = ascii::to_lower(name);
  MAIL_RETURN_IF_ERROR(check_key(key));
  if (key.find_first_of("|:*") != std::string::npos) {
    return invalid("'", excerpt(name), "' is no name for a master; write it without | : and *");
  }
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kMastersFile));
    const bool exists = find_line(lines, key, account_key) != lines.size();
    if (exists && is_new)
      return already_exists("'", key, "' already exists; update it, or choose another name");
    if (!exists && !is_new)
      return not_found("'", excerpt(key), "' does not exist; add it first, or correct it");
    put_line(lines, key, account_key, cat(key, "|", stored_password));
    texts.write(kMastersFile, lines);
    return {};
  });
}

Status Editor::add_master(std::string_view name, std::string_view stored_password) {
  return change_master(name, stored_password, true);
}

Status Editor::update_master(std::string_view name, std::string_view stored_password) {
  return change_master(name, stored_password, false);
}

Status Editor::delete_master(std::string_view name) {
  return edit([&](ConfigTexts& texts) -> Status {
    bool removed = false;
    MAIL_RETURN_IF_ERROR(
        remove_key(texts, kMastersFile, ascii::to_lower(name), account_key, removed));
    if (!removed)
      return not_found("'", excerpt(name), "' does not exist; add it first, or correct it");
    return {};
  });
}

Status Editor::restrict(Direction direction, std::string_view address) {
  MAIL_RETURN_IF_ERROR(check_key(address));
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(access_file(direction)));
    if (find_line(lines, ascii::to_lower(address), alias_key) != lines.size()) {
      return already_exists("User '", address, "' already denied to ", verb(direction),
                            " mails; there is nothing to add");
    }
    append_line(lines, cat(address, " \t\t REJECT"));
    texts.write(access_file(direction), lines);
    return {};
  });
}

Status Editor::unrestrict(Direction direction, std::string_view address) {
  return edit([&](ConfigTexts& texts) -> Status {
    bool removed = false;
    MAIL_RETURN_IF_ERROR(
        remove_key(texts, access_file(direction), ascii::to_lower(address), alias_key, removed));
    if (!removed)
      return not_found("User '", excerpt(address), "' not found; the list shows who is denied");
    return {};
  });
}

Status Editor::put_relay(std::string_view file, std::string_view domain, std::string_view value) {
  MAIL_RETURN_IF_ERROR(check_domain(domain));
  const std::string key = cat("@", ascii::to_lower(domain));
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(file));
    put_line(lines, key, alias_key, cat(key, " ", value));
    texts.write(file, lines);
    return {};
  });
}

Status Editor::set_relay(std::string_view domain, std::string_view host, std::uint16_t port) {
  const std::string relay = cat("[", host, "]:", port);
  MAIL_RETURN_IF_ERROR(parse_relay_host(relay).status());
  if (host.size() > kMaxDomainOctets) {
    return invalid("'", excerpt(host), "' is too long for a host; write ", kMaxDomainOctets,
                   " octets at most");
  }
  return put_relay(kRelayMapFile, domain, relay);
}

Status Editor::exclude_from_relay(std::string_view domain) {
  return put_relay(kRelayMapFile, domain, "");
}

StatusOr<bool> Editor::delete_relay(std::string_view domain) {
  const std::string key = cat("@", ascii::to_lower(domain));
  bool had_route = false;
  bool had_credentials = false;
  const Status status = edit([&](ConfigTexts& texts) -> Status {
    MAIL_RETURN_IF_ERROR(remove_key(texts, kRelayMapFile, key, alias_key, had_route));
    return remove_key(texts, kRelayCredentialsFile, key, alias_key, had_credentials);
  });
  if (!status.ok()) return status;
  return had_route || had_credentials;
}

Status Editor::set_relay_credentials(std::string_view domain, std::string_view user,
                                     std::string_view password) {
  const auto is_clean = [](std::string_view text) {
    return !text.empty() && ascii::trim(text).size() == text.size() &&
           text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  };
  if (!is_clean(user) || user.find(':') != std::string_view::npos) {
    return invalid("'", excerpt(user), "' is no relay account; write it without a colon");
  }
  if (user.size() > kMaxAddressOctets || password.size() > crypto::kMaxPasswordOctets) {
    return invalid("the credentials of '", excerpt(user), "' are too long; write ",
                   kMaxAddressOctets, " octets of user and ", crypto::kMaxPasswordOctets,
                   " of password at most");
  }
  if (!is_clean(password)) {
    return invalid("the password of '", excerpt(user),
                   "' cannot stand in the file; write one without line ends and blanks around it");
  }
  return put_relay(kRelayCredentialsFile, domain, cat(user, ":", password));
}

}  // namespace mail::directory
