// The steps of a path and what they are views of: one block for most resolutions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <forward_list>
#include <string>
#include <string_view>

#include <absl/container/inlined_vector.h>

#include "mail/directory/resolution.h"

namespace mail::directory {

/// Filled by one resolver, then immutable and shared.
class PathText {
 public:
  PathText() {}  // not `= default`: that would fill `first_` with zeros

  std::string_view add(std::string_view text) {
    if (text.size() > first_.size() - used_) return more_.emplace_front(text);
    char* const to = first_.data() + used_;
    std::copy(text.begin(), text.end(), to);
    used_ += text.size();
    return {to, text.size()};
  }

  absl::InlinedVector<Step, 4> steps;

 private:
  std::array<char, 320> first_;
  std::size_t used_ = 0;
  std::forward_list<std::string> more_;
};

}  // namespace mail::directory
