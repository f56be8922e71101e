// Text on purpose: when two runs differ, the first differing line says where, to a person.
//
// Tested by tests/sim/scheduler_test.cc and tests/sim/determinism_test.cc.
#include "sim/trace.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "sim/random.h"

namespace mail::sim {

void Trace::add(std::string_view who, std::string_view what, std::string_view detail) {
  const auto micros = scheduler_.now().time_since_epoch().count();
  std::string fraction = std::to_string(micros % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  text_ += '+';
  text_ += std::to_string(micros / 1'000'000);
  text_ += '.';
  text_ += fraction;
  text_ += ' ';
  text_ += who;
  text_ += ' ';
  text_ += what;
  if (!detail.empty()) {
    text_ += ' ';
    text_ += detail;
  }
  text_ += '\n';
}

void Trace::add_bytes(std::string_view who, std::string_view what, std::string_view bytes) {
  std::string detail = std::to_string(bytes.size());
  detail += ' ';
  detail += hex(hash_of(bytes));
  add(who, what, detail);
}

std::uint64_t Trace::hash() const { return hash_of(text_); }

std::string Trace::tail(std::size_t lines) const {
  std::size_t at = text_.size();
  for (std::size_t i = 0; i <= lines && at > 0; ++i) {
    at = text_.rfind('\n', at - 1);
    if (at == std::string::npos) return text_;
  }
  return text_.substr(std::min(at + 1, text_.size()));
}

std::string first_difference(std::string_view one, std::string_view other) {
  if (one == other) return {};
  std::size_t line = 1;
  for (;;) {
    const std::string_view a = one.substr(0, one.find('\n'));
    const std::string_view b = other.substr(0, other.find('\n'));
    const bool ends = a.size() == one.size() || b.size() == other.size();
    if (a != b || ends) {
      std::string text = "line " + std::to_string(line) + ":\n  ";
      text += a;
      text += "\n  ";
      text += b;
      return text;
    }
    one.remove_prefix(a.size() + 1);
    other.remove_prefix(b.size() + 1);
    ++line;
  }
}

void SimLogger::log(Level level, std::string_view sentence, std::span<const Field> fields) {
  std::string line;
  switch (level) {
    case Level::kDebug: line = "debug: "; break;
    case Level::kInfo: line = "info: "; break;
    case Level::kWarning: line = "warning: "; break;
    case Level::kError: line = "error: "; break;
  }
  line += sentence;
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    for (const char c : field.value) line += static_cast<unsigned char>(c) < 32 ? '?' : c;
  }
  trace_.add("log", line);
}

}  // namespace mail::sim
