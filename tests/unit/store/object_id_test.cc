// EMAILID and MAILBOXID (RFC 8474).
#include "store/object_id.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

using namespace mail;
using namespace mail::store;

namespace {

const std::string kGuid = "3085f01b7f11094c501100008c4a11c1";
const std::string kBase = "1276528487.M364837P9451.kurkku,S=1355,W=1394";

/// objectid of RFC 8474 §7, with a letter first (§8.1).
bool is_object_id(std::string_view id) {
  return !id.empty() && id.size() <= 255 && ascii::is_alpha(id.front()) &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
         });
}

}  // namespace

TEST_CASE("a message's GUID is G of its record, else its base name") {
  CHECK(message_guid("", kBase) == kBase);
  CHECK(message_guid("W1394 S1355", kBase) == kBase);
  CHECK(message_guid(cat("W1394 G", kGuid, " S1355"), kBase) == kGuid);
  CHECK(message_guid("Gother.base,S=1", kBase) == "other.base,S=1");
}

TEST_CASE("an EMAILID is an objectid, whatever the GUID is, and another one for another GUID") {
  const std::string guids[] = {kGuid,
                               ascii::to_upper(kGuid),
                               kGuid.substr(1),
                               kGuid + "0",
                               kBase,
                               "1",
                               "NIL",
                               "nil",
                               "-",
                               "a b",
                               "b\xC3\xA4se",
                               std::string(255, 'x'),
                               std::string(256, 'x'),
                               std::string(60'000, 'x')};
  std::set<std::string> ids;
  for (const std::string& guid : guids) {
    INFO(guid.substr(0, 80));
    CHECK(is_object_id(email_id(guid)));
    CHECK(email_id(guid) == email_id(guid));
    CHECK(ids.insert(ascii::to_lower(email_id(guid))).second);
  }
  CHECK(email_id(kGuid) == "E" + kGuid);
  CHECK(email_id("a") == "Ed228cb696f1a8caf78912b704e4a8964");  // of the authors' test vectors
}

TEST_CASE("a record carries every GUID without another EMAILID") {
  struct Row {
    std::string guid;
    bool is_carried_as_it_is = true;
  };
  const Row rows[] = {
      {kGuid},        {kBase},         {std::string(255, 'x')}, {std::string(256, 'x'), false},
      {"a b", false}, {"a\nb", false}, {"a\x7f", false},        {"b\xC3\xA4se,S=1:x"}};
  for (const Row& row : rows) {
    INFO(row.guid);
    const std::string carried = recordable_guid(row.guid);
    CHECK((carried == row.guid) == row.is_carried_as_it_is);
    CHECK(email_id(carried) == email_id(row.guid));
    CHECK(recordable_guid(carried) == carried);
    CHECK(carried.find_first_of(" \n\x7f") == std::string::npos);
  }
}

TEST_CASE("a mailbox GUID has 32 hexadecimal digits") {
  CHECK(is_mailbox_guid(kGuid));
  CHECK(is_mailbox_guid(ascii::to_upper(kGuid)));
  CHECK_FALSE(is_mailbox_guid(""));
  CHECK_FALSE(is_mailbox_guid(kGuid.substr(1)));
  CHECK_FALSE(is_mailbox_guid(kGuid + "0"));
  CHECK_FALSE(is_mailbox_guid("g" + kGuid.substr(1)));
}

TEST_CASE("a MAILBOXID is an objectid, and another one under another UIDVALIDITY") {
  const std::string id = mailbox_id(kGuid, UidValidity{0x12ab});
  CHECK(id == cat("F", kGuid, "000012ab"));
  CHECK(mailbox_id(ascii::to_upper(kGuid), UidValidity{0x12ab}) == id);
  CHECK(is_object_id(id));
  CHECK(mailbox_id(kGuid, UidValidity{0x12ac}) != id);
}

TEST_CASE("a GUID is derived from account, folder and UIDVALIDITY where none is written") {
  const std::string guid = derived_mailbox_guid("ann@example.com", "Work", UidValidity{7});
  CHECK(is_mailbox_guid(guid));
  CHECK(guid == derived_mailbox_guid("ann@example.com", "Work", UidValidity{7}));
  CHECK(guid != derived_mailbox_guid("ann@example.com", "Work", UidValidity{8}));
  CHECK(guid != derived_mailbox_guid("ann@example.com", "Play", UidValidity{7}));
  CHECK(guid != derived_mailbox_guid("bob@example.com", "Work", UidValidity{7}));
}
