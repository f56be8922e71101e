// receive_bench [ITEM ROUNDS]: what the SMTP engine costs for one message received, MAIL to 250, in
// a session that goes on. Without arguments it prints the allocations of each way to send it; with
// them it does nothing but that, so that a profiler counts its instructions
// (tests/bench/receive.py).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/base/absl.h"
#include "mail/smtp/server_session.h"
#include "support/counting/allocations.h"

namespace {

using namespace mail;
using namespace mail::smtp;

constexpr TimePoint kNow{hours(1)};
/// What a socket gives at once.
constexpr std::size_t kRead = 4096;

std::string fixed_mail() {
  std::string mail = "From: ann@example.org\r\nTo: bob@example.com\r\nSubject: x\r\n\r\n";
  while (mail.size() < 12'000)
    mail += "A line of text, as long as many lines of a mail are: 70 or so.\r\n";
  return mail;
}

class Peer {
 public:
  Peer(Dialect dialect, bool chunks) : session_(options(dialect), kNow) {
    if (session_.next()) session_.accept();  // Connected
    say(dialect == Dialect::kLmtp ? "LHLO client.example\r\n" : "EHLO client.example\r\n");
    const std::string mail = fixed_mail();
    const std::string envelope =
        "MAIL FROM:<ann@example.org> SIZE=12000 BODY=8BITMIME\r\n"
        "RCPT TO:<bob@example.com>\r\n";
    script_ = chunks ? cat(envelope, "BDAT ", mail.size(), " LAST\r\n", mail)
                     : cat(envelope, "DATA\r\n", mail, ".\r\n");
  }

  std::size_t receive() {
    octets_ = 0;
    say(script_);
    return octets_;
  }

 private:
  static ServerOptions options(Dialect dialect) {
    ServerOptions options;
    options.dialect = dialect;
    return options;
  }

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      session_.receive(bytes.substr(0, kRead), kNow);
      bytes.remove_prefix(std::min(kRead, bytes.size()));
      while (const auto event = session_.next()) {
        if (const auto* chunk = std::get_if<DataChunk>(&*event)) {
          octets_ += chunk->bytes.size();
        } else {
          session_.accept();
        }
      }
      session_.consume_output(session_.output().size());
    }
  }

  ServerSession session_;
  std::string script_;
  std::size_t octets_ = 0;
};

struct Item {
  std::string_view name;
  Dialect dialect;
  bool chunks;
};
constexpr Item kItems[] = {{"DATA", Dialect::kSmtp, false},
                           {"BDAT", Dialect::kSmtp, true},
                           {"LMTP", Dialect::kLmtp, false}};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) std::printf("%-22s %12s %10s %10s\n", "item", "allocations", "octets", "message");
  for (const Item& item : kItems) {
    Peer peer(item.dialect, item.chunks);
    if (argc < 3) {
      peer.receive();
      const test::Allocations before = test::allocations();
      const std::size_t octets = peer.receive();
      const test::Allocations after = test::allocations();
      std::printf("%-22s %12zu %10zu %10zu\n", std::string(item.name).c_str(),
                  after.count - before.count, after.octets - before.octets, octets);
    } else if (item.name == argv[1]) {
      for (int round = std::atoi(argv[2]); round > 0; --round) peer.receive();
      return 0;
    }
  }
  return argc < 3 ? 0 : 2;
}
