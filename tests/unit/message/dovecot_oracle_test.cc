// 344 real mails with Dovecot's answers, compared as parsed values: ENVELOPE, BODYSTRUCTURE, BODY,
// sizes and sections. What differs with reason is listed in tests/cases/suites/dovecot-oracle.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/ascii.h"
#include "mail/message.h"
#include "mail/text/utf8.h"
#include "support/suites.h"

namespace mail::message {
namespace {

/// An IMAP value: NIL, text or a list.
struct Value {
  enum class Kind { kNil, kText, kList } kind = Kind::kNil;
  std::string text;
  std::vector<Value> list;
};

class ValueReader {
 public:
  explicit ValueReader(std::string_view text) : text_(text) {}

  Value read() {
    while (text_.starts_with(' ')) text_.remove_prefix(1);
    REQUIRE(!text_.empty());
    if (text_.front() == '(') return read_list();
    if (text_.front() == '"') return read_quoted();
    if (text_.front() == '{') return read_literal();
    const std::size_t end = std::min(text_.find_first_of(" ()"), text_.size());
    Value value{Value::Kind::kText, std::string(text_.substr(0, end)), {}};
    text_.remove_prefix(end);
    if (value.text == "NIL") value = {};
    return value;
  }

 private:
  Value read_list() {
    Value value{Value::Kind::kList, {}, {}};
    text_.remove_prefix(1);
    while (true) {
      while (text_.starts_with(' ')) text_.remove_prefix(1);
      REQUIRE(!text_.empty());
      if (text_.front() == ')') break;
      value.list.push_back(read());
    }
    text_.remove_prefix(1);
    return value;
  }
  Value read_quoted() {
    Value value{Value::Kind::kText, {}, {}};
    std::size_t i = 1;
    for (; i < text_.size() && text_[i] != '"'; ++i) {
      if (text_[i] == '\\') ++i;
      value.text.push_back(text_[i]);
    }
    text_.remove_prefix(i + 1);
    return value;
  }
  Value read_literal() {
    const std::size_t size = std::stoul(std::string(text_.substr(1)));
    text_.remove_prefix(text_.find('\n') + 1);
    Value value{Value::Kind::kText, std::string(text_.substr(0, size)), {}};
    text_.remove_prefix(size);
    return value;
  }

  std::string_view text_;
};

std::string show(const Value& value) {
  if (value.kind == Value::Kind::kNil) return "NIL";
  if (value.kind == Value::Kind::kText) return "\"" + value.text + "\"";
  std::string result = "(";
  for (const Value& item : value.list) result += (result.size() > 1 ? " " : "") + show(item);
  return result + ")";
}

/// The file was written by Python with surrogateescape: an octet XX that is not UTF-8 stands as a
/// lone surrogate, "\udcXX", which JSON forbids. It becomes U+F7XX here.
std::string without_lone_surrogates(std::string json) {
  for (std::size_t i = json.find("\\udc"); i != std::string::npos; i = json.find("\\udc", i + 1)) {
    const bool is_pair = i >= 6 && json.compare(i - 6, 3, "\\ud") == 0 && json[i - 3] < 'c';
    if (!is_pair) json.replace(i, 4, "\\uf7");
  }
  return json;
}

std::string octets(const nlohmann::json& value) {
  std::string result;
  const std::string utf8 = value.get<std::string>();
  for (std::size_t i = 0; i < utf8.size();) {
    const char32_t c = text::next_code_point(utf8, i);
    if (c >= 0xF700 && c <= 0xF7FF) {
      result.push_back(static_cast<char>(c & 0xFF));
    } else {
      text::append_code_point(result, c);
    }
  }
  return result;
}

/// "* 1 FETCH (ENVELOPE (…))" → the value of its one item.
Value fetched(const std::string& response) {
  const std::size_t begin = response.find('(');
  REQUIRE(begin != std::string::npos);
  const Value items = ValueReader(std::string_view(response).substr(begin)).read();
  REQUIRE(!items.list.empty());
  return items.list.back();
}

/// Parameter lists in one order: which one is latitude.
void sort_parameters(Value& value) {
  for (Value& item : value.list) sort_parameters(item);
  const bool is_parameters =
      value.list.size() >= 2 && value.list.size() % 2 == 0 &&
      std::all_of(value.list.begin(), value.list.end(),
                  [](const Value& item) { return item.kind == Value::Kind::kText; });
  if (!is_parameters) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < value.list.size(); i += 2) {
    pairs.emplace_back(value.list[i].text, value.list[i + 1].text);
  }
  std::sort(pairs.begin(), pairs.end());
  value.list.clear();
  for (const auto& [name, text] : pairs) {
    value.list.push_back({Value::Kind::kText, name, {}});
    value.list.push_back({Value::Kind::kText, text, {}});
  }
}

/// As the oracle was fed: without a leading mbox line, CRLF line ends.
std::string as_appended(std::string file) {
  if (file.starts_with("From ")) file.erase(0, file.find('\n') + 1);
  std::string result;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (file[i] == '\n' && (i == 0 || file[i - 1] != '\r')) result.push_back('\r');
    result.push_back(file[i]);
  }
  return result;
}

