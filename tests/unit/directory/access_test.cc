#include "mail/directory/access.h"

#include <catch2/catch.hpp>

#include "mail/directory/snapshot.h"

using namespace mail::directory;

namespace {

std::shared_ptr<const Snapshot> with_send_access(std::string_view text) {
  Snapshot::Texts texts;
  texts.send_access = std::string(text);
  Options options;
  options.hostname = "mail.d.example";
  return Snapshot::from_texts(texts, options);
}

std::string shown(const AccessRule* rule) {
  if (rule == nullptr) return "none";
  std::string text = rule->key + " " + std::string(to_string(rule->action));
  if (rule->action == AccessAction::kReject || rule->action == AccessAction::kDefer) {
    text += " " + std::to_string(rule->code) + " " + rule->enhanced + " " + rule->text;
  }
  return text;
}

}  // namespace

TEST_CASE("actions of access(5) are read as Postfix reads them") {
  struct Row {
    std::string_view action, expected;
  };
  const Row rows[] = {
      {"REJECT", "reject 554 5.7.1 Access denied"},
      {"reject Go away", "reject 554 5.7.1 Go away"},
      {"REJECT 5.1.9 Gone", "reject 554 5.1.9 Gone"},
      {"REJECT 4.1.9 Gone", "reject 554 5.7.1 4.1.9 Gone"},
      {"550", "reject 550 5.7.1 Access denied"},
      {"550 5.7.27 No", "reject 550 5.7.27 No"},
      {"550 Go\raway\x1b[2J", "reject 550 5.7.1 Go away [2J"},
      {"451 Later", "defer 451 4.7.1 Later"},
      {"DEFER", "defer 450 4.7.1 Access denied"},
      {"OK", "permit"},
      {"200", "permit"},
      {"permit", "permit"},
      {"DUNNO", "dunno"},
      {"WARN odd", "dunno"},
      {"DISCARD", "discard"},
      {"DEFER_IF_PERMIT", "defer if permit"},
      {"DEFER_IF_REJECT", "defer if reject"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.action);
    const auto snapshot = with_send_access("a@d.example \t\t " + std::string(row.action) + "\n");
    CHECK(snapshot->diagnostics().empty());
    CHECK(shown(snapshot->send_access("a@d.example")) ==
          "a@d.example " + std::string(row.expected));
  }
}

TEST_CASE("lines of access(5) that do nothing are named") {
  const auto snapshot = with_send_access(
      "a@d.example HOLD\nb@d.example\n.d.example REJECT\nc@d.example OK\nC@d.example REJECT\n"
      "f@d.example FILTER smtp:x\n");
  std::vector<std::size_t> lines;
  for (const Diagnostic& diagnostic : snapshot->diagnostics()) lines.push_back(diagnostic.line);
  CHECK(lines == std::vector<std::size_t>{1, 2, 3, 5, 6});
  CHECK(snapshot->send_access("a@d.example") == nullptr);
  CHECK(shown(snapshot->send_access("c@d.example")) == "c@d.example permit");
}

TEST_CASE("access is looked up by address, domain, parent domains and localpart, in this order") {
  const std::string_view all[] = {"user+ext@sub.d.example",
                                  "user@sub.d.example",
                                  "sub.d.example",
                                  "d.example",
                                  "example",
                                  "user+ext@",
                                  "user@"};
  // Each key wins over all that follow it.
  for (std::size_t first = 0; first < std::size(all); ++first) {
    std::string text;
    for (std::size_t i = std::size(all); i > first; --i) {
      text += std::string(all[i - 1]) + " REJECT\n";
    }
    const auto snapshot = with_send_access(text);
    const AccessRule* rule = snapshot->send_access("User+Ext@Sub.D.Example");
    REQUIRE(rule != nullptr);
    CHECK(rule->key == all[first]);
  }
  const auto snapshot = with_send_access(
      "<> REJECT\nsub.d.example OK\n\"a b\"@d.example OK\nroot@mail.d.example DISCARD\n");
  CHECK(shown(snapshot->send_access("")).starts_with("<> reject"));
  CHECK(snapshot->send_access("x@d.example") == nullptr);
  CHECK(snapshot->send_access("x@notsub.d.example") == nullptr);
  CHECK(shown(snapshot->send_access("\"a b\"@d.example")) == "\"a b\"@d.example permit");
  CHECK(shown(snapshot->send_access("root")) == "root@mail.d.example discard");
  CHECK(snapshot->receive_access("x@sub.d.example") == nullptr);
}
