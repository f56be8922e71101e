// What is to be sent: text, and big things that are pulled when their turn comes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/session.h"

namespace mail::imap {

/// A resource of one session.
class OutputQueue {
 public:
  /// Where text is appended; valid until `add` or `consume`.
  std::string& text() { return tail_; }
  void add(std::unique_ptr<ByteSource> source);

  /// What can be sent now; empty while a source is "not yet".
  std::string_view front();
  void consume(std::size_t octets);
  /// Octets not yet sent, sources included.
  std::uint64_t pending() const;
  bool is_empty() const { return pending() == 0; }
  void clear();

 private:
  struct Part {
    std::string text;
    std::unique_ptr<ByteSource> source;
  };
  void drop_front();

  std::vector<Part> parts_;  // before `tail_`; [0, head_) are gone
  std::size_t head_ = 0;
  std::string tail_;
  std::size_t offset_ = 0;           // sent octets of the text in front
  std::uint64_t parts_pending_ = 0;  // octets in `parts_`
};

}  // namespace mail::imap
