// Quotas as the services hold them: what a client is told, and what is refused where.
#include <catch2/catch.hpp>

#include "server/quota.h"
#include "server/quota_watch.h"
#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::ScriptWorld;

// Octets: 4 k for ann, of whom 400 may be gone over; bob has none; cid may have two messages.
directory::Snapshot::Texts config() {
  directory::Snapshot::Texts texts;
  texts.accounts =
      "ann@example.test|{PLAIN}secret\n"
      "bob@example.test|{PLAIN}secret\n"
      "cid@example.test|{PLAIN}secret|userdb_quota_rule=*:messages=2\n";
  texts.quotas = "ann@example.test:4k\n";
  texts.virtual_aliases =
      "hello@example.test ann@example.test\nall@example.test ann@example.test,bob@example.test\n";
  return texts;
}

bool contains(std::string_view text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string_view::npos;
}

/// A message of so many octets.
std::string message(std::size_t octets) {
  std::string bytes = "Subject: x\r\n\r\n";
  while (bytes.size() + 72 < octets) bytes += std::string(70, 'x') + "\r\n";
  return bytes + std::string(octets - bytes.size() - 2, 'y') + "\r\n";
}

struct QuotaWorld : ScriptWorld {
  explicit QuotaWorld(std::string_view ann = "4k") : ScriptWorld(config()) {
    directory::Snapshot::Texts texts = config();
    texts.quotas = cat("ann@example.test:", ann, "\n");
    current.set(directory::Snapshot::from_texts(texts, directory_options()));
  }

  /// So many octets in one message, past every quota.
  void fill(const std::string& address, std::size_t octets) {
    store::Target target;
    target.account.address = address;
    const std::string bytes = message(octets);
    const std::string_view pieces[] = {bytes};
    REQUIRE(store->account(target.account).ok());
    REQUIRE(store->deliver(std::span(&target, 1), pieces, clock.wall()).ok());
  }
  store::Usage usage(const std::string& address) { return store->usage({address, {}}).value(); }
  std::string imap(std::string_view commands, std::string_view user = "ann") {
    return talk(Protocol::kImaps, cat("0 LOGIN ", user, "@example.test secret\r\n", commands));
  }
};

std::string append_command(std::string_view tag, std::string_view folder, std::size_t octets) {
  return cat(tag, " APPEND ", folder, " {", octets, "+}\r\n", message(octets), "\r\n");
}

TEST_CASE("Limits come from quotas: grace for deliveries, room in Trash for clients") {
  directory::Quota quota;
  quota.octets = 1000;
  quota.grace_octets = 100;
  quota.messages = 7;
  CHECK(delivery_limit(quota) == store::UsageLimit{1000, 100, 7});
  CHECK(saving_limit(quota, "INBOX") == store::UsageLimit{1000, 0, 7});
  CHECK(saving_limit(quota, "Trash") == store::UsageLimit{1000 + (50 << 20), 0, 7});
  CHECK(saving_limit(quota, "Trash.Old") == store::UsageLimit{1000, 0, 7});
  CHECK(saving_limit({}, "Trash").is_unlimited());
  CHECK(delivery_limit({}).is_unlimited());
}

