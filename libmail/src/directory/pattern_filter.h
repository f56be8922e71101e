// Which of many regular expressions can match a text at all?
//
// re2's FilteredRE2 names for each pattern the literals ("atoms") that a match must contain. One
// automaton finds all atoms of a text in a single pass over it; most addresses contain none, and
// then only patterns without any atom are left to try. That most do not is seen before, by a few
// instructions an octet: no pattern matches where none of its rare atoms begins.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <re2/filtered_re2.h>
#include <re2/re2.h>

namespace mail::directory {

/// Filled by one thread, then immutable.
class PatternFilter {
 public:
  PatternFilter();

  /// The pattern's number, or -1 with `error` in words.
  int add(const std::string& pattern, const re2::RE2::Options& options, std::string& error);
  /// After the last `add`.
  void compile();

  const re2::RE2& pattern(int number) const { return filtered_->GetRE2(number); }
  std::size_t size() const { return size_; }

  /// False: only what `always` answers can match. Cheap; true for text outside ASCII.
  bool may_hold_atom(std::string_view lowered) const;
  /// The numbers of all patterns that can match, in ascending order. `lowered` is the text in lower
  /// case and must be ASCII.
  const std::vector<int>& candidates(std::string_view lowered, std::vector<int>& scratch) const;
  /// What `candidates` answers when the text holds no atom.
  const std::vector<int>& always() const { return always_; }

 private:
  /// The automaton's table; more atoms than fit make every pattern a candidate.
  static constexpr std::size_t kMaxAutomatonOctets = 64 * 1024 * 1024;

  void choose_rare(const std::vector<std::string>& atoms);
  bool fits(const std::vector<std::string>& atoms);
  void build_automaton(const std::vector<std::string>& atoms);

  std::unique_ptr<re2::FilteredRE2> filtered_;
  std::size_t size_ = 0;
  std::vector<int> always_;
  std::vector<std::vector<int>> alone_;  // by atom: the candidates when only it was found

  static constexpr std::size_t kStartBits = 11;
  std::array<std::uint8_t, std::size_t{1} << kStartBits> starts_{};  // 1: a rare atom begins so

  // Aho and Corasick's automaton, complete: `next_[state + class]`, where a state is the position
  // of its row, with kFinds where an atom ends.
  static constexpr std::uint32_t kFinds = 1U << 31;
  std::array<std::uint16_t, 256> class_of_{};
  std::size_t classes_ = 1;
  std::vector<std::uint32_t> next_;
  std::vector<std::vector<int>> found_;  // by row: atoms that end in this state
};

}  // namespace mail::directory
