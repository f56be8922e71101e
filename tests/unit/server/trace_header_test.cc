#include "server/trace_header.h"

#include <catch2/catch.hpp>

#include "unit/server/script_world.h"

namespace mail::server {
namespace {

TraceFacts facts() {
  TraceFacts facts;
  facts.helo_domain = "client.example";
  facts.peer_address = "192.0.2.7";
  facts.hostname = "mail.example.test";
  facts.id = "ABC";
  facts.is_extended = true;
  facts.time = WallTime(std::chrono::seconds(1'700'000'000));
  return facts;
}

TEST_CASE("Received names both ends, the protocol and the time") {
  CHECK(received_field(facts()) ==
        "Received: from client.example ([192.0.2.7])\r\n"
        "\tby mail.example.test (libmail) with ESMTP id ABC;\r\n"
        "\tTue, 14 Nov 2023 22:13:20 +0000\r\n");
}

TEST_CASE("Received names the only recipient, TLS and authentication") {
  const TlsInfo tls{"TLSv1.3", "TLS_AES_128_GCM_SHA256", ""};
  TraceFacts f = facts();
  f.peer_address = "2001:db8::1";
  f.tls = &tls;
  f.is_authenticated = true;
  f.only_recipient = "ann@example.test";
  CHECK(received_field(f) ==
        "Received: from client.example ([IPv6:2001:db8::1])\r\n"
        "\tby mail.example.test (libmail) with ESMTPSA id ABC\r\n"
        "\t(using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256)\r\n"
        "\tfor <ann@example.test>;\r\n"
        "\tTue, 14 Nov 2023 22:13:20 +0000\r\n");
}

TEST_CASE("RFC 3848 names the protocol") {
  TraceFacts f = facts();
  f.is_extended = false;
  CHECK(received_field(f).find(" with SMTP id ") != std::string::npos);
  const TlsInfo tls{"TLSv1.2", "X", ""};
  f.is_extended = true;
  f.tls = &tls;
  CHECK(received_field(f).find(" with ESMTPS id ") != std::string::npos);
}

TEST_CASE("A HELO name cannot write a header field of its own") {
  TraceFacts f = facts();
  f.helo_domain = "x\r\nBcc: all@example.test (";
  const std::string field = received_field(f);
  CHECK(field.find("\r\nBcc") == std::string::npos);
  CHECK(field.find("from x??Bcc:?all@example.test??") != std::string::npos);
  f.helo_domain = "";
  CHECK(received_field(f).starts_with("Received: from unknown ("));
}

TEST_CASE("Hops are counted in the header only") {
  CHECK(count_hops("Subject: x\r\n\r\nReceived: no\r\n") == 0);
  CHECK(count_hops("Received: a\r\n\tb\r\nRECEIVED: c\r\nX-Received: d\r\n\r\n") == 2);
}

TEST_CASE("Message ids are twelve letters and digits and differ") {
  test::CountingRandom random;
  const std::string first = make_message_id(random);
  CHECK(first.size() == 12);
  CHECK(first != make_message_id(random));
}

}  // namespace
}  // namespace mail::server
