// What holds for any octets, shown on every file of every suite of mails: once as it is and once
// with CRLF line ends.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "mail/base/absl.h"
#include "mail/message.h"
#include "mail/text/casefold.h"
#include "mail/text/utf8.h"
#include "support/imap_grammar.h"
#include "support/mails.h"

namespace mail::message {
namespace {

/// The first broken promise in words, or "".
std::string tree_fault(const MimeTree& tree) {
  const std::string_view message = tree.message();
  if (tree.root().header != 0 || tree.root().end != message.size()) return "root is not the whole";
  for (std::uint32_t i = 0; i < tree.parts().size(); ++i) {
    const MimePart& part = tree.part(i);
    if (part.header > part.body || part.body > part.end) return cat("order of part ", i);
    if (part.end > message.size()) return cat("end of part ", i);
    const auto newlines = std::count(message.begin() + static_cast<std::ptrdiff_t>(part.body),
                                     message.begin() + static_cast<std::ptrdiff_t>(part.end), '\n');
    if (part.body_lines != static_cast<std::size_t>(newlines)) return cat("lines of part ", i);
    if ((i == 0) != (part.parent == MimePart::kNone)) return cat("parent of part ", i);
    if (i > 0 && part.parent >= i) return cat("parent behind part ", i);
    std::uint32_t children = 0;
    std::size_t begin = part.body;
    for (std::uint32_t c = part.first_child; c != MimePart::kNone; c = tree.part(c).next_sibling) {
      const MimePart& child = tree.part(c);
      if (c <= i || child.parent != i || child.depth != part.depth + 1) return cat("child ", c);
      // A header without an empty line keeps the line end of its last field, which the boundary
      // behind it took from all around it.
      const std::size_t end = child.body == child.end ? part.end + 2 : part.end;
      if (child.header < part.body || child.end > end) return cat("child out of place ", c);
      if (child.header < begin && part.children > 1) return cat("children overlap at ", c);
      // What stands before it, and belongs to no part, ends with a boundary line.
      const std::string_view gap = message.substr(begin, std::max(child.header, begin) - begin);
      const bool is_boundary = part.kind == MimePart::Kind::kMultipart;
      if (is_boundary && gap.find("--") == std::string_view::npos) return cat("gap before ", c);
      if (!is_boundary && !gap.empty()) return cat("gap before message ", c);
      begin = child.end;
      ++children;
    }
    if (children != part.children) return cat("children of part ", i);
    if (part.kind == MimePart::Kind::kLeaf && children > 0) return cat("leaf with children ", i);
    if (part.kind == MimePart::Kind::kMessage && children != 1) return cat("message ", i);
  }
  return "";
}

std::string header_fault(std::string_view header) {
  std::string joined;
  std::vector<std::string> names;
  for (const HeaderField& field : HeaderFields(header)) {
    joined += field.raw;
    names.emplace_back(field.name);
    if (field.name.find_first_of(":\n") != std::string_view::npos) return "name";
    if (!text::is_valid_utf8(decoded_value(field.value))) return "decoded value is not UTF-8";
    if (unfold(field.value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return "unfolded value has a line end";
    }
  }
  if (!header.starts_with(joined) || header.size() - joined.size() > 2) return "fields";
  if (select_fields(header, names) != header) return "all fields are not the header";
  if (without_fields(header, names) != header.substr(joined.size())) return "no fields";
  if (header_length(header) != header.size()) return "length";
  return "";
}

std::string imap_fault(const MimeTree& tree) {
  const std::string envelope = envelope_text(tree.header(tree.root()));
  if (auto fault = test::envelope_fault(envelope); !fault.empty()) return "envelope: " + fault;
  if (envelope_text(parse_envelope(tree.header(tree.root()))) != envelope) return "envelope value";
  std::size_t childless = 0;
  for (const MimePart& part : tree.parts()) {
    childless += part.kind == MimePart::Kind::kMultipart && part.children == 0 ? 1 : 0;
  }
  using test::StructureForm;
  for (const auto form : {StructureForm::kBody, StructureForm::kBodyStructure}) {
    std::size_t parts = 0;
    const bool extended = form == StructureForm::kBodyStructure;
    auto fault = test::body_fault(body_structure_text(tree, extended), form, &parts);
    if (!fault.empty()) return "structure: " + fault;
    if (parts != tree.parts().size() + childless) return "structure has other parts";
  }
  return "";
}

/// Each part under the number by which IMAP knows it.
std::string section_fault(const MimeTree& tree) {
  std::vector<std::vector<std::uint32_t>> numbers(tree.parts().size());
  auto is_outermost = [&](std::uint32_t i) {
    return i == 0 || tree.part(tree.part(i).parent).kind == MimePart::Kind::kMessage;
  };
  for (std::uint32_t i = 0; i < tree.parts().size(); ++i) {
    const MimePart& part = tree.part(i);
    if (is_outermost(i)) {
      if (i > 0) numbers[i] = numbers[part.parent];
      // RFC 3501 §6.4.5: every message has part 1.
      if (part.kind != MimePart::Kind::kMultipart) numbers[i].push_back(1);
      if (part.kind == MimePart::Kind::kMultipart) continue;
    } else {
      numbers[i] = numbers[part.parent];
      std::uint32_t number = 1;
      std::uint32_t c = tree.part(part.parent).first_child;
      for (; c != i; c = tree.part(c).next_sibling) ++number;
      numbers[i].push_back(number);
      const SectionOctets header = section_octets(tree, {numbers[i], Section::Kind::kMime, {}});
      if (header.octets() != tree.header(part)) return cat("header of part ", i);
    }
    const SectionOctets body = section_octets(tree, {numbers[i], Section::Kind::kWhole, {}});
    if (body.octets() != tree.body(part)) return cat("body of part ", i);
  }
  return "";
}

std::string address_fault(std::string_view header) {
  for (const HeaderField& field : HeaderFields(header)) {
    const auto once = parse_addresses(field.value);
    const std::string written = to_string(once);
    if (written.find_first_of("\r\n") != std::string::npos) return "address with a line end";
    const std::string again = to_string(parse_addresses(written));
    if (to_string(parse_addresses(again)) != again) return cat("unstable addresses: ", again);
  }
  return "";
}

std::string text_fault(const MimeTree& tree) {
  for (const MimePart& part : tree.parts()) {
    if (!text::is_valid_utf8(decoded_text(tree, part))) return "decoded text is not UTF-8";
    const PartDescription what = tree.describe(part);
    for (const Parameter& parameter : what.content_type.parameters) {
      const auto text = parameter_text(what.content_type.parameters, parameter.name);
      if (!text || !text::is_valid_utf8(*text)) return cat("parameter ", parameter.name);
    }
  }
  const auto subject = first_field(tree.header(tree.root()), "Subject");
  if (!subject) return "";
  const std::string needle = text::casefold(decoded_value(subject->value));
  return message_contains(tree, needle) ? "" : "its own subject is not found";
}

TEST_CASE("every mail of every suite keeps the promises of mail::message") {
  std::size_t parts = 0;
  const std::size_t mails = test::for_each_mail([&](const test::Mail& mail) {
    for (const std::string& octets : {mail.octets, test::with_crlf(mail.octets)}) {
      const MimeTree tree(octets);
      parts += tree.parts().size();
      const std::string_view header = tree.header(tree.root());
      // The one mail that nests deeper than we follow.
      const bool is_deep = mail.name.ends_with("/deeply_nested.txt");
      std::string fault = tree.is_truncated() == is_deep ? tree_fault(tree) : "limit of the tree";
      if (fault.empty()) fault = header_fault(header);
      if (fault.empty()) fault = imap_fault(tree);
      if (fault.empty()) fault = section_fault(tree);
      if (fault.empty()) fault = address_fault(header);
      if (fault.empty()) fault = text_fault(tree);
      if (!fault.empty()) FAIL_CHECK(mail.name << ": " << fault);
    }
  });
  if (mails == 0) return;
  CHECK(mails > 1500);
  CHECK(parts > 2 * mails);
}

}  // namespace
}  // namespace mail::message
