#include <mail/sasl/plain.h>

int main() {
  const auto message =
      mail::sasl::make_plain({.authorization = {}, .authentication = "ann", .password = "secret"});
  return message.ok() && mail::sasl::parse_plain(*message)->authentication == "ann" ? 0 : 1;
}
