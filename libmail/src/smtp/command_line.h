// Lines of the SMTP command stream, and what stands in them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace mail::smtp {

/// Cuts command lines. What is too long is swallowed to its end and reported then.
class LineReader {
 public:
  enum class Result {
    kNeedMore,
    kLine,
    kTooLong,  // swallowed
    kBareCr,
    kBareLf,
  };
  struct Cut {
    Result result = Result::kNeedMore;
    std::size_t consumed = 0;  // octets of the input that are done with
    std::string_view line;     // without CRLF
  };

  /// The front of `bytes`; `limit` is in octets with CRLF. Call it with all that is not consumed.
  Cut read(std::string_view bytes, std::size_t limit);
  /// What comes next is not the beginning of a line, but more of one that is too long.
  bool is_swallowing() const { return is_swallowing_; }

 private:
  std::size_t scanned_ = 0;  // octets of the input that hold no LF
  bool is_swallowing_ = false;
  char last_swallowed_ = '\0';
};

/// verb [SP argument]; blanks at the end are dropped (RFC 5321 §4.1.1).
struct CommandLine {
  std::string_view verb;
  std::string_view argument;
};
CommandLine split_command(std::string_view line);

/// No control character but HTAB; octets above 127 only with `allow_utf8`, and then as UTF-8.
bool has_allowed_octets(std::string_view line, bool allow_utf8);

/// keyword ["=" value]
struct Parameter {
  std::string_view keyword;
  std::string_view value;
  bool has_value = false;
};
/// Fails: nullopt when the syntax is not that of RFC 5321 §4.1.2, or a keyword comes twice. Octets
/// above 127 may stand in values (RFC 6531 §3.3).
std::optional<std::vector<Parameter>> parse_parameters(std::string_view text);

}  // namespace mail::smtp
