// What the steps of a path are views of: one block for most resolutions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <forward_list>
#include <string>
#include <string_view>

namespace mail::directory {

/// Filled by one resolver, then immutable and shared.
class PathText {
 public:
  std::string_view add(std::string_view text) {
    if (text.size() > first_.size() - used_) return more_.emplace_front(text);
    char* const to = first_.data() + used_;
    std::copy(text.begin(), text.end(), to);
    used_ += text.size();
    return {to, text.size()};
  }

 private:
  std::array<char, 320> first_;
  std::size_t used_ = 0;
  std::forward_list<std::string> more_;
};

}  // namespace mail::directory
