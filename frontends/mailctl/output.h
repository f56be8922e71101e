// What mailctl says: sentences, JSON, colours, tables.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mailctl {

using Json = nlohmann::ordered_json;

/// Control characters (also ESC, which steers a terminal), marks that turn the direction of
/// writing, and what is no UTF-8, written as \n or \xHH: whatever a config file or an argument
/// holds, it stays on its line.
/// Beyond `limit` octets it ends in "...".
std::string shown(std::string_view text, std::size_t limit = static_cast<std::size_t>(-1));
/// `shown`, between quotes, cut to kMaxQuoted octets.
std::string named(std::string_view value);
inline constexpr std::size_t kMaxQuoted = 80;
/// A sentence on stderr ends there.
inline constexpr std::size_t kMaxSentence = 2000;

/// UTF-8 without control characters: what an argument must be that goes into a config file.
bool is_plain_text(std::string_view text);

enum class Colour : std::uint8_t { kRed, kYellow, kGreen, kCyan, kDim, kBold };
/// `text` as it is, unless the descriptor is a terminal that shows colours: NO_COLOR is empty or
/// not there (no-color.org), TERM is not "dumb".
std::string paint(int descriptor, Colour colour, std::string_view text);

/// Of invalid UTF-8 in strings a replacement character remains. One value and a line end.
std::string text_of(const Json& json);

/// Columns of text that line up, two blanks between them.
class Table {
 public:
  struct Cell {
    std::string text;
    Colour colour = Colour::kDim;
    bool painted = false;
  };
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  /// To stdout.
  void print() const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace mailctl