TEST_CASE("IMAP tells the quota under Dovecot's name, in units of 1024 octets rounded up") {
  QuotaWorld world;
  world.fill("ann@example.test", 1025);
  world.fill("cid@example.test", 2000);
  const std::string ann = world.imap(
      "a GETQUOTAROOT INBOX\r\nb GETQUOTA \"User quota\"\r\nc GETQUOTA \"\"\r\n"
      "d SETQUOTA \"User quota\" (STORAGE 512000)\r\ne GETQUOTAROOT \"not there\"\r\n");
  CHECK(contains(ann,
                 "\r\n* QUOTAROOT INBOX \"User quota\"\r\n* QUOTA \"User quota\" (STORAGE 2 4)\r\n"
                 "a OK GETQUOTAROOT completed\r\n* QUOTA \"User quota\" (STORAGE 2 4)\r\n"
                 "b OK GETQUOTA completed\r\nc NO [NONEXISTENT] There is no such quota root\r\n"
                 "d NO [NOPERM] Quotas are set by the administrator\r\n"
                 "* QUOTAROOT \"not there\" \"User quota\"\r\n"));
  CHECK(contains(world.imap("a GETQUOTAROOT INBOX\r\n", "bob"),
                 "\r\n* QUOTAROOT INBOX \"User quota\"\r\n* QUOTA \"User quota\" ()\r\na OK"));
  CHECK(contains(world.imap("a GETQUOTA \"User quota\"\r\n", "cid"),
                 "\r\n* QUOTA \"User quota\" (MESSAGE 1 2)\r\na OK"));
}

TEST_CASE("With ENABLE_QUOTAS=0 there is no quota root and nothing is refused") {
  QuotaWorld world;
  directory::Options options = ScriptWorld::directory_options();
  options.quotas = false;
  world.current.set(directory::Snapshot::from_texts(config(), options));
  world.fill("ann@example.test", 9000);
  const std::string output = world.imap(cat("a GETQUOTAROOT INBOX\r\nb GETQUOTA \"User quota\"\r\n",
                                            append_command("c", "INBOX", 100)));
  CHECK(contains(output, "\r\n* QUOTAROOT INBOX\r\na OK"));
  CHECK(contains(output, "\r\nb NO [NONEXISTENT] "));
  CHECK(contains(output, "\r\nc OK [APPENDUID "));
}

TEST_CASE("APPEND and COPY beyond the quota are refused with OVERQUOTA, MOVE is not") {
  QuotaWorld world;
  world.fill("ann@example.test", 3000);
  const std::string output = world.imap(cat(
      append_command("a", "INBOX", 1097), append_command("b", "INBOX", 1096),
      append_command("c", "INBOX", 20),
      "d SELECT INBOX\r\ne CREATE Work\r\nf COPY 1 Work\r\ng COPY 1 Trash\r\nh UID MOVE 2 Work\r\n",
      append_command("i", "Trash", 20)));
  const std::string_view refused = " NO [OVERQUOTA] Quota exceeded (mailbox for user is full)\r\n";
  for (const std::string_view tag : {"a", "c", "f"}) {
    CAPTURE(tag);
    CHECK(contains(output, cat("\r\n", tag, refused)));
  }
  CHECK(contains(output, "\r\nb OK [APPENDUID "));
  CHECK(contains(output, "\r\ng OK [COPYUID "));
  CHECK(contains(output, "\r\n* OK [COPYUID "));
  CHECK(contains(output, "\r\nh OK MOVE completed\r\n"));
  CHECK(contains(output, "\r\ni OK [APPENDUID "));
  CHECK(world.usage("ann@example.test").messages == 5);  // one is a warning
}

TEST_CASE("A client that waits is refused before it sends what there is no room for") {
  QuotaWorld world;
  const std::string output =
      world.imap("a APPEND INBOX {4097}\r\nb APPEND Nowhere {1}\r\nc NOOP\r\n");
  CHECK(contains(output,
                 "\r\na NO [OVERQUOTA] Quota exceeded (mailbox for user is full)\r\n"
                 "b NO [TRYCREATE] The destination mailbox does not exist\r\nc OK"));
  CHECK_FALSE(contains(output, "\r\n+ "));
}

TEST_CASE("The messages of one APPEND count together, and are stored all or none") {
  QuotaWorld world;
  const auto append = [&](std::size_t first, std::size_t second) {
    return world.imap(cat("a APPEND INBOX {", first, "+}\r\n", message(first), " {", second,
                          "+}\r\n", message(second), "\r\nb NOOP\r\n"));
  };
  CHECK(contains(append(2000, 2097), "\r\na NO [OVERQUOTA] "));
  CHECK(world.usage("ann@example.test") == store::Usage{});
  CHECK(contains(append(2000, 2096), "\r\na OK [APPENDUID "));
  CHECK(world.usage("ann@example.test").messages == 3);  // one is a warning
}

