// A command as it is once framing is done: line pieces and literals, nothing understood yet.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mail::imap {

/// A value. `text` is the command without its line ends and without the "{n}" that announced each
/// literal; `literals` says which octets of it came as literals.
struct Frame {
  struct Literal {
    std::size_t offset = 0;
    std::size_t octets = 0;
    bool operator==(const Literal&) const = default;
  };
  std::string text;
  std::vector<Literal> literals;

  bool operator==(const Frame&) const = default;
};

}  // namespace mail::imap
