// The messages of SCRAM (RFC 5802 §7), parsed and printed; no meaning yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail::sasl {

/// n,,n=user,r=nonce
struct ClientFirst {
  char flag = 'n';                // 'n', 'y' or 'p'
  std::string_view binding_type;  // behind "p="
  std::string authorization;      // unescaped; empty: none
  std::string_view gs2_header;    // "n,,": with its commas
  std::string_view bare;          // what stands behind it
  std::string authentication;     // unescaped, not empty
  std::string_view nonce;
};
std::optional<ClientFirst> parse_client_first(std::string_view message);

/// c=biws,r=nonce,p=proof
struct ClientFinal {
  std::string_view channel_binding;  // base64
  std::string_view nonce;
  std::string_view proof;          // base64
  std::string_view without_proof;  // client-final-message-without-proof
};
std::optional<ClientFinal> parse_client_final(std::string_view message);

/// r=nonce,s=salt,i=4096
struct ServerFirst {
  std::string_view nonce;
  std::string salt;  // decoded, not empty
  std::uint32_t iterations = 0;
};
std::optional<ServerFirst> parse_server_first(std::string_view message);

/// v=signature or e=error
struct ServerFinal {
  std::string signature;   // decoded; empty when there is an error
  std::string_view error;  // server-error-value
};
std::optional<ServerFinal> parse_server_final(std::string_view message);

/// "," and "=" of a name as "=2C" and "=3D".
std::string escape_name(std::string_view name);

/// printable: %x21-2B / %x2D-7E, at least one character.
bool is_nonce(std::string_view text);

}  // namespace mail::sasl