TEST_CASE("A number of messages is a quota, too") {
  QuotaWorld world;
  const std::string output =
      world.imap(cat(append_command("a", "INBOX", 20), append_command("b", "INBOX", 20),
                     append_command("c", "INBOX", 20)),
                 "cid");
  CHECK(contains(output, "\r\nb OK "));
  CHECK(contains(output, "\r\nc NO [OVERQUOTA] "));
  CHECK(world.usage("cid@example.test").messages == 2);
}

/// What a client hears that sends one message of so many octets to these addresses.
std::string send(QuotaWorld& world, Protocol protocol, std::vector<std::string_view> to,
                 std::size_t octets, std::string_view parameters = "") {
  std::string script = protocol == Protocol::kLmtp ? "LHLO c\r\n" : "EHLO c\r\n";
  mail::append(script, "MAIL FROM:<eve@elsewhere.test>", parameters, "\r\n");
  for (const std::string_view address : to) mail::append(script, "RCPT TO:<", address, ">\r\n");
  mail::append(script, "DATA\r\n", message(octets), ".\r\nQUIT\r\n");
  return world.talk(protocol, script);
}

constexpr std::string_view kFullAtRcpt =
    "\r\n554 5.2.2 Quota exceeded (mailbox for user is full)\r\n";

TEST_CASE("A full mailbox is refused at RCPT, by alias too, and by the size that MAIL declares") {
  struct Row {
    std::size_t used;
    std::string_view to, parameters;
    bool is_accepted;
  };
  // The quota is 4096 octets, its grace 409.
  const Row rows[] = {
      {4095, "ann@example.test", "", true},           {4096, "ann@example.test", "", false},
      {4097, "ann@example.test", "", false},          {4097, "hello@example.test", "", false},
      {4097, "Ann+ext@Example.test", "", false},      {4097, "all@example.test", "", false},
      {4097, "bob@example.test", "", true},           {4000, "ann@example.test", " SIZE=505", true},
      {4000, "ann@example.test", " SIZE=506", false}, {4096, "ann@example.test", " SIZE=0", false},
      {0, "ann@example.test", " SIZE=4505", true},    {0, "ann@example.test", " SIZE=4506", false},
      {0, "cid@example.test", " SIZE=9000000", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.used, row.to, row.parameters);
    QuotaWorld world;
    if (row.used != 0) world.fill("ann@example.test", row.used);
    const std::string replies = send(world, Protocol::kSmtp, {row.to}, 100, row.parameters);
    CHECK(contains(replies, kFullAtRcpt) == !row.is_accepted);
    CHECK(contains(replies, "\r\n250 2.1.5 Ok\r\n354 ") == row.is_accepted);
  }
}

TEST_CASE("One full recipient does not keep the message from the others") {
  QuotaWorld world;
  world.fill("ann@example.test", 5000);
  const std::string replies =
      send(world, Protocol::kSmtp, {"ann@example.test", "bob@example.test"}, 100);
  CHECK(contains(replies, cat(kFullAtRcpt, "250 2.1.5 Ok\r\n354 ")));
  CHECK(contains(replies, "\r\n250 2.0.0 Ok: queued as "));
  CHECK(world.usage("bob@example.test").messages == 1);
  CHECK(world.usage("ann@example.test").messages == 1);
}

