#include <mail/base/ascii.h>
#include <mail/base/status.h>

int main() {
  const mail::Status status = mail::invalid("no ", 7);
  return mail::ascii::parse_number("42") == 42 && mail::message_of(status) == "no 7" ? 0 : 1;
}
