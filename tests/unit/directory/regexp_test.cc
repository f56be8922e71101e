// postfix-regexp.cf, line by line.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "directory/tables.h"
#include "mail/base/ascii.h"

using namespace mail::directory;

namespace {

struct Parsed {
  RegexpTable table;
  std::vector<Diagnostic> diagnostics;
};

Parsed parse(std::string_view text) {
  Parsed parsed;
  parsed.table =
      RegexpTable::parse(text, Options{}, Report("postfix-regexp.cf", parsed.diagnostics));
  return parsed;
}

std::string result(const RegexpTable& table, std::string_view address) {
  const auto hit = table.find(address, mail::ascii::to_lower(address));
  return hit ? hit->result : "-";
}

}  // namespace

TEST_CASE("patterns match as Postfix's pcre tables do") {
  struct Row {
    std::string_view text, address, expected;
  };
  const Row table[] = {
      {"/^a@/ x", "a@d", "x"},
      {"/^A@/ x", "a@d", "x"},
      {"/^A@/i x", "a@d", "-"},
      {"/b/ x", "abc@d", "x"},
      {"/b/A x", "abc@d", "-"},
      {"/a/A x", "abc@d", "x"},
      {"/a|b/A x", "cb@d", "-"},
      {"!/b/ x", "abc@d", "-"},
      {"!/z/ x", "abc@d", "x"},
      {"! ! /b/ x", "abc@d", "x"},
      {"#a#\n|b| x", "b@d", "x"},
      {"/a\\/b/ x", "a/b@d", "x"},
      {"/^(.)(.)@/ $2${1}$(1)@e", "ab@d", "baa@e"},
      {"/^(.*)@/ $1@e", "AbC@d", "AbC@e"},
      {"/^(x)?a@/ [$1]", "a@d", "[]"},
      {"/a/ $$1", "a@d", "$1"},
      {"/(a+)/U $1", "aaa@d", "a"},
      {"/a/ first\n/a/ second", "a@d", "first"},
      {"if /d$/\n/a/ x\nendif\n/b/ y", "a@d", "x"},
      {"if /d$/\n/a/ x\nendif\n/b/ y", "a@e", "-"},
      {"if /d$/\n/a/ x\nendif\n/b/ y", "b@e", "y"},
      {"if !/d$/\n/a/ x\nendif", "a@d", "-"},
      {"if /d$/\nif /^a/\n/a/ x\nendif\n/b/ y\nENDIF\n/./ z", "b@d", "y"},
      {"if /d$/\nif /^a/\n/a/ x\nendif\n/b/ y\nENDIF\n/./ z", "ab@e", "z"},
      {"if /d$/\n/a/ x", "a@e", "-"},
      {"if /d$/\n/a/ x", "a@d", "x"},
      {"/a/\n   x,\n y", "a@d", "x, y"},
      {"/a/", "a@d", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.text, row.address);
    CHECK(result(parse(row.text).table, row.address) == row.expected);
  }
}

TEST_CASE("a bad line is reported with its number and loses only itself") {
  const std::string_view bad[] = {
      "/a(?=b)/ x", "/(a)\\1/ x", "/a++/ x",     "/(a/ x", "/a/q x", "/a x",
      "a@d x",      "/a/ $1",     "/(a)/ $2",    "/a/ $0", "/a/ $x", "/(a)/ ${1",
      "!/(a)/ $1",  "!",          "/(a)/ $1foo", "endif",
  };
  for (const std::string_view line : bad) {
    CAPTURE(line);
    const Parsed parsed = parse("/before/ 1\n" + std::string(line) + "\n/after/ 2\n");
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics[0].line == 2);
    CHECK_FALSE(parsed.diagnostics[0].fix.empty());
    CHECK(result(parsed.table, "before") == "1");
    CHECK(result(parsed.table, "after") == "2");
    CHECK(result(parsed.table, "ab") == "-");
  }
}

TEST_CASE("an 'if' that cannot be used guards its rules from everybody") {
  const Parsed parsed = parse("if /(?<!x)a/\n/a/ x\nendif\n/b/ y\n");
  CHECK(parsed.diagnostics.size() == 2);
  CHECK(result(parsed.table, "a") == "-");
  CHECK(result(parsed.table, "b") == "y");
}

TEST_CASE("a pattern over its memory limit is refused") {
  Options options;
  options.max_pattern_octets = 64 * 1024;
  std::vector<Diagnostic> diagnostics;
  const RegexpTable table = RegexpTable::parse("/((a{100}){10}){10}/ x\n/b/ y\n", options,
                                               Report("postfix-regexp.cf", diagnostics));
  CHECK(diagnostics.size() == 1);
  CHECK(result(table, "b") == "y");
}
