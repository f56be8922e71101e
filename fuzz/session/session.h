// The fuzz harness of every protocol engine: what it says may not depend on how its input is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "support/transcript.h"

namespace mail::fuzz {

/// Plays `input` whole and byte by byte, and aborts when the two dialogs differ. The first octet
/// chooses which questions are refused (with `refusal`, an answer in the words of the protocol's
/// transcripts); the others are accepted.
void play_in_two_cuts(const test::Protocol& protocol, const test::TranscriptOptions& options,
                      std::string_view refusal, const std::uint8_t* data, std::size_t size);

}  // namespace mail::fuzz
