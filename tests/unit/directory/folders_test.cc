#include "mail/directory/folders.h"

#include <catch2/catch.hpp>

#include "mail/base/status.h"

namespace mail::directory {

TEST_CASE("FOLDERS says which folders are made and what they are for") {
  const auto rules =
      parse_folders("Archive : no : \\archive ,Müll:create:\\Trash,, a b:subscribe,Müll:subscribe");
  CHECK_FALSE(rules.ok());  // nothing between two commas
  const auto right =
      parse_folders("Archive : no : \\archive ,Müll:create:\\Trash, a b:subscribe,Müll:subscribe");
  REQUIRE(right.ok());
  const std::vector<FolderRule> expected = {
      {"Archive", false, false, "\\Archive"}, {"a b", true, true, ""}, {"Müll", true, true, ""}};
  CHECK(*right == expected);
  CHECK(parse_folders(" ")->empty());
}

TEST_CASE("By default folders are docker-mailserver's") {
  std::vector<std::string> made;
  for (const FolderRule& rule : default_folders()) {
    CHECK(rule.special_use == "\\" + rule.name);
    if (rule.is_made && rule.is_subscribed) made.push_back(rule.name);
  }
  CHECK(made == std::vector<std::string>{"Drafts", "Junk", "Sent", "Trash"});
}

TEST_CASE("What FOLDERS cannot mean is refused with its form") {
  for (const std::string_view text :
       {"Trash", ":create", "Trash:yes", "Trash:create:\\All", "Trash:create:Trash"}) {
    CAPTURE(text);
    const auto rules = parse_folders(text);
    REQUIRE_FALSE(rules.ok());
    CHECK(message_of(rules.status()).find("Name:subscribe:\\Use") != std::string_view::npos);
  }
}

}  // namespace mail::directory
