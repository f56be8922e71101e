// What this server changes in the header of a message that it takes: fields that must not stay, and
// on submission fields that must not be missing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/base/time.h"

namespace mail::server {

struct HeaderEdit {
  bool is_submission = false;
  std::string_view id;        // of the message, for its Message-ID
  std::string_view hostname;  // likewise
  WallTime time{};
  std::chrono::minutes utc_offset{0};  // of the local clock
};

/// The fields to put in front: Date and Message-ID where a submitted message has none (RFC 6409
/// §8.2, §8.3). Often empty.
std::string missing_fields(std::string_view message, const HeaderEdit& edit);

/// The message without what must go, as views into it (or of constant text) in their order.
///
/// Always: Return-Path, of which there is only the one that final delivery writes (RFC 5321 §4.4).
/// On submission also Bcc, Resent-Bcc and Content-Length, as Postfix drops them, and what
/// docker-mailserver's privacy filter drops: the program and the address of the user.
std::vector<std::string_view> kept_pieces(std::string_view message, const HeaderEdit& edit);

}  // namespace mail::server