TEST_CASE("Users of ours hear the same in submission, and LMTP names the recipient") {
  QuotaWorld world;
  world.fill("ann@example.test", 5000);
  const std::string submission = world.talk(
      Protocol::kSubmissions,
      "EHLO c\r\nAUTH PLAIN AGJvYkBleGFtcGxlLnRlc3QAc2VjcmV0\r\nMAIL FROM:<bob@example.test>\r\n"
      "RCPT TO:<ann@example.test>\r\nQUIT\r\n");
  CHECK(contains(submission, kFullAtRcpt));
  const std::string lmtp =
      send(world, Protocol::kLmtp, {"Ann@example.test", "bob@example.test"}, 100);
  CHECK(contains(lmtp,
                 "\r\n554 5.2.2 <Ann@example.test> Quota exceeded (mailbox for user is full)\r\n"
                 "250 2.1.5 Ok\r\n354 "));
}

TEST_CASE("What fits no longer at the end of the message is refused for good") {
  QuotaWorld world;
  world.fill("ann@example.test", 4000);
  CHECK(contains(send(world, Protocol::kSmtp, {"ann@example.test"}, 600),
                 "\r\n552 5.2.2 Quota exceeded (mailbox for user is full)\r\n221 "));
  CHECK(contains(send(world, Protocol::kLmtp, {"bob@example.test", "ann@example.test"}, 600),
                 " Saved\r\n552 5.2.2 <ann@example.test> Quota exceeded (mailbox for user is "
                 "full)\r\n221 "));
  CHECK(world.usage("bob@example.test").messages == 1);
  CHECK(world.usage("ann@example.test").messages == 1);
}

TEST_CASE("SMTP's one answer is temporary while others could have the message") {
  QuotaWorld world;
  world.fill("ann@example.test", 4000);
  const std::string replies =
      send(world, Protocol::kSmtp, {"ann@example.test", "bob@example.test"}, 600);
  CHECK(contains(replies, "\r\n452 4.2.2 Some of the mailboxes are full\r\n221 "));
  CHECK(world.usage("bob@example.test").messages == 0);
  // The next try says its size, as mail servers do.
  const std::string again =
      send(world, Protocol::kSmtp, {"ann@example.test", "bob@example.test"}, 600, " SIZE=600");
  CHECK(contains(again, kFullAtRcpt));
  CHECK(contains(again, "\r\n250 2.0.0 Ok: queued as "));
  CHECK(world.usage("bob@example.test").messages == 1);
}

TEST_CASE("A message more than a mailbox may have is refused") {
  QuotaWorld world;
  for (int i = 0; i < 2; ++i) {
    CHECK(contains(send(world, Protocol::kSmtp, {"cid@example.test"}, 100), "\r\n250 2.0.0 "));
  }
  CHECK(contains(send(world, Protocol::kSmtp, {"cid@example.test"}, 100), kFullAtRcpt));
}

TEST_CASE("A mark is passed upwards at 80 and 95 percent, downwards at 100") {
  struct Row {
    std::uint64_t before, after, limit;
    std::optional<QuotaMark> mark;
  };
  const std::uint64_t most = std::uint64_t{1} << 63;
  const Row rows[] = {
      {0, 79, 100, {}},
      {79, 80, 100, QuotaMark::kNearlyFull},
      {80, 94, 100, {}},
      {0, 94, 100, QuotaMark::kNearlyFull},
      {80, 95, 100, QuotaMark::kAlmostFull},
      {0, 200, 100, QuotaMark::kAlmostFull},
      {95, 200, 100, {}},
      {100, 99, 100, QuotaMark::kNoLongerFull},
      {99, 98, 100, {}},
      {200, 100, 100, {}},
      {200, 0, 100, QuotaMark::kNoLongerFull},
      {96, 79, 100, {}},
      {0, 100, 0, {}},
      {0, most / 5 * 4, most, {}},
      {0, most / 5 * 4 + 3, most, QuotaMark::kNearlyFull},
  };
  for (const Row& row : rows) {
    CAPTURE(row.before, row.after, row.limit);
    CHECK(passed_mark(row.before, row.after, row.limit) == row.mark);
  }
}

