// A summary as libmail.cache keeps it.
//
//   record = checksum uid packed      the checksum covers the cache's identity, version, uid and
//   packed packed = 4length envelope body-structure body preview header
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mail/store/store.h"

namespace mail::store {

/// One that is larger is made each time.
inline constexpr std::size_t kMaxSummary = 64 << 10;

/// What a message's bytes (CRLF line ends) give.
std::string pack_summary(std::string_view bytes);
/// Views into `packed`, which `owner` keeps alive. None when it is not what `pack_summary` makes.
std::optional<Summary> unpack_summary(std::string_view packed, std::shared_ptr<const void> owner);

inline std::optional<Summary> make_summary(std::string_view bytes) {
  auto packed = std::make_shared<const std::string>(pack_summary(bytes));
  return unpack_summary(*packed, packed);
}

std::string summary_record(std::string_view packed, std::uint64_t id, Uid uid);
/// None when it is another record, or damaged.
std::optional<Summary> parse_summary_record(std::string_view record, std::uint64_t id, Uid uid,
                                            std::shared_ptr<const void> owner);

}  // namespace mail::store
