// Rendering touches no session and no view, so it runs on a worker beside the read of the message.
//
// Tested by tests/unit/server/imap_fetch_test.cc.
#include "server/imap_fetch.h"

#include <optional>
#include <utility>

#include "mail/base/absl.h"
#include "mail/message/date.h"
#include "mail/message/header.h"
#include "mail/message/mime.h"
#include "mail/message/preview.h"
#include "mail/message/structure.h"

namespace mail::server {
namespace {

using Kind = imap::FetchAttribute::Kind;

FetchedItem text_item(const imap::FetchAttribute& attribute, std::string text) {
  FetchedItem item;
  item.attribute = &attribute;
  item.text = std::move(text);
  return item;
}

/// The octets of a section, cut as `<offset.octets>` asks; an offset behind the end gives an empty
/// string.
FetchedItem section_item(const imap::FetchAttribute& attribute, message::SectionOctets section,
                         const std::shared_ptr<const store::Content>& content) {
  FetchedItem item;
  item.attribute = &attribute;
  item.is_literal = true;
  if (section.is_built()) {
    auto built = std::make_shared<const message::SectionOctets>(std::move(section));
    item.octets = built->octets();
    item.owner = std::move(built);
  } else {
    item.octets = section.octets();
    item.owner = content;
  }
  if (attribute.partial) {
    const auto offset = std::min<std::size_t>(attribute.partial->offset, item.octets.size());
    item.octets = item.octets.substr(offset, attribute.partial->octets);
  }
  return item;
}

/// Header fields of the message that the store keeps ready: what Thunderbird, Apple Mail and mutt
/// ask for when they list a folder.
bool is_in_summary(const imap::FetchAttribute& attribute) {
  const message::Section& section = attribute.section;
  return section.part.empty() && section.kind == message::Section::Kind::kHeaderFields &&
         store::is_summarized(section.fields);
}

FetchedItem fact_item(const imap::FetchAttribute& attribute, const FetchFacts& facts) {
  if (attribute.kind == Kind::kRfc822Size) return text_item(attribute, cat(facts.info.size));
  if (attribute.kind == Kind::kEmailId) {
    return text_item(attribute, cat("(", facts.email_id, ")"));
  }
  // RFC 8474 §5.2: a server that relates no messages.
  if (attribute.kind == Kind::kThreadId) return text_item(attribute, "NIL");
  const message::DateTime date{std::chrono::floor<std::chrono::seconds>(facts.info.internal_date),
                               std::chrono::minutes(0)};
  return text_item(attribute, cat('"', message::format_internal_date(date), '"'));
}

FetchedItem ready_item(const imap::FetchAttribute& attribute, std::string_view octets,
                       const store::Summary& summary) {
  FetchedItem item;
  item.attribute = &attribute;
  item.octets = octets;
  item.owner = summary.owner;
  return item;
}

}  // namespace

FetchPlan::FetchPlan(const std::vector<imap::FetchAttribute>& attributes) {
  for (const imap::FetchAttribute& attribute : attributes) {
    switch (attribute.kind) {
      case Kind::kFlags: wants_flags = true; break;
      case Kind::kUid: wants_uid = true; break;
      case Kind::kInternalDate: needs_dates = true; break;
      case Kind::kEmailId: needs_email_ids = true; break;
      case Kind::kRfc822Size:
      case Kind::kThreadId: break;
      case Kind::kEnvelope:
      case Kind::kBody:
      case Kind::kBodyStructure:
      case Kind::kPreview: needs_summary = true; break;
      case Kind::kSection:
        (is_in_summary(attribute) ? needs_summary : needs_bytes) = true;
        if (!attribute.is_peek) marks_seen = true;
        break;
    }
  }
}

std::vector<FetchedItem> render(const std::vector<imap::FetchAttribute>& attributes,
                                const FetchFacts& facts,
                                const std::shared_ptr<const store::Content>& content) {
  const std::string_view bytes = content ? content->bytes() : std::string_view();
  std::optional<message::MimeTree> tree;
  const auto parsed = [&]() -> const message::MimeTree& {
    if (!tree) tree.emplace(bytes);
    return *tree;
  };
  std::vector<FetchedItem> items;
  for (const imap::FetchAttribute& attribute : attributes) {
    switch (attribute.kind) {
      case Kind::kFlags:
      case Kind::kUid: break;
      case Kind::kInternalDate:
      case Kind::kRfc822Size:
      case Kind::kEmailId:
      case Kind::kThreadId: items.push_back(fact_item(attribute, facts)); break;
      case Kind::kEnvelope: {
        const auto header = bytes.substr(0, message::header_length(bytes));
        items.push_back(text_item(attribute, message::envelope_text(header)));
        break;
      }
      case Kind::kBody:
      case Kind::kBodyStructure: {
        const bool is_extended = attribute.kind == Kind::kBodyStructure;
        items.push_back(text_item(attribute, message::body_structure_text(parsed(), is_extended)));
        break;
      }
      case Kind::kPreview: {
        std::string text;
        message::append_imap_string(text, message::preview_text(parsed()));
        items.push_back(text_item(attribute, std::move(text)));
        break;
      }
      case Kind::kSection:
        items.push_back(section_item(attribute,
                                     attribute.section.part.empty()
                                         ? message::section_octets(bytes, attribute.section)
                                         : message::section_octets(parsed(), attribute.section),
                                     content));
        break;
    }
  }
  return items;
}

std::vector<FetchedItem> render(const std::vector<imap::FetchAttribute>& attributes,
                                const FetchFacts& facts, const store::Summary& summary) {
  std::vector<FetchedItem> items;
  for (const imap::FetchAttribute& attribute : attributes) {
    switch (attribute.kind) {
      case Kind::kFlags:
      case Kind::kUid: break;
      case Kind::kInternalDate:
      case Kind::kRfc822Size:
      case Kind::kEmailId:
      case Kind::kThreadId: items.push_back(fact_item(attribute, facts)); break;
      case Kind::kEnvelope:
        items.push_back(ready_item(attribute, summary.envelope, summary));
        break;
      case Kind::kBody: items.push_back(ready_item(attribute, summary.body, summary)); break;
      case Kind::kBodyStructure:
        items.push_back(ready_item(attribute, summary.body_structure, summary));
        break;
      case Kind::kPreview: items.push_back(ready_item(attribute, summary.preview, summary)); break;
      case Kind::kSection:
        items.push_back(section_item(
            attribute, message::section_octets(summary.header, attribute.section), nullptr));
        break;
    }
  }
  return items;
}

}  // namespace mail::server