std::vector<std::string> warnings(QuotaWorld& world) {
  const auto account = world.store->account({"ann@example.test", {}});
  const auto inbox = (*account)->open("INBOX");
  std::vector<std::string> found;
  for (const store::MessageInfo& info : (*inbox)->snapshot().messages) {
    const auto content = (*inbox)->read(info.uid);
    const std::string_view bytes = (*content)->bytes();
    if (bytes.find("Subject: quota warning") != bytes.npos) found.emplace_back(bytes);
  }
  return found;
}

TEST_CASE("The owner is told once at 80 and at 95 percent, and when there is room again") {
  QuotaWorld world("100k");
  world.fill("ann@example.test", 80'000);
  CHECK(contains(send(world, Protocol::kSmtp, {"ann@example.test"}, 100), "\r\n250 2.0.0 "));
  CHECK(warnings(world).empty());
  CHECK(contains(send(world, Protocol::kLmtp, {"ann@example.test"}, 2'000), "\r\n250 2.0.0 "));
  REQUIRE(warnings(world).size() == 1);
  const std::string first = warnings(world)[0];
  CHECK(first.starts_with("Return-Path: <>\r\nDelivered-To: ann@example.test\r\nDate: "));
  for (const std::string_view part :
       {"\r\nFrom: postmaster@example.test\r\n", "\r\nTo: ann@example.test\r\n",
        "\r\nAuto-Submitted: auto-generated\r\n", "\r\n\r\nYour mailbox is now 80% full.\r\n"}) {
    CHECK(contains(first, part));
  }
  const auto add = [&] {
    CHECK(contains(world.imap(append_command("a", "Trash", 15'000)), "a OK "));
    return warnings(world).size();
  };
  CHECK(add() == 2);
  CHECK(contains(warnings(world)[1], "\r\n\r\nYour mailbox is now 95% full.\r\n"));
  CHECK(add() == 2);
  const std::string_view remove_first = "b STORE 1 +FLAGS (\\Deleted)\r\n";
  CHECK(contains(world.imap(cat("a SELECT Trash\r\n", remove_first, "c EXPUNGE\r\n")), "c OK "));
  REQUIRE(warnings(world).size() == 3);
  CHECK(contains(warnings(world)[2], "\r\n\r\nYour mailbox is no longer full.\r\n"));
  CHECK(add() == 3);
  CHECK(contains(world.imap("a DELETE Trash\r\n"), "a OK "));
  CHECK(warnings(world).size() == 4);
  CHECK(contains(world.imap(cat("a SELECT INBOX\r\n", remove_first, "c CLOSE\r\n")), "c OK "));
  CHECK(warnings(world).size() == 4);
  // Of what is far below, a message that reaches both marks tells the higher one.
  world.fill("ann@example.test", 10'000);
  CHECK(contains(world.imap(append_command("a", "INBOX", 84'000)), "a OK "));
  REQUIRE(warnings(world).size() == 5);
  CHECK(contains(warnings(world)[4], "95% full"));
}

TEST_CASE("A deletion by POP3 tells that there is room again") {
  QuotaWorld world;
  world.fill("ann@example.test", 5'000);
  CHECK(contains(
      world.talk(Protocol::kPop3s, "USER ann@example.test\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n"),
      "messages deleted"));
  REQUIRE(warnings(world).size() == 1);
  CHECK(contains(warnings(world)[0], "no longer full"));
}

TEST_CASE("A warning comes though the mailbox is full, and nobody without a quota gets one") {
  QuotaWorld world;
  world.fill("ann@example.test", 3000);
  CHECK(contains(send(world, Protocol::kSmtp, {"ann@example.test", "bob@example.test"}, 1000),
                 "\r\n250 2.0.0 "));
  REQUIRE(warnings(world).size() == 1);
  CHECK(contains(warnings(world)[0], "95% full"));
  CHECK(world.usage("ann@example.test").octets > 4096);
  CHECK(world.usage("bob@example.test").messages == 1);
}

}  // namespace
}  // namespace mail::server
