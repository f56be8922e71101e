// The one pass that finds the parts of a message.
//
// It goes from line end to line end. A stack holds the boundaries of the multiparts that are open;
// only lines that begin with "--" are compared with them. A boundary line ends everything above the
// multipart that owns it, and begins its next part. Opening a part reads its header at once, which
// tells whether a multipart, an embedded message or a leaf begins.
//
// The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1), even if it is the empty
// line that ended a header: such a part has no body and no empty line.
//
// Cost: each octet is looked at once, but for lines that begin with "--": those are searched for
// among the boundaries (message/boundaries.h).
//
// Tested by tests/unit/message/mime_test.cc, tests/unit/message/dovecot_oracle_test.cc.
#include "mail/message/mime.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mail/base/ascii.h"
#include "mail/message/header.h"
#include "message/boundaries.h"
#include "message/media_type.h"

namespace mail::message {
namespace {

/// RFC 2046 §5.1.5: inside multipart/digest the default is message/rfc822; everywhere else
/// RFC 2045 §5.2 says text/plain.
ContentType default_type(bool in_digest) {
  ContentType type;
  if (in_digest) {
    type.type = "message";
    type.subtype = "rfc822";
  }
  return type;
}

}  // namespace

class MimeScanner {
 public:
  MimeScanner(MimeTree& tree, const MimeLimits& limits)
      : tree_(tree), message_(tree.message_), limits_(limits) {}

  void scan() {
    open_part(MimePart::kNone);
    while (position_ < message_.size() && !stopped_ && !open_.empty()) {
      if (message_[position_] != '-') {
        skip_line();
      } else if (const auto boundary = boundary_at(position_)) {
        on_boundary(*boundary);
      } else {
        skip_line();
      }
    }
    // No boundary is left that could come, or counts.
    lines_ +=
        static_cast<std::size_t>(std::count(message_.begin() + position_, message_.end(), '\n'));
    close_down_to(MimePart::kNone, message_.size(), lines_);
  }

 private:
  struct Open {
    std::uint32_t part = 0;
    bool in_digest = false;
  };
  struct Match {
    std::size_t level = 0;  // in open_
    bool is_last = false;   // "--" follows
  };

  void skip_line() {
    const void* newline =
        std::memchr(message_.data() + position_, '\n', message_.size() - position_);
    if (newline == nullptr) {
      position_ = message_.size();
      return;
    }
    position_ = static_cast<std::size_t>(static_cast<const char*>(newline) - message_.data()) + 1;
    ++lines_;
  }

  // RFC 2046 §5.1.1: "it is sufficient that the boundary appear in its entirety following the
  // CRLF". The longest one that fits: a boundary may begin with another one.
  std::optional<Match> boundary_at(std::size_t position) const {
    std::string_view line = message_.substr(position);
    if (!line.starts_with("--")) return std::nullopt;
    line.remove_prefix(2);
    const auto level = boundaries_.match(line);
    if (!level) return std::nullopt;
    return Match{*level, line.substr(boundaries_.at(*level).size()).starts_with("--")};
  }

  void on_boundary(Match match) {
    const std::uint32_t owner = open_[match.level].part;
    const bool in_digest = open_[match.level].in_digest;
    if (!match.is_last && tree_.parts_.size() >= limits_.parts) {
      tree_.is_truncated_ = stopped_ = true;
      return;
    }
    close_children_of(owner);
    open_.resize(match.level + (match.is_last ? 0 : 1));
    boundaries_.shrink(open_.size());
    skip_line();
    if (!match.is_last) open_part(owner, in_digest);
  }

  void close_children_of(std::uint32_t owner) {
    std::size_t end = position_;
    std::size_t lines = lines_;
    if (end > 0 && message_[end - 1] == '\n') {
      --end;
      --lines;
      if (end > 0 && message_[end - 1] == '\r') --end;
    }
    close_down_to(owner, end, lines);
  }

