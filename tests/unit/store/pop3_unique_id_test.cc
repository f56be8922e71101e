#include "store/pop3_unique_id.h"

#include <catch2/catch.hpp>

using namespace mail::store;

TEST_CASE("A POP3 unique-id is UID and UIDVALIDITY as Dovecot writes them") {
  CHECK(pop3_unique_id(Uid{1}, UidValidity{1275660208}) == "000000014c0907b0");
  CHECK(pop3_unique_id(Uid{UINT32_MAX}, UidValidity{UINT32_MAX}) == "ffffffffffffffff");
}

TEST_CASE("What dovecot-uidlist says of POP3 wins over the default") {
  struct Case {
    const char* header;
    const char* keys;
    const char* id;
  };
  const std::string default_id = "000000ab000000cd";
  const Case cases[] = {
      {"", "", "000000ab000000cd"},
      {"G0123", "W12", "000000ab000000cd"},
      {"", "P12.34", "12.34"},
      {"P%08Xu%08Xv", "", "000000ab000000cd"},
      {"P%08Xv%08Xu", "", "000000cd000000ab"},
      {"P%u.%v", "", "171.205"},
      {"P%4u%%%02v", "", "000000ab000000cd"},  // blanks: no unique-id
      {"PUID%u-%v", "", "UID171-205"},
      {"P%f", "", "1.M2P3.host"},
      {"P%g", "", "1.M2P3.host"},
      {"P%g", "Gabc", "abc"},
      {"P%08Xu", "Pkept", "kept"},
      {"", "P", "1.M2P3.host"},
      {"P%m", "", "000000ab000000cd"},
      {"P%", "", "000000ab000000cd"},
      {"P%999u", "", nullptr},
  };
  for (const Case& one : cases) {
    INFO(one.header << " " << one.keys);
    const std::string id =
        Pop3UniqueIds(one.header).of(Uid{0xab}, UidValidity{0xcd}, one.keys, "1.M2P3.host");
    if (one.id != nullptr) {
      CHECK(id == one.id);
    } else {
      CHECK(id.size() <= 70);
    }
  }
  CHECK(Pop3UniqueIds("").of(Uid{0xab}, UidValidity{0xcd}, "P" + std::string(71, 'x'), "b") ==
        default_id);
}

TEST_CASE("Records with an order come first, in it") {
  CHECK(pop3_order("O3 Px") == 3);
  CHECK(pop3_order("Px") == UINT64_MAX);
}
