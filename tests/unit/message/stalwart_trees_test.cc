// stalwart's mails with the trees that its parser sees in them: where each part begins and ends,
// what it is, what it says. Each mail with LF and with CRLF line ends. Where we see otherwise is
// listed, with the reason, in tests/cases/suites/stalwart-trees.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message.h"
#include "support/mails.h"
#include "support/suites.h"

namespace mail::message {
namespace {

using nlohmann::json;

class Tree {
 public:
  Tree(test::Exceptions& exceptions, std::string name, const std::string& mail)
      : exceptions_(exceptions), name_(std::move(name)), tree_(mail) {}

  void compare(const json& expected) { compare_message(expected, 0); }

 private:
  /// stalwart numbers the parts of each message from 0, ours are one list.
  void compare_message(const json& expected, std::uint32_t outermost) {
    compare_part(expected, 0, outermost);
  }

  void compare_part(const json& message, std::size_t number, std::uint32_t index) {
    const json& expected = message["parts"][number];
    const MimePart& part = tree_.part(index);
    compare_kind(expected, part);
    compare_offsets(expected, part);
    const json& body = expected["body"];
    if (body.contains("Multipart")) return compare_children(message, body["Multipart"], part);
    if (body.contains("Message")) {
      if (part.kind == MimePart::Kind::kMessage && body["Message"].contains("parts")) {
        compare_message(body["Message"], part.first_child);
      }
      return;
    }
    compare_content(body, part);
  }

  void compare_children(const json& message, const json& numbers, const MimePart& part) {
    judge("children", cat(numbers.size()), cat(part.children), part);
    if (numbers.size() != part.children) return;
    std::uint32_t child = part.first_child;
    for (const json& number : numbers) {
      compare_part(message, number.get<std::size_t>(), child);
      child = tree_.part(child).next_sibling;
    }
  }

  void compare_kind(const json& expected, const MimePart& part) {
    const json& body = expected["body"];
    const char* theirs = body.contains("Multipart") ? "multipart"
                         : body.contains("Message") ? "message"
                                                    : "leaf";
    const char* ours = part.kind == MimePart::Kind::kMultipart ? "multipart"
                       : part.kind == MimePart::Kind::kMessage ? "message"
                                                               : "leaf";
    judge("kind", theirs, ours, part);
  }

  void compare_offsets(const json& expected, const MimePart& part) {
    auto offsets = [](std::size_t header, std::size_t body, std::size_t end) {
      return cat(header, "-", body, "-", end);
    };
    judge("offsets",
          offsets(expected["offset_header"].get<std::size_t>(),
                  expected["offset_body"].get<std::size_t>(),
                  expected["offset_end"].get<std::size_t>()),
          offsets(part.header, part.body, part.end), part);
  }

  void compare_content(const json& body, const MimePart& part) {
    if (part.kind != MimePart::Kind::kLeaf) return;
    for (const char* kind : {"Text", "Html"}) {
      if (body.contains(kind)) {
        judge("text", body[kind].get<std::string>(), decoded_text(tree_, part), part);
      }
    }
    for (const char* kind : {"Binary", "InlineBinary"}) {
      if (!body.contains(kind)) continue;
      std::string octets;
      for (const json& octet : body[kind]) octets.push_back(static_cast<char>(octet.get<int>()));
      judge("octets", octets, decode_transfer(tree_.body(part), part.encoding), part);
    }
  }

  void judge(const char* what, const std::string& theirs, const std::string& ours,
             const MimePart& part) {
    if (theirs == ours) return;
    const auto index = static_cast<std::uint32_t>(&part - tree_.parts().data());
    const std::string key = cat(name_, " ", index, " ", what);
    if (exceptions_.covers(key)) return;
    FAIL_CHECK(key << "\n  theirs " << theirs << "\n  ours   " << ours);
  }

  test::Exceptions& exceptions_;
  const std::string name_;
  const MimeTree tree_;
};

TEST_CASE("stalwart's mails have the trees that its parser sees") {
  namespace fs = std::filesystem;
  const auto folder = test::suite("stalwart-mail-parser");
  if (!folder) return;
  test::Exceptions exceptions("suites/stalwart-trees");
  std::vector<fs::path> mails;
  for (const auto& entry : fs::recursive_directory_iterator(*folder + "/resources/eml")) {
    if (entry.path().extension() == ".eml") mails.push_back(entry.path());
  }
  std::sort(mails.begin(), mails.end());
  std::size_t compared = 0;
  for (const fs::path& path : mails) {
    const std::string octets = test::read_test_file(path.string());
    std::string with_lf = octets;  // as the suite does before it looks
    std::erase(with_lf, '\r');
    const std::string group = path.parent_path().filename().string();
    for (const bool crlf : {false, true}) {
      const fs::path answer = fs::path(path).replace_extension(crlf ? ".crlf.json" : ".json");
      if (!fs::exists(answer)) continue;
      ++compared;
      const std::string mail = crlf ? test::with_crlf(octets) : with_lf;
      const std::string name = cat(group, "/", path.stem().string(), crlf ? " crlf" : "");
      Tree(exceptions, name, mail).compare(json::parse(test::read_test_file(answer.string())));
    }
  }
  CHECK(compared >= 160);
  CHECK(exceptions.unused() == "");
}

}  // namespace
}  // namespace mail::message
