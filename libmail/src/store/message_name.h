// The name of a message file in new/ or cur/ (docs/store.md, "Message files").
//
//   name  = base [":2," letters ["," foreign]]
//   base  = seconds "." unique "." host [",S=" octets] [",W=" octets]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace mail::store {

/// Views into the name.
struct MessageName {
  std::string_view base;     // what identifies the message
  std::string_view letters;  // of the flags, as they stand
  std::string_view foreign;  // "," and what follows: other programs' data

  std::optional<std::uint64_t> size() const { return number_after(",S="); }
  std::optional<std::uint64_t> wire_size() const { return number_after(",W="); }

 private:
  std::optional<std::uint64_t> number_after(std::string_view key) const;
};

MessageName parse_message_name(std::string_view name);

/// Flags in a file name: a letter each. `keyword_letters` bit i is the letter 'a' + i.
struct NameFlags {
  std::uint8_t system = 0;
  std::uint32_t keyword_letters = 0;

  bool operator==(const NameFlags&) const = default;
};

NameFlags flags_of(const MessageName& name);

/// The name with these flags in ASCII order, letters that mean nothing here and foreign data kept.
std::string with_flags(const MessageName& name, const NameFlags& flags);

/// Order of arrival: seconds, then the microseconds of ".M", then the octets of the name, which it
/// views.
using Arrival = std::tuple<std::uint64_t, std::uint64_t, std::string_view>;
Arrival arrival_of(std::string_view name);

/// '/' and ':' cannot stand in a name; Dovecot writes \057 and \072.
std::string escape_hostname(std::string_view hostname);

}  // namespace mail::store
