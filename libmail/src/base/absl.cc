#include "mail/base/absl.h"

namespace mail {

void append_pieces(std::string& to, std::initializer_list<Piece> pieces) {
  std::size_t total = to.size();
  for (const Piece& piece : pieces) total += piece.text().size();
  to.reserve(total);
  for (const Piece& piece : pieces) to += piece.text();
}

std::string cat_pieces(std::initializer_list<Piece> pieces) {
  std::string joined;
  append_pieces(joined, pieces);
  return joined;
}

}  // namespace mail
