#include "mail/message/content.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"

namespace mail::message {
namespace {

struct Case {
  std::string_view value;
  std::string_view expected;  // "type/subtype name=value;"
};
constexpr Case kTypes[] = {
    {"text/plain", "text/plain"},
    {" Text / Plain (c) ; CharSet = \"utf-8\" (c)", "text/plain charset=utf-8;"},
    {"multipart/mixed; boundary=----=_a/b", "multipart/mixed boundary=----=_a/b;"},
    {"a/b; x=\"1\\\"2\"; y=", "a/b x=1\"2;y=;"},
    {"a/b;; broken; z=1", "a/b z=1;"},
    {"a/b; n*0=one; n*1=two", "a/b n=onetwo;"},
    {"a/b; n*1=two; n*0=one; n*3=four", "a/b n=onetwo;n*3=four;"},
    {"a/b; n*0*=utf-8''%C3%A9; n*1=\"a b\"", "a/b n*=utf-8''%C3%A9a%20b;"},
    {"a/b; n*=utf-8'en'%C3%A9", "a/b n*=utf-8'en'%C3%A9;"},
    {"text", ""},
    {"", ""},
    {"/plain", ""},
    {"text/", ""},
};

TEST_CASE("content types are read, a broken parameter costs only itself") {
  for (const Case& c : kTypes) {
    INFO(c.value);
    const auto type = parse_content_type(c.value);
    REQUIRE(type.has_value() == !c.expected.empty());
    if (!type) continue;
    std::string shown = cat(type->type, "/", type->subtype);
    if (!type->parameters.empty()) shown += " ";
    for (const Parameter& p : type->parameters) append(shown, p.name, "=", p.value, ";");
    CHECK(shown == c.expected);
  }
}

TEST_CASE("parameters are text in UTF-8") {
  auto text = [](std::string_view value) {
    return parameter_text(parse_content_type(value)->parameters, "name");
  };
  CHECK(text("a/b; name=x") == std::string("x"));
  CHECK(text("a/b; name*=iso-8859-1''caf%E9") == std::string("café"));
  CHECK(text("a/b; name=plain; name*=utf-8''%E2%98%BA") == std::string("☺"));
  CHECK(text("a/b; name=\"=?utf-8?Q?caf=C3=A9?=\"") == std::string("café"));
  CHECK(text("a/b; name*0*=utf-8''%C3; name*1*=%A9") == std::string("é"));
  CHECK_FALSE(text("a/b; other=x").has_value());
}

TEST_CASE("transfer encodings are one word") {
  CHECK(parse_transfer_encoding(" BASE64 (c)") == TransferEncoding::kBase64);
  CHECK(parse_transfer_encoding("quoted-printable;") == TransferEncoding::kQuotedPrintable);
  CHECK(parse_transfer_encoding("8bit") == TransferEncoding::kEightBit);
  CHECK(parse_transfer_encoding("8 bit") == TransferEncoding::kSevenBit);
  CHECK(parse_transfer_encoding("x-uue") == TransferEncoding::kUnknown);
  CHECK(decode_transfer("Zm9v", TransferEncoding::kBase64) == "foo");
  CHECK(decode_transfer("=66oo", TransferEncoding::kQuotedPrintable) == "foo");
  CHECK(decode_transfer("Zm9v", TransferEncoding::kUnknown) == "Zm9v");
}

}  // namespace
}  // namespace mail::message
