#include "mail/text/utf7.h"

#include <catch2/catch.hpp>

namespace mail::text {
namespace {

struct Vector {
  std::string_view utf8;
  std::string_view name;
};
constexpr Vector kVectors[] = {
    {"INBOX", "INBOX"},
    {"", ""},
    {"Tom & Jerry", "Tom &- Jerry"},
    {"&-", "&--"},
    {"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},  // RFC 3501 §5.1.3
    {"Entwürfe", "Entw&APw-rfe"},
    {"😀", "&2D3eAA-"},
    {"é-", "&AOk--"},
    {"\x01\x7F", "&AAEAfw-"},
};

TEST_CASE("mailbox names translate both ways") {
  for (const Vector& vector : kVectors) {
    INFO(vector.utf8);
    CHECK(to_modified_utf7(vector.utf8) == std::string(vector.name));
    CHECK(from_modified_utf7(vector.name) == std::string(vector.utf8));
  }
}

TEST_CASE("a name that has another form is refused") {
  for (const char* name : {
           "&",            // no end
           "&AOk",         // no end
           "&AGE-",        // "a" needs no shift
           "&AOl-",        // bits left over
           "&AOk",         //
           "&AOk-&AOk-",   // two shifts where one does: RFC 3501 "superfluous shifts"
           "&2D0-",        // half a surrogate pair
           "&3gDYPQ-",     // surrogates in the wrong order
           "&AO/-",        // "/" is no modified base64
           "&A-",          // no whole unit
           "&AOkA-",       //
           "caf\xC3\xA9",  // 8-bit
           "a\tb",         // control character
           "&AOk=-",       // padding
       }) {
    INFO(name);
    CHECK_FALSE(from_modified_utf7(name).has_value());
  }
  CHECK_FALSE(to_modified_utf7("caf\xE9").has_value());
}

}  // namespace
}  // namespace mail::text