class Oracle {
 public:
  Oracle() : exceptions_("suites/dovecot-oracle") {}

  void compare(const nlohmann::json& answers, const std::string& mail) {
    answers_ = &answers;
    const MimeTree tree(mail);
    compare_value("envelope", envelope_text(tree.header(tree.root())), false);
    compare_value("bodystructure", body_structure_text(tree, true), true);
    compare_value("body", body_structure_text(tree, false), true);
    compare_section("part1", mail, {{1}, Section::Kind::kWhole, {}});
    compare_section("mime1", mail, {{1}, Section::Kind::kMime, {}});
    compare_section("p2", mail, {{2}, Section::Kind::kWhole, {}}, 200);
    compare_section("text", mail, {{}, Section::Kind::kText, {}}, 100);
    compare_section("hdr", mail, {{}, Section::Kind::kHeaderFields, {"SUBJECT", "FROM", "DATE"}});
  }
  std::size_t compared() const { return compared_; }
  std::string stale() const { return exceptions_.unused(); }

 private:
  void compare_value(const char* what, const std::string& ours, bool has_parameters) {
    const nlohmann::json& answer = (*answers_)[what];
    if (!answer.is_string() || answer.get<std::string>().starts_with("sha256:")) return;
    Value expected = fetched(octets(answer));
    Value actual = ValueReader(ours).read();
    if (has_parameters) {
      sort_parameters(expected);
      sort_parameters(actual);
      // Media types, encodings and parameter names have no case: we write lower case, Dovecot what
      // the mail has.
      judge(what, ascii::to_lower(show(expected)), ascii::to_lower(show(actual)));
      return;
    }
    judge(what, show(expected), show(actual));
  }

  void compare_section(const char* what, std::string_view mail, const Section& section,
                       std::size_t limit = std::string_view::npos) {
    const nlohmann::json& answer = (*answers_)[what];
    if (!answer.is_string() || answer.get<std::string>().starts_with("sha256:")) return;
    const std::string response = octets(answer);
    const SectionOctets found = section_octets(mail, section);
    // The item's name holds a list; its value is the literal or NIL behind the bracket.
    const std::size_t bracket =
        response.find(']', response.find("[HEADER") == std::string::npos ? 0 : response.find(")]"));
    std::size_t begin = bracket + 1;
    if (response[begin] == '<') begin = response.find('>', begin) + 1;
    const Value value = ValueReader(std::string_view(response).substr(begin)).read();
    judge(what, value.text, std::string(found.octets().substr(0, limit)));
  }

  void judge(const char* what, const std::string& expected, const std::string& actual) {
    ++compared_;
    if (expected == actual) return;
    const std::string file = (*answers_)["file"].get<std::string>();
    const std::string key = std::to_string((*answers_)["seq"].get<int>()) + " " + what;
    if (exceptions_.covers(key)) return;
    UNSCOPED_INFO(key << " " << file << "\n  dovecot " << expected << "\n  ours    " << actual);
    CHECK(expected == actual);
  }

  test::Exceptions exceptions_;
  const nlohmann::json* answers_ = nullptr;
  std::size_t compared_ = 0;
};

TEST_CASE("real mails look as they do through Dovecot") {
  const auto folder = test::suite("imap-dovecot-oracle");
  if (!folder) return;
  const auto share =
      nlohmann::json::parse(without_lone_surrogates(test::read_test_file(*folder + "/share.json")));
  Oracle oracle;
  for (const auto& answers : share["messages"]) {
    const std::string file = answers["file"].get<std::string>();
    const std::string path = *folder + "/../" + file;
    if (!std::filesystem::exists(path))
      continue;  // answers are recorded for more mails than are kept
    const std::string mail = as_appended(test::read_test_file(path));
    INFO(file);
    REQUIRE(mail.size() == answers["octets"].get<std::size_t>());
    oracle.compare(answers, mail);
  }
  CHECK(oracle.compared() > 2000);
  CHECK(oracle.stale() == "");
}

}  // namespace
}  // namespace mail::message
