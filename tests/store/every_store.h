// What the tests of every store share.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/ascii.h"
#include "world.h"

namespace mail::store::test {

inline const std::string kOne = "Subject: one\r\n\r\nbody\r\n";
inline const std::string kTwo = "Subject: two\r\n\r\n";

template <class Test>
void on_every_store(Test test) {
  for (const auto& make : all_worlds()) {
    const auto world = make();
    INFO(world->name());
    test(*world);
  }
}

inline NewMessage new_message(std::string bytes, std::uint8_t flags = 0,
                              std::vector<std::string> keywords = {}) {
  return {std::move(bytes),
          {flags, std::move(keywords)},
          WallTime(std::chrono::seconds(1'000'000'000))};
}

inline std::vector<Uid> append(Mailbox& mailbox, std::vector<NewMessage> messages) {
  auto uids = mailbox.append(messages);
  INFO(uids.status().ToString());
  REQUIRE(uids.ok());
  return *uids;
}

/// RFC 8474 §7, with a letter first (§8.1).
inline bool is_object_id(const std::string& id) {
  return !id.empty() && id.size() <= 255 && ascii::is_alpha(id.front()) &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
         });
}

inline std::vector<std::string> folder_names(Account& account) {
  std::vector<std::string> names;
  const auto folders = account.folders();
  REQUIRE(folders.ok());
  for (const Folder& folder : *folders) {
    names.push_back(folder.name + (folder.is_selectable ? "" : " (parent)") +
                    (folder.has_children ? " +" : ""));
  }
  return names;
}

}  // namespace mail::store::test
