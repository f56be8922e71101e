#include <mail/crypto.h>

int main() {
  const std::string bytes = mail::crypto::random_bytes(16);
  return mail::crypto::to_hex(bytes).size() == 32 ? 0 : 1;
}
