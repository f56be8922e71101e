// The boundaries of the multiparts that are open, and which of them a line begins with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mail::message {

/// A stack: level 0 is the outermost.
class Boundaries {
 public:
  bool empty() const { return stack_.empty(); }
  std::size_t size() const { return stack_.size(); }
  std::string_view at(std::size_t level) const { return stack_[level]; }
  void push(std::string boundary);
  /// Forgets all but the first `levels`.
  void shrink(std::size_t levels);

  /// The level of the longest boundary that `line` begins with, the innermost of equal ones.
  std::optional<std::size_t> match(std::string_view line) const;

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  struct Entry {
    std::size_t level = 0;
    std::size_t parent = kNone;  // in sorted_: the longest other boundary that this one begins with
  };
  void sort();

  std::vector<std::string> stack_;
  std::vector<Entry> sorted_;  // by boundary; of equal ones the innermost only
};

}  // namespace mail::message
