#pragma once

#include <cstddef>
#include <string>

namespace mail::directory {

/// Something in a config file that its owner should know. A value. No text in it holds a password.
struct Diagnostic {
  enum class Severity { kWarning, kError };

  Severity severity = Severity::kWarning;
  std::string file;      // name inside the config folder: "postfix-virtual.cf"
  std::size_t line = 0;  // from 1; 0: the file as a whole
  std::string text;      // what is wrong, with the value
  std::string fix;       // what to do about it

  bool operator==(const Diagnostic&) const = default;
};

/// "postfix-virtual.cf:3: no target after 'info@example.com'. Write …"
std::string to_string(const Diagnostic& diagnostic);

}  // namespace mail::directory
