// WildDuck's two mails with the trees that its IMAP server sees in them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "mail/message.h"
#include "mail/text/utf8.h"
#include "support/mails.h"
#include "support/suites.h"

namespace mail::message {
namespace {

using nlohmann::json;

/// The file holds octets as code points.
std::string octets(const json& text) {
  const std::string utf8 = text.get<std::string>();
  std::string result;
  for (std::size_t i = 0; i < utf8.size();) {
    result.push_back(static_cast<char>(text::next_code_point(utf8, i)));
  }
  return result;
}

void compare(const MimeTree& tree, std::uint32_t index, const json& node) {
  const MimePart& part = tree.part(index);
  INFO("part " << index);
  std::vector<std::string> fields;
  for (const HeaderField& field : HeaderFields(tree.header(part))) {
    std::string_view raw = field.raw;
    while (raw.ends_with('\n') || raw.ends_with('\r')) raw.remove_suffix(1);
    fields.emplace_back(raw);
  }
  CHECK(fields == node["header"].get<std::vector<std::string>>());
  const json children = node.value("childNodes", json::array());
  CHECK((part.kind == MimePart::Kind::kMultipart) == !node["multipart"].is_boolean());
  CHECK((part.kind == MimePart::Kind::kMessage) == node.contains("message"));
  if (part.kind == MimePart::Kind::kMessage) {
    compare(tree, part.first_child, node["message"]);
  } else {
    REQUIRE(children.size() == part.children);
  }
  if (part.kind != MimePart::Kind::kMultipart) {
    CHECK(tree.body(part) == octets(node["body"]));
    CHECK(part.body_lines + 1 == node["lineCount"].get<std::size_t>());
    CHECK(part.end - part.body == node["size"].get<std::size_t>());
  }
  std::uint32_t child = part.first_child;
  for (const json& expected : children) {
    compare(tree, child, expected);
    child = tree.part(child).next_sibling;
  }
}

TEST_CASE("WildDuck's mails have the trees that its server sees") {
  const auto folder = test::suite("wildduck");
  if (!folder) return;
  for (const char* name : {"simple", "mimetorture"}) {
    INFO(name);
    const std::string path = *folder + "/imap-core/test/fixtures/" + name;
    const std::string mail = test::with_crlf(test::read_test_file(path + ".eml"));
    compare(MimeTree(mail), 0, json::parse(test::read_test_file(path + ".json")));
  }
}

}  // namespace
}  // namespace mail::message
