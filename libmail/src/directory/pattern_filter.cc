// Aho and Corasick over the atoms, re2's prefilter behind it, and before both a look at the first
// octets of atoms.
//
// Tested by tests/unit/directory/regexp_test.cc.
#include "pattern_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>

namespace mail::directory {
namespace {

// Shorter atoms ("@d") are in too many addresses to tell any two apart.
constexpr int kMinAtomOctets = 3;

/// Four octets as a number, the first in its lowest bits.
std::uint32_t load_four(const char* four) {
  std::uint32_t octets = 0;
  std::memcpy(&octets, four, sizeof octets);
  return std::endian::native == std::endian::little ? octets : __builtin_bswap32(octets);
}

/// A number below 2^bits for the first three of four octets.
template <std::size_t bits>
std::size_t start_of(std::uint32_t four) {
  constexpr std::uint32_t kGoldenRatio = 0x9e3779b1;
  return ((four & 0xffffff) * kGoldenRatio) >> (32 - bits);
}

}  // namespace

PatternFilter::PatternFilter() : filtered_(std::make_unique<re2::FilteredRE2>(kMinAtomOctets)) {}

int PatternFilter::add(const std::string& pattern, const re2::RE2::Options& options,
                       std::string& error) {
  int number = -1;
  if (filtered_->Add(pattern, options, &number) != re2::RE2::NoError) {
    error = re2::RE2(pattern, options).error();
    return -1;
  }
  ++size_;
  return number;
}

void PatternFilter::compile() {
  if (size_ == 0) return;
  std::vector<std::string> atoms;
  filtered_->Compile(&atoms);
  if (!fits(atoms)) {
    for (std::size_t number = 0; number < size_; ++number)
      always_.push_back(static_cast<int>(number));
    return;
  }
  build_automaton(atoms);
  filtered_->AllPotentials({}, &always_);
  std::sort(always_.begin(), always_.end());
  alone_.resize(atoms.size());
  for (std::size_t atom = 0; atom < atoms.size(); ++atom) {
    filtered_->AllPotentials({static_cast<int>(atom)}, &alone_[atom]);
    std::sort(alone_[atom].begin(), alone_[atom].end());
  }
  choose_rare(atoms);
}

/// Rare are all atoms, or those without "@" where each pattern needs one of these: domains are in
/// every address, and many addresses have the same.
void PatternFilter::choose_rare(const std::vector<std::string>& atoms) {
  std::vector<int> common;
  for (std::size_t atom = 0; atom < atoms.size(); ++atom) {
    if (atoms[atom].find('@') != std::string::npos) common.push_back(static_cast<int>(atom));
  }
  std::vector<int> possible;
  filtered_->AllPotentials(common, &possible);
  const bool needed = possible.size() == always_.size();
  for (const std::string& atom : atoms) {
    if (needed && atom.find('@') != std::string::npos) continue;
    starts_[start_of<kStartBits>(load_four(atom.c_str()))] = 1;
  }
}

bool PatternFilter::may_hold_atom(std::string_view lowered) const {
  if (size_ == 0) return false;
  if (next_.empty() || lowered.size() < sizeof(std::uint32_t)) return true;
  std::uint8_t found = 0;
  std::uint32_t octets = 0;
  std::uint32_t all = 0;
  for (std::size_t i = 0; i + sizeof octets <= lowered.size(); ++i) {
    octets = load_four(lowered.data() + i);
    all |= octets;
    found |= starts_[start_of<kStartBits>(octets)];
  }
  found |= starts_[start_of<kStartBits>(octets >> 8)];
  constexpr std::uint32_t kNotAscii = 0x80808080;
  return found != 0 || (all & kNotAscii) != 0;
}

/// Gives each octet of the atoms a class on the way.
bool PatternFilter::fits(const std::vector<std::string>& atoms) {
  std::size_t states = 1;
  for (const std::string& atom : atoms) {
    states += atom.size();
    for (const char c : atom) {
      std::uint16_t& value = class_of_[static_cast<unsigned char>(c)];
      if (value == 0) value = static_cast<std::uint16_t>(classes_++);
    }
  }
  return states <= kMaxAutomatonOctets / sizeof(std::uint32_t) / classes_;
}

void PatternFilter::build_automaton(const std::vector<std::string>& atoms) {
  const auto add_state = [this] {
    next_.resize(next_.size() + classes_, 0);
    found_.emplace_back();
    return static_cast<std::uint32_t>(found_.size() - 1);
  };
  add_state();
  for (std::size_t atom = 0; atom < atoms.size(); ++atom) {
    std::uint32_t state = 0;
    for (const char c : atoms[atom]) {
      const std::size_t at = state * classes_ + class_of_[static_cast<unsigned char>(c)];
      if (next_[at] == 0) {
        const std::uint32_t fresh = add_state();
        next_[at] = fresh;
      }
      state = next_[at];
    }
    found_[state].push_back(static_cast<int>(atom));
  }
  // Breadth first, so that the state to fall back to is complete already.
  std::vector<std::uint32_t> fallback(found_.size(), 0);
  std::deque<std::uint32_t> queue;
  for (std::size_t c = 0; c < classes_; ++c) {
    if (next_[c] != 0) queue.push_back(next_[c]);
  }
  while (!queue.empty()) {
    const std::uint32_t state = queue.front();
    queue.pop_front();
    const std::uint32_t shorter = fallback[state];
    found_[state].insert(found_[state].end(), found_[shorter].begin(), found_[shorter].end());
    for (std::size_t c = 0; c < classes_; ++c) {
      std::uint32_t& next = next_[state * classes_ + c];
      const std::uint32_t other = next_[shorter * classes_ + c];
      if (next == 0) {
        next = other;
      } else {
        fallback[next] = other;
        queue.push_back(next);
      }
    }
  }
  for (std::uint32_t& next : next_) {
    const bool finds = !found_[next].empty();
    next = next * static_cast<std::uint32_t>(classes_) | (finds ? kFinds : 0);
  }
}

const std::vector<int>& PatternFilter::candidates(std::string_view lowered,
                                                  std::vector<int>& scratch) const {
  if (next_.empty()) return always_;
  int only = -1;
  std::vector<int> atoms;  // allocates only when there are two
  std::uint32_t state = 0;
  for (const char c : lowered) {
    state = next_[(state & ~kFinds) + class_of_[static_cast<unsigned char>(c)]];
    if ((state & kFinds) == 0) continue;
    for (const int atom : found_[(state & ~kFinds) / classes_]) {
      if (only == -1) {
        only = atom;
      } else if (atom != only || !atoms.empty()) {
        if (atoms.empty()) atoms.push_back(only);
        if (std::find(atoms.begin(), atoms.end(), atom) == atoms.end()) atoms.push_back(atom);
      }
    }
  }
  if (only == -1) return always_;
  if (atoms.empty()) return alone_[static_cast<std::size_t>(only)];
  scratch.clear();
  filtered_->AllPotentials(atoms, &scratch);
  std::sort(scratch.begin(), scratch.end());
  return scratch;
}

}  // namespace mail::directory