  /// Ends the current part and its ancestors below `owner`.
  void close_down_to(std::uint32_t owner, std::size_t end, std::size_t lines) {
    for (; current_ != owner && current_ != MimePart::kNone; current_ = part(current_).parent) {
      MimePart& closing = part(current_);
      if (end < closing.body) {
        // The boundary took the empty line that ended the header.
        const std::size_t text_end = header_text_end(closing);
        const bool is_empty = text_end == closing.header;
        if (is_empty) closing.header = end;
        closing.end = closing.body = is_empty ? end : std::max(end, text_end);
        closing.body_lines = 0;
      } else {
        closing.end = end;
        closing.body_lines = lines - closing.body_lines;
      }
    }
  }

  /// Where the header's last field ends.
  std::size_t header_text_end(const MimePart& of) const {
    const std::string_view header = tree_.header(of);
    std::size_t length = header.size();
    if (header == "\n" || header.ends_with("\n\n")) length -= 1;
    if (header == "\r\n" || header.ends_with("\n\r\n")) length -= 2;
    return of.header + length;
  }

  MimePart& part(std::uint32_t index) { return tree_.parts_[index]; }

  std::uint32_t add_part(std::uint32_t parent) {
    const auto index = static_cast<std::uint32_t>(tree_.parts_.size());
    MimePart added;
    added.parent = parent;
    added.header = position_;
    if (parent != MimePart::kNone) {
      MimePart& above = part(parent);
      added.depth = above.depth + 1;
      if (above.children++ == 0) {
        above.first_child = index;
      } else {
        part(last_child_[parent]).next_sibling = index;
      }
      last_child_[parent] = index;
    }
    last_child_.push_back(MimePart::kNone);
    tree_.parts_.push_back(added);
    return index;
  }

  /// Reads the header at `position_`, and those of embedded messages that follow it at once.
  void open_part(std::uint32_t parent, bool in_digest = false) {
    while (true) {
      current_ = add_part(parent);
      part(current_).in_digest = in_digest;
      skip_header();
      MimePart& opened = part(current_);
      opened.body = position_;
      opened.body_lines = lines_;  // until it is closed: lines before its body
      if (!read_type(opened)) return;
      parent = current_;
      in_digest = false;
    }
  }

  void skip_header() {
    while (position_ < message_.size()) {
      const std::string_view rest = message_.substr(position_);
      const bool is_end = rest.starts_with('\n') || rest.starts_with("\r\n");
      if (!is_end && boundary_at(position_)) return;
      skip_line();
      if (is_end) return;
    }
  }

  /// True when an embedded message begins here.
  bool read_type(MimePart& opened) {
    std::optional<ContentType> type;
    const std::string_view header = tree_.header(opened).substr(0, limits_.header_octets);
    std::string_view value;
    bool seen_type = false;
    bool seen_encoding = false;
    for (const HeaderField& field : HeaderFields(header)) {
      if (!seen_type && ascii::equal_ignoring_case(field.name, "Content-Type")) {
        seen_type = true;
        value = field.value;
        type = parse_media_type(value);
      } else if (!seen_encoding &&
                 ascii::equal_ignoring_case(field.name, "Content-Transfer-Encoding")) {
        seen_encoding = true;
        opened.encoding = parse_transfer_encoding(field.value);
      }
    }
    if (!type) type = default_type(opened.in_digest);
    const bool is_multipart = type->type == "multipart";
    // Whatever its encoding claims: RFC 2046 §5.2.1 allows only identity encodings, and
    // BODYSTRUCTURE has no form for a message/rfc822 without an envelope.
    const bool is_message = type->is("message", "rfc822");
    if (!is_multipart && !is_message) return false;
    if (opened.depth >= limits_.depth || (is_message && tree_.parts_.size() >= limits_.parts)) {
      tree_.is_truncated_ = true;
      return false;
    }
    if (is_message) {
      opened.kind = MimePart::Kind::kMessage;
      return true;
    }
    open_multipart(opened, value);
    return false;
  }

