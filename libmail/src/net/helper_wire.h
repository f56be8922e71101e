// What server and helper say to each other: one datagram asks, one answers.
//
//     request = operation rest [ descriptor ]
//     answer  = 4OCTET-error payload [ descriptor ]         ; error: errno, in the machine's order
//
//     operation   rest                       payload                        descriptor
//     'o' open    path                                                      of the file
//     'i' info    path, link not followed                                   O_PATH
//     'l' list    path of a folder           *( type name NUL )
//     'r' resolve path                       the path without links
//     'w' watch   4OCTET-mask path, inotify  4OCTET-watch
//     'b' bind    address                                                   listening
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/socket.h"

namespace mail::net {

inline constexpr std::size_t kMaxHelperRequest = 8192;
inline constexpr std::size_t kMaxHelperAnswer = 128 * 1024;

struct HelperMessage {
  std::string text;
  Descriptor descriptor;
};

/// One datagram; `descriptor` below 0: none. False: the other side is gone.
bool send_message(int socket, std::string_view text, int descriptor);
/// Blocks. False: the other side is gone.
bool receive_message(int socket, std::size_t limit, HelperMessage& to);

}  // namespace mail::net
