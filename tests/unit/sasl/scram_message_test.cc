#include "sasl/scram_message.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"

namespace mail::sasl {

using namespace std::string_literals;

TEST_CASE("A client-first-message is read as RFC 5802 §7 writes it") {
  const auto simple = parse_client_first("n,,n=user,r=abc");
  REQUIRE(simple);
  CHECK(simple->flag == 'n');
  CHECK(simple->gs2_header == "n,,");
  CHECK(simple->bare == "n=user,r=abc");
  CHECK(simple->authentication == "user");
  CHECK(simple->authorization.empty());
  CHECK(simple->nonce == "abc");

  const auto full = parse_client_first("p=tls-exporter,a=b=2Cob,n=a=3Dn=2Cn,r=!~,x=ext");
  REQUIRE(full);
  CHECK(full->flag == 'p');
  CHECK(full->binding_type == "tls-exporter");
  CHECK(full->authorization == "b,ob");
  CHECK(full->authentication == "a=n,n");
  CHECK(full->gs2_header == "p=tls-exporter,a=b=2Cob,");
  CHECK(full->bare == "n=a=3Dn=2Cn,r=!~,x=ext");
}

TEST_CASE("Every malformed field of a client-first-message is refused") {
  const std::string longest(255, 'u');
  CHECK(parse_client_first(cat("n,,n=", longest, ",r=abc")));
  CHECK(parse_client_first(cat("n,a=", longest, ",n=u,r=abc")));
  const std::string bad[] = {
      "",
      "n",
      "n,",
      "n,,",
      "n,,n=user",
      "n,,r=abc,n=user",
      "x,,n=user,r=abc",
      "p,,n=user,r=abc",
      "p=,,n=user,r=abc",
      "p=tls exporter,,n=user,r=abc",
      ",,n=user,r=abc",
      "nn,,n=user,r=abc",
      "n,b=x,n=user,r=abc",
      "n,a=,n=user,r=abc",
      "n,a=x=,n=user,r=abc",
      "n,,m=must,n=user,r=abc",  // a mandatory extension
      "n,,n=,r=abc",
      "n,,n=us=er,r=abc",
      "n,,n=us=2cer,r=abc",
      "n,,n=us=2,r=abc",
      "n,,n=us=,r=abc",
      "n,,n=us\0er,r=abc"s,
      "n,,n=user,r=",
      "n,,n=user,r=a b",
      "n,,n=user,r=a\xc3\xa4",
      "n,,n=user,r=a\nb",
      "n,,n=user,r=abc,",
      "n,,n=user,r=abc,1=x",
      "n,,n=user,r=abc,x=",
      "n,,n=user,r=abc,ext",
      cat("n,,n=", longest, "u,r=abc"),
      cat("n,a=", longest, "u,n=u,r=abc"),
  };
  for (const auto& message : bad) {
    CAPTURE(message);
    CHECK_FALSE(parse_client_first(message));
  }
}

TEST_CASE("A client-final-message is read, and its malformed fields refused") {
  const auto simple = parse_client_final("c=biws,r=abc,p=cHJvb2Y=");
  REQUIRE(simple);
  CHECK(simple->channel_binding == "biws");
  CHECK(simple->nonce == "abc");
  CHECK(simple->proof == "cHJvb2Y=");
  CHECK(simple->without_proof == "c=biws,r=abc");
  const auto extended = parse_client_final("c=biws,r=abc,x=y,z=1=2,p=cHJvb2Y=");
  REQUIRE(extended);
  CHECK(extended->without_proof == "c=biws,r=abc,x=y,z=1=2");
  const std::string_view bad[] = {
      "",
      "c=biws",
      "c=biws,r=abc",
      "c=biws,r=abc,",
      "c=biws,r=abc,x=y",
      "c=biws,r=abc,p=cHJvb2Y=,",
      "c=biws,r=abc,p=cHJvb2Y=,x=y",
      "r=abc,c=biws,p=cHJvb2Y=",
      "c=biws,r=,p=cHJvb2Y=",
      "c=biws,r=a b,p=cHJvb2Y=",
      "c=biws,r=abc,xy,p=cHJvb2Y=",
      "m=x,c=biws,r=abc,p=cHJvb2Y=",
  };
  for (const auto& message : bad) {
    CAPTURE(message);
    CHECK_FALSE(parse_client_final(message));
  }
}

TEST_CASE("A server-first-message is read, and its malformed fields refused") {
  const auto simple = parse_server_first("r=abcdef,s=c2FsdA==,i=4096");
  REQUIRE(simple);
  CHECK(simple->nonce == "abcdef");
  CHECK(simple->salt == "salt");
  CHECK(simple->iterations == 4096);
  CHECK(parse_server_first("r=abcdef,s=c2FsdA==,i=4096,x=y"));
  const std::string_view bad[] = {
      "",
      "r=abcdef",
      "r=abcdef,s=c2FsdA==",
      "s=c2FsdA==,r=abcdef,i=4096",
      "r=,s=c2FsdA==,i=4096",
      "r=abcdef,s=,i=4096",
      "r=abcdef,s=c2Fsd,i=4096",
      "r=abcdef,s=c2FsdA==,i=",
      "r=abcdef,s=c2FsdA==,i=0",
      "r=abcdef,s=c2FsdA==,i=04096",
      "r=abcdef,s=c2FsdA==,i=-1",
      "r=abcdef,s=c2FsdA==,i=4294967296",
      "r=abcdef,s=c2FsdA==,i=4096,",
      "m=x,r=abcdef,s=c2FsdA==,i=4096",
      "e=other-error",
  };
  for (const auto& message : bad) {
    CAPTURE(message);
    CHECK_FALSE(parse_server_first(message));
  }
}

TEST_CASE("A server-final-message is a signature or an error") {
  CHECK(parse_server_final("v=c2ln")->signature == "sig");
  CHECK(parse_server_final("v=c2ln,x=y")->signature == "sig");
  CHECK(parse_server_final("e=invalid-proof")->error == "invalid-proof");
  CHECK(parse_server_final("e=")->error == "other-error");
  for (const std::string_view message : {"", "v=", "v=!", "x=y", "c2ln"}) {
    CAPTURE(message);
    CHECK_FALSE(parse_server_final(message));
  }
}

TEST_CASE("Names are escaped so that they are read back") {
  for (const std::string_view name : {"ann", "a,b=c", "=2C", ",,==", "\xc3\xa4"}) {
    const auto message = parse_client_first(cat("n,,n=", escape_name(name), ",r=x"));
    REQUIRE(message);
    CHECK(message->authentication == name);
  }
}

}  // namespace mail::sasl
