// SCRAM's messages are attributes between commas, in a fixed order. A cursor takes one attribute
// after the other; whatever is not where it must be makes the whole message malformed. Values never
// hold a comma, so that a comma always ends one, in bounded and linear time.
//
// Tested by tests/unit/sasl/scram_message_test.cc and fuzz/sasl.cc.
#include "sasl/scram_message.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/sasl/plain.h"
#include "mail/sasl/server.h"
#include "mail/text/base64.h"

namespace mail::sasl {
namespace {

/// Takes attributes from the front of a message.
class Attributes {
 public:
  explicit Attributes(std::string_view message) : rest_(message) {}

  /// Everything up to the next comma, which is taken too.
  std::string_view take() {
    const std::size_t comma = rest_.find(',');
    const std::string_view text = rest_.substr(0, comma);
    ended_ = comma == std::string_view::npos;
    rest_ = ended_ ? std::string_view{} : rest_.substr(comma + 1);
    return text;
  }
  /// The value of the attribute that must come next.
  std::optional<std::string_view> take(char name) {
    if (ended_ || rest_.size() < 2 || rest_[0] != name || rest_[1] != '=') return std::nullopt;
    return take().substr(2);
  }
  /// No comma ended what was taken last.
  bool ended() const { return ended_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ended_ = false;
};

// attr-val = ALPHA "=" value ; value = 1*value-char (no NUL, "=" or comma … the first "=" aside)
bool is_extension(std::string_view attribute) {
  return attribute.size() > 2 && ascii::is_alpha(attribute[0]) && attribute[1] == '=' &&
         attribute.find('\0') == std::string_view::npos;
}

// saslname = 1*(value-safe-char / "=2C" / "=3D")
std::optional<std::string> unescape_name(std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::string name;
  while (!text.empty()) {
    if (text.front() != '=') {
      name += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (!text.starts_with("=2C") && !text.starts_with("=3D")) return std::nullopt;
    name += text[1] == '2' ? ',' : '=';
    text.remove_prefix(3);
  }
  if (name.size() > kIdentityLimit) return std::nullopt;
  return name;
}

// cb-name = 1*(ALPHA / DIGIT / "." / "-")
bool is_binding_type(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_alnum(c) || c == '.' || c == '-';
  });
}

// gs2-cbind-flag = ("p=" cb-name) / "n" / "y"
bool parse_flag(std::string_view text, ClientFirst& message) {
  if (text == "n" || text == "y") {
    message.flag = text.front();
    return true;
  }
  if (!text.starts_with("p=") || !is_binding_type(text.substr(2))) return false;
  message.flag = 'p';
  message.binding_type = text.substr(2);
  return true;
}

}  // namespace

bool is_nonce(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return ascii::is_printable(c) && c != ' ' && c != ',';
  });
}

std::string escape_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == ',') {
      text += "=2C";
    } else if (c == '=') {
      text += "=3D";
    } else {
      text += c;
    }
  }
  return text;
}

// gs2-header = gs2-cbind-flag "," [ authzid ] "," ; authzid = "a=" saslname
// client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
// A mandatory extension ("m=") is one that we do not know: RFC 5802 §5.1 says to fail.
std::optional<ClientFirst> parse_client_first(std::string_view message) {
  ClientFirst parsed;
  Attributes attributes(message);
  if (!parse_flag(attributes.take(), parsed) || attributes.ended()) return std::nullopt;
  const std::string_view authorization = attributes.take();
  if (attributes.ended()) return std::nullopt;
  if (!authorization.empty()) {
    if (!authorization.starts_with("a=")) return std::nullopt;
    auto name = unescape_name(authorization.substr(2));
    if (!name) return std::nullopt;
    parsed.authorization = std::move(*name);
  }
  parsed.bare = attributes.rest();
  parsed.gs2_header = message.substr(0, message.size() - parsed.bare.size());

  const auto name = attributes.take('n');
  auto authentication = unescape_name(name.value_or(""));
  const auto nonce = attributes.take('r');
  if (!authentication || !nonce || !is_nonce(*nonce)) return std::nullopt;
  parsed.authentication = std::move(*authentication);
  parsed.nonce = *nonce;
  while (!attributes.ended()) {
    if (!is_extension(attributes.take())) return std::nullopt;
  }
  return parsed;
}

// client-final-message = channel-binding "," nonce ["," extensions] "," proof
std::optional<ClientFinal> parse_client_final(std::string_view message) {
  Attributes attributes(message);
  const auto binding = attributes.take('c');
  const auto nonce = attributes.take('r');
  if (!binding || !nonce || !is_nonce(*nonce)) return std::nullopt;
  while (!attributes.ended()) {
    const std::size_t comma_at = message.size() - attributes.rest().size() - 1;
    const std::string_view attribute = attributes.take();
    if (attribute.starts_with("p=")) {
      if (!attributes.ended()) return std::nullopt;
      return ClientFinal{.channel_binding = *binding,
                         .nonce = *nonce,
                         .proof = attribute.substr(2),
                         .without_proof = message.substr(0, comma_at)};
    }
    if (!is_extension(attribute)) return std::nullopt;
  }
  return std::nullopt;
}

// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
// iteration-count = "i=" posit-number
std::optional<ServerFirst> parse_server_first(std::string_view message) {
  Attributes attributes(message);
  const auto nonce = attributes.take('r');
  const auto salt = attributes.take('s');
  const auto count = attributes.take('i');
  if (!nonce || !salt || !count || !is_nonce(*nonce)) return std::nullopt;
  auto octets = text::base64_decode(*salt);
  const auto iterations = ascii::parse_number(*count, UINT32_MAX);
  if (!octets || octets->empty() || !iterations || count->starts_with('0')) return std::nullopt;
  while (!attributes.ended()) {
    if (!is_extension(attributes.take())) return std::nullopt;
  }
  return ServerFirst{*nonce, std::move(*octets), static_cast<std::uint32_t>(*iterations)};
}

// server-final-message = (server-error / verifier) ["," extensions]
// server-error = "e=" server-error-value ; verifier = "v=" base64
std::optional<ServerFinal> parse_server_final(std::string_view message) {
  Attributes attributes(message);
  if (const auto error = attributes.take('e')) {
    return ServerFinal{.signature = {}, .error = error->empty() ? "other-error" : *error};
  }
  const auto verifier = attributes.take('v');
  if (!verifier) return std::nullopt;
  auto signature = text::base64_decode(*verifier);
  if (!signature || signature->empty()) return std::nullopt;
  return ServerFinal{.signature = std::move(*signature), .error = {}};
}

}  // namespace mail::sasl
