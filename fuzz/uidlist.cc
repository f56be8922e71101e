// What is read from dovecot-uidlist is ascending, names each file once, and survives being written
// and read again. The same octets, taken as dovecot-keywords, subscriptions and a file name, do no
// harm.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz.h"
#include "mail/base/absl.h"
#include "store/folder_name.h"
#include "store/keywords_file.h"
#include "store/message_name.h"
#include "store/subscriptions_file.h"
#include "store/uidlist.h"
#include "uid_list.h"

using namespace mail;
using mail::fuzz::require;
using mail::fuzz::text_of;
using namespace mail::store;

namespace {

void check_uidlist(std::string_view text) {
  const UidList list = parse_uidlist(text);
  mail::fuzz::require_list(list);
  if (number(list.header.validity) == 0) return;
  const std::string written = format_uidlist(list.header, list.records);
  const UidList again = parse_uidlist(written);
  require(again.records == list.records);
  require(again.header == list.header);
  require(!again.must_be_rewritten);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  check_uidlist(text);
  const KeywordFile keywords = parse_keywords(text);
  require(parse_keywords(format_keywords(keywords)) == keywords);
  parse_subscriptions(text);
  const MessageName name = parse_message_name(text);
  const NameFlags flags = flags_of(name);
  const std::string renamed = with_flags(name, flags);
  require(flags_of(parse_message_name(renamed)) == flags);
  if (const auto folder = folder_of_directory(text, {})) {
    require(canonical_folder_name(*folder, {}).ok());
  }
  return 0;
}
