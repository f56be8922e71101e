// Commands as the framer cuts them, for tests of the grammar.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "imap/command_table.h"
#include "imap/framer.h"

namespace mail::imap {

/// The frame of a whole command, its CRLF included; every literal is accepted.
inline Frame framed(std::string_view bytes) {
  Framer framer;
  framer.begin(1 << 20, Framer::Literals::kAllowed, false);
  for (;;) {
    switch (framer.feed(bytes)) {
      case Framer::Step::kAnnounced: framer.accept(); break;
      case Framer::Step::kComplete: return framer.frame();
      case Framer::Step::kNeedsBytes:
      case Framer::Step::kChunk:
      case Framer::Step::kStreamed:
      case Framer::Step::kUncountable: return {};
    }
  }
}

struct Parsed {
  std::optional<Command> command;
  Refusal refusal;
};

/// A command without tag and CRLF.
inline Parsed parse(std::string_view text, const GrammarOptions& options = {}) {
  const Frame frame = framed(cat("a ", text, "\r\n"));
  Reader reader(frame, options);
  const CommandHead head = parse_head(reader);
  if (head.row == nullptr) return {std::nullopt, head.refusal};
  auto command = parse_arguments(reader, head);
  return {std::move(command), reader.refusal()};
}

}  // namespace mail::imap
