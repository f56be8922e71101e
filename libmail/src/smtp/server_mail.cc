// MAIL and RCPT: the two commands with addresses and parameters.
//
// A parameter is understood only while its extension is offered (RFC 5321 §4.1.1.11: 555 for all
// others). Addresses are parsed once, by mail/message/mailbox.h, and the application sees the
// canonical form only: there is no second reading by which its domain could change (attack A9).
//
// Tested by tests/unit/smtp/command_table_test.cc and tests/transcripts/smtp.
#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/mailbox.h"
#include "mail/text/utf8.h"
#include "smtp/command_table.h"
#include "smtp/server_engine.h"
#include "smtp/xtext.h"

namespace mail::smtp {
namespace {

using ascii::equal_ignoring_case;

// RFC 3461 §4.2, §4.4: characters of the parameter's value.
constexpr std::size_t kOriginalRecipientLimit = 500;
constexpr std::size_t kEnvelopeIdLimit = 100;

constexpr Answer kUndeclaredUtf8{553, "5.6.7", "Must declare SMTPUTF8 to send unicode address"};

/// What stands behind "FROM:" or "TO:", or nullopt. Blanks before the path are not allowed (RFC
/// 5321 §3.3) but are sent by so many programs that every server takes them.
std::optional<std::string_view> behind(std::string_view prefix, std::string_view argument) {
  if (!ascii::starts_with_ignoring_case(argument, prefix)) return std::nullopt;
  argument.remove_prefix(prefix.size());
  while (argument.starts_with(' ')) argument.remove_prefix(1);
  return argument;
}

struct ParsedPath {
  message::Path path;
  std::vector<Parameter> parameters;
};

/// Fails: nullopt, with the reply to give.
std::optional<ParsedPath> parse_arguments(std::string_view text,
                                          const message::MailboxOptions& options,
                                          const Answer& bad_address, Answer& error) {
  auto path = message::parse_path(text, options);
  error = bad_address;
  if (!path.ok()) return std::nullopt;
  text.remove_prefix(path->length);
  if (!text.empty() && !text.starts_with(' ')) return std::nullopt;
  auto parameters = parse_parameters(text);
  error = {501, "5.5.4", "Error: bad parameter syntax"};
  if (!parameters) return std::nullopt;
  return ParsedPath{std::move(*path), std::move(*parameters)};
}

std::string written(const message::Path& path) {
  if (path.is_null()) return {};
  return path.mailbox->domain.empty() ? path.mailbox->local_part : to_string(*path.mailbox);
}

// ---- parameters of MAIL

/// What MAIL says, while its parameters are read; the decoded values live here.
struct MailParameters {
  MailFrom mail;
  std::string envelope_id;
};

using Refusal = std::optional<Answer>;
Refusal unsupported() { return Answer{555, "5.5.4", "Unsupported option"}; }

// size-value = 1*20DIGIT                                                 RFC 1870 §3
Refusal apply_size(const Parameter& parameter, const ServerEngine& engine, MailParameters& to) {
  const auto size = ascii::parse_number(parameter.value);
  if (!size || parameter.value.size() > 20) return Answer{501, "5.5.4", "Bad message size syntax"};
  const auto limit = engine.options().message_size;
  if (limit != 0 && *size > limit) return Answer{552, "5.3.4", "Message size exceeds fixed limit"};
  to.mail.size = *size;
  return std::nullopt;
}

// body-value = "7BIT" / "8BITMIME" / "BINARYMIME"                        RFC 6152 §3, RFC 3030 §3
Refusal apply_body(const Parameter& parameter, const ServerEngine& engine, MailParameters& to) {
  if (equal_ignoring_case(parameter.value, "8BITMIME")) {
    to.mail.body = BodyType::kEightBitMime;
  } else if (equal_ignoring_case(parameter.value, "BINARYMIME") &&
             engine.offers(Extension::kBinaryMime)) {
    to.mail.body = BodyType::kBinaryMime;
  } else if (!equal_ignoring_case(parameter.value, "7BIT")) {
    return Answer{501, "5.5.4", "Error: unsupported BODY type"};
  }
  return std::nullopt;
}

// RFC 6531 §3.4: no value.
Refusal apply_utf8(const Parameter& parameter, const ServerEngine& engine, MailParameters& to) {
  if (!engine.takes_utf8()) return unsupported();
  if (parameter.has_value) return Answer{501, "5.5.4", "Error: bad parameter syntax"};
  to.mail.is_smtputf8 = true;
  return std::nullopt;
}

// ret-value = "FULL" / "HDRS"                                            RFC 3461 §4.3
Refusal apply_return(const Parameter& parameter, const ServerEngine&, MailParameters& to) {
  if (equal_ignoring_case(parameter.value, "FULL")) {
    to.mail.dsn_return = DsnReturn::kFull;
  } else if (equal_ignoring_case(parameter.value, "HDRS")) {
    to.mail.dsn_return = DsnReturn::kHeaders;
  } else {
    return Answer{501, "5.5.4", "Bad RET parameter syntax"};
  }
  return std::nullopt;
}

// envid-parameter = "ENVID=" xtext                                       RFC 3461 §4.4
Refusal apply_envelope_id(const Parameter& parameter, const ServerEngine&, MailParameters& to) {
  auto id = decode_xtext(parameter.value);
  if (!id || id->empty() || parameter.value.size() > kEnvelopeIdLimit) {
    return Answer{501, "5.5.4", "Bad ENVID parameter syntax"};
  }
  to.envelope_id = std::move(*id);
  return std::nullopt;
}

// RFC 4954 §5: a server that offers AUTH takes the parameter. Nobody is trusted to use it, so it
// means "<>": the submitter is unknown.
Refusal apply_auth(const Parameter& parameter, const ServerEngine& engine, MailParameters&) {
  if (!engine.offers_auth() || !parameter.has_value) return unsupported();
  return std::nullopt;
}

struct MailParameter {
  std::string_view keyword;
  std::optional<Extension> extension;  // without it unsupported
  Refusal (*apply)(const Parameter&, const ServerEngine&, MailParameters&);
};
constexpr MailParameter kMailParameters[] = {
    {"SIZE", Extension::kSize, apply_size},         {"BODY", Extension::kEightBitMime, apply_body},
    {"SMTPUTF8", Extension::kSmtpUtf8, apply_utf8}, {"RET", Extension::kDsn, apply_return},
    {"ENVID", Extension::kDsn, apply_envelope_id},  {"AUTH", std::nullopt, apply_auth},
};

/// Applies one parameter of MAIL; the reply that refuses it, or none.
Refusal apply(const Parameter& parameter, const ServerEngine& engine, MailParameters& to) {
  for (const auto& [keyword, extension, function] : kMailParameters) {
    if (!equal_ignoring_case(keyword, parameter.keyword)) continue;
    if (extension && !engine.offers(*extension)) break;
    return function(parameter, engine, to);
  }
  return unsupported();
}

// ---- parameters of RCPT

struct RcptParameters {
  DsnNotify notify;
  std::string original_type;
  std::string original;
};

// notify-esmtp-value = "NEVER" / ( notify-list-element *( "," notify-list-element ) )
// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"                  RFC 3461 §4.1
std::optional<DsnNotify> parse_notify(std::string_view value) {
  if (equal_ignoring_case(value, "NEVER")) return DsnNotify{.never = true};
  DsnNotify notify;
  for (;;) {
    const auto word = value.substr(0, value.find(','));
    if (equal_ignoring_case(word, "SUCCESS")) {
      notify.success = true;
    } else if (equal_ignoring_case(word, "FAILURE")) {
      notify.failure = true;
    } else if (equal_ignoring_case(word, "DELAY")) {
      notify.delay = true;
    } else {
      return std::nullopt;
    }
    if (word.size() == value.size()) return notify;
    value.remove_prefix(word.size() + 1);
  }
}

// original-recipient-address = addr-type ";" xtext                       RFC 3461 §4.2
// With the type "utf-8" octets above 127 stand for themselves            RFC 6533 §3
bool parse_original(std::string_view value, RcptParameters& to) {
  const auto end = value.find(';');
  if (end == value.npos || end == 0 || value.size() > kOriginalRecipientLimit) return false;
  const auto type = value.substr(0, end);
  for (const char c : type) {
    if (!ascii::is_alnum(c) && c != '-') return false;
  }
  auto address = decode_xtext(value.substr(end + 1), equal_ignoring_case(type, "utf-8"));
  if (!address || address->empty()) return false;
  to.original_type = ascii::to_lower(type);
  to.original = std::move(*address);
  return true;
}

Refusal apply(const Parameter& parameter, const ServerEngine& engine, RcptParameters& to) {
  if (!engine.offers(Extension::kDsn)) return unsupported();
  if (equal_ignoring_case(parameter.keyword, "NOTIFY")) {
    const auto notify = parse_notify(parameter.value);
    if (!notify) return Answer{501, "5.5.4", "Bad NOTIFY parameter syntax"};
    to.notify = *notify;
    return std::nullopt;
  }
  if (equal_ignoring_case(parameter.keyword, "ORCPT")) {
    if (!parse_original(parameter.value, to)) {
      return Answer{501, "5.5.4", "Bad ORCPT parameter syntax"};
    }
    return std::nullopt;
  }
  return unsupported();
}

/// Applies all; what a refused one is answered.
template <class To>
std::optional<Reply> apply_all(const std::vector<Parameter>& parameters, const ServerEngine& engine,
                               To& to) {
  for (const auto& parameter : parameters) {
    const auto refused = apply(parameter, engine, to);
    if (!refused) continue;
    const auto which = refused->code == 555 ? cat(": ", parameter.keyword) : std::string{};
    return Reply{refused->code, std::string(refused->enhanced), cat(refused->text, which)};
  }
  return std::nullopt;
}

}  // namespace

// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF             RFC 5321 §4.1.1.2
void ServerEngine::mail(std::string_view argument) {
  const auto text = behind("FROM:", argument);
  if (!text) return syntax_error("MAIL FROM:<address>");
  Answer error;
  const auto parsed = parse_arguments(*text, {.allow_utf8 = takes_utf8()},
                                      {501, "5.1.7", "Bad sender address syntax"}, error);
  if (!parsed) return reply(error);
  MailParameters parameters;
  if (const auto refused = apply_all(parsed->parameters, *this, parameters)) {
    return reply(refused->code, refused->enhanced, refused->text);
  }
  std::string address = written(parsed->path);
  auto& mail = parameters.mail;
  if (!mail.is_smtputf8 && !text::is_ascii(address)) return reply(kUndeclaredUtf8);
  is_smtputf8_ = mail.is_smtputf8;
  is_binary_ = mail.body == BodyType::kBinaryMime;
  const auto length = address.size();
  argument_ = std::move(address);
  argument_ += parameters.envelope_id;
  mail.reverse_path = std::string_view(argument_).substr(0, length);
  mail.envelope_id = std::string_view(argument_).substr(length);
  emit(mail);
}

// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
//        [SP Rcpt-parameters] CRLF                                       RFC 5321 §4.1.1.3
void ServerEngine::rcpt(std::string_view argument) {
  const auto text = behind("TO:", argument);
  if (!text) return syntax_error("RCPT TO:<address>");
  const Answer bad_address{501, "5.1.3", "Bad recipient address syntax"};
  Answer error;
  const auto parsed = parse_arguments(
      *text, {.allow_utf8 = takes_utf8(), .allow_bare_postmaster = true}, bad_address, error);
  if (!parsed) return reply(error);
  if (parsed->path.is_null()) return reply(bad_address);
  RcptParameters parameters;
  if (const auto refused = apply_all(parsed->parameters, *this, parameters)) {
    return reply(refused->code, refused->enhanced, refused->text);
  }
  std::string address = written(parsed->path);
  if (!is_smtputf8_ && !text::is_ascii(address)) return reply(kUndeclaredUtf8);
  // RFC 5321 §4.5.3.1.10: 452, and the rest of the transaction goes on.
  if (recipients_ >= options_.recipients) {
    return reply(452, "4.5.3", "Error: too many recipients");
  }
  const auto length = address.size();
  argument_ = cat(address, parameters.original_type, parameters.original);
  const std::string_view all(argument_);
  emit(RcptTo{.forward_path = all.substr(0, length),
              .notify = parameters.notify,
              .original_recipient_type = all.substr(length, parameters.original_type.size()),
              .original_recipient = all.substr(length + parameters.original_type.size())});
}

}  // namespace mail::smtp