  void open_multipart(MimePart& opened, std::string_view content_type) {
    opened.kind = MimePart::Kind::kMultipart;
    const auto type = parse_content_type(content_type);
    const auto boundary = parameter_value(type->parameters, "boundary");
    if (!boundary || boundary->empty()) return;
    open_.push_back({current_, type->subtype == "digest"});
    boundaries_.push(std::string(boundary->substr(0, limits_.boundary_octets)));
  }

  MimeTree& tree_;
  const std::string_view message_;
  const MimeLimits& limits_;
  std::size_t position_ = 0;
  std::size_t lines_ = 0;                    // line ends before position_
  std::uint32_t current_ = MimePart::kNone;  // the innermost part that is open
  std::vector<Open> open_;                   // the multiparts, by the levels of boundaries_
  Boundaries boundaries_;
  std::vector<std::uint32_t> last_child_;
  bool stopped_ = false;
};

MimeTree::MimeTree(std::string_view message, const MimeLimits& limits) : message_(message) {
  MimeScanner(*this, limits).scan();
}

namespace {

/// Content-Type is described apart: it has defaults.
void describe_field(PartDescription& to, const HeaderField& field) {
  auto is = [&](std::string_view name) { return ascii::equal_ignoring_case(field.name, name); };
  auto set = [&](std::optional<std::string>& value) {
    if (!value) value = unfold(field.value);
  };
  if (is("Content-ID")) {
    set(to.id);
  } else if (is("Content-Description")) {
    set(to.description);
  } else if (is("Content-MD5")) {
    set(to.md5);
  } else if (is("Content-Location")) {
    set(to.location);
  } else if (is("Content-Disposition")) {
    // The last one, as Dovecot does: "inline" followed by "attachment; filename=…" is common.
    if (auto last = parse_content_disposition(field.value)) to.disposition = std::move(last);
  } else if (is("Content-Language")) {
    if (to.languages.empty()) to.languages = parse_languages(field.value);
  }
}

}  // namespace

PartDescription MimeTree::describe(const MimePart& part) const {
  PartDescription result;
  std::optional<ContentType> type;
  std::string encoding;
  bool seen_type = false;
  bool seen_encoding = false;
  for (const HeaderField& field : HeaderFields(header(part))) {
    if (!ascii::starts_with_ignoring_case(field.name, "Content-")) continue;
    if (ascii::equal_ignoring_case(field.name, "Content-Type")) {
      if (!std::exchange(seen_type, true)) type = parse_content_type(field.value);
    } else if (ascii::equal_ignoring_case(field.name, "Content-Transfer-Encoding")) {
      if (!std::exchange(seen_encoding, true)) encoding = transfer_encoding_name(field.value);
    } else {
      describe_field(result, field);
    }
  }
  result.content_type = type ? std::move(*type) : default_type(part.in_digest);
  if (!encoding.empty()) result.encoding = std::move(encoding);
  return result;
}

std::optional<std::uint32_t> MimeTree::find(std::span<const std::uint32_t> numbers) const {
  std::uint32_t index = 0;
  // True while `index` is a message's outermost part, which part number 1 may name.
  bool is_whole_message = true;
  for (const std::uint32_t number : numbers) {
    if (number == 0) return std::nullopt;
    const MimePart* at = &parts_[index];
    if (!is_whole_message && at->kind == MimePart::Kind::kMessage) {
      index = at->first_child;
      at = &parts_[index];
      is_whole_message = true;
    }
    if (at->kind != MimePart::Kind::kMultipart) {
      if (!is_whole_message || number != 1) return std::nullopt;
      is_whole_message = false;
      continue;
    }
    if (number > at->children) return std::nullopt;
    index = at->first_child;
    for (std::uint32_t i = 1; i < number; ++i) index = parts_[index].next_sibling;
    is_whole_message = false;
  }
  return index;
}

}  // namespace mail::message
