// What is read from dovecot-uidlist is ascending, names each file once, and survives being written
// and read again. The same octets, taken as dovecot-keywords, subscriptions and a file name, do no
// harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/base/absl.h"
#include "store/folder_name.h"
#include "store/keywords_file.h"
#include "store/message_name.h"
#include "store/subscriptions_file.h"
#include "store/uidlist.h"

using namespace mail;
using namespace mail::store;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

void check_uidlist(std::string_view text) {
  const UidList list = parse_uidlist(text);
  std::uint64_t last = 0;
  StringSet names;
  for (const UidRecord& record : list.records) {
    check(number(record.uid) > last);
    last = number(record.uid);
    check(names.insert(record.name).second);
    check(record.name.find('/') == std::string::npos);
  }
  check(list.header.next > last);
  if (number(list.header.validity) == 0) return;
  const UidList again = parse_uidlist(format_uidlist(list.header, list.records));
  check(again.records == list.records);
  check(again.header == list.header);
  check(!again.must_be_rewritten);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_uidlist(text);
  const KeywordFile keywords = parse_keywords(text);
  check(parse_keywords(format_keywords(keywords)) == keywords);
  parse_subscriptions(text);
  const MessageName name = parse_message_name(text);
  const NameFlags flags = flags_of(name);
  const std::string renamed = with_flags(name, flags);
  check(flags_of(parse_message_name(renamed)) == flags);
  if (const auto folder = folder_of_directory(text, {})) {
    check(canonical_folder_name(*folder, {}).ok());
  }
  return 0;
}
