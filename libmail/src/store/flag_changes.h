// What a change of flags makes of them, and to which messages, for every kind of store.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mail/store/store.h"

namespace mail::store {

/// In order, each once.
std::vector<Uid> ascending(std::span<const Uid> uids);

/// What `change` makes of `flags`; `keywords` are the bits of the keywords it names.
Flags changed_flags(const Flags& flags, const FlagChange& change, std::uint64_t keywords);

/// The bits of `names` in `known`, compared without case; none for a name that is not there.
std::optional<std::uint64_t> keyword_bits(std::span<const std::string> names,
                                          std::span<const std::string> known);

}  // namespace mail::store
