// The grammar of IMAP: whatever parses must print, parse again, and print the same; and LIST
// patterns agree with sequence sets in never doing more work than their length allows.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "imap/command_table.h"
#include "imap/framer.h"
#include "imap/print_command.h"
#include "mail/base/status.h"
#include "mail/imap/list_pattern.h"

namespace {

using namespace mail::imap;
using mail::fuzz::require;
using mail::fuzz::text_of;

/// The frame of the first command; no literal is refused but for the limit.
Frame framed(std::string_view bytes) {
  Framer framer;
  framer.begin(1 << 16, Framer::Literals::kAllowed, false);
  for (;;) {
    switch (framer.feed(bytes)) {
      case Framer::Step::kAnnounced:
        if (!framer.accept()) return {};
        break;
      case Framer::Step::kComplete:
        if (framer.fault() != Framer::Fault::kNone) return {};
        return framer.frame();
      default: return {};
    }
  }
}

std::optional<Command> parse(std::string_view bytes) {
  const Frame frame = framed(bytes);
  Reader reader(frame, GrammarOptions{});
  const CommandHead head = parse_head(reader);
  if (head.row == nullptr) return std::nullopt;
  return parse_arguments(reader, head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  const auto command = parse(mail::cat("a ", input, "\r\n"));
  if (!command) return 0;
  const std::string printed = print(*command);
  const auto again = parse(mail::cat("a ", printed, "\r\n"));
  require(again.has_value());
  require(again->index() == command->index());
  require(print(*again) == printed);
  if (const auto* list = std::get_if<List>(&*command)) {
    matches(list->pattern, "INBOX.Work", '.');
  }
  if (const auto* fetch = std::get_if<Fetch>(&*command)) {
    std::uint32_t end = 0;
    for (const auto& range : fetch->set.resolved(7)) {
      require(range.first > end && range.first <= range.last);
      end = range.last;
    }
  }
  if (const auto* search = std::get_if<Search>(&*command)) {
    for (std::uint32_t i = 0; i < search->nodes.size(); ++i) {
      for (const std::uint32_t child : search->nodes[i].children) {
        require(child > i && child < search->nodes.size());
      }
    }
  }
  return 0;
}
