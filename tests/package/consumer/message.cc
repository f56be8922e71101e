#include <mail/message.h>

int main() {
  const auto addresses = mail::message::parse_addresses("Ann <ann@example.com>, bob@example.com");
  return addresses.size() == 2 && mail::message::address_spec(addresses[0]) == "ann@example.com"
             ? 0
             : 1;
}
