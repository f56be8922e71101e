#include "server/imap_replies.h"

#include <catch2/catch.hpp>

#include "mail/store/usage.h"

namespace mail::server {
namespace {

using store::Uid;

TEST_CASE("Every failure of the store has its response code") {
  struct Row {
    Status status;
    std::string_view code;
    std::string_view destination_code;
  };
  const Row rows[] = {
      {not_found("Work"), "NONEXISTENT", "TRYCREATE"},
      {already_exists("Work"), "ALREADYEXISTS", "ALREADYEXISTS"},
      {invalid("a..b"), "CANNOT", "CANNOT"},
      {failed_precondition("INBOX"), "CANNOT", "CANNOT"},
      {exhausted("full"), "LIMIT", "LIMIT"},
      {store::over_quota("ann"), "OVERQUOTA", "OVERQUOTA"},
      {unavailable("EIO"), "UNAVAILABLE", "UNAVAILABLE"},
      {internal_error("?"), "UNAVAILABLE", "UNAVAILABLE"},
      {absl::PermissionDeniedError("/var/mail/x"), "NOPERM", "NOPERM"},
  };
  for (const Row& row : rows) {
    CHECK(refusal_of(row.status).code == row.code);
    CHECK(refusal_of_destination(row.status).code == row.destination_code);
  }
  CHECK(refusal_of(absl::PermissionDeniedError("/var/mail/x")).text.find('/') == std::string::npos);
}

TEST_CASE("UID sets join neighbours and keep the order") {
  struct Row {
    std::vector<Uid> uids;
    std::string_view text;
  };
  const Row rows[] = {
      {{}, ""},
      {{Uid{7}}, "7"},
      {{Uid{7}, Uid{8}}, "7:8"},
      {{Uid{304}, Uid{319}, Uid{320}, Uid{321}, Uid{400}}, "304,319:321,400"},
      {{Uid{4294967294}, Uid{4294967295}}, "4294967294:4294967295"},
  };
  for (const Row& row : rows) CHECK(uid_set(row.uids) == row.text);
}

}  // namespace
}  // namespace mail::server
