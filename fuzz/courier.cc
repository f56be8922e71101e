// Whatever stands in the files that Courier left becomes an ascending list that names each file
// once, and letters that have names.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "store/courier_files.h"
#include "uid_list.h"

using namespace mail;
using namespace mail::store;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  // What stands behind an empty line is the second file, as the list of keywords has it.
  const std::size_t split = text.find("\n\n");
  const std::string_view second =
      split == std::string_view::npos ? std::string_view() : text.substr(split + 2);

  mail::fuzz::require_list(adopt_courier(text, second));

  const std::map<std::string, std::string> updates = {{".1.1.a", std::string(second)},
                                                      {"2.b", std::string(text)}};
  const CourierKeywords keywords = parse_courier_keywords(text, updates);
  require(parse_keywords(format_keywords(keywords.names)) == keywords.names);
  for (const auto& [name, letters] : keywords.letters) {
    require(!name.empty());
    for (std::size_t letter = 0; letter < 32; ++letter) {
      if ((letters >> letter & 1) == 0) continue;
      require(letter < keywords.names.size() && !keywords.names[letter].empty());
    }
  }
  parse_courier_subscriptions(text);
  return 0;
}
