// Address lists. The words of a phrase are collected until the next character tells what they were:
// "<" a display name, "@" a local part, ":" a group, "," nothing that can be mailed to. Every round
// consumes at least one octet; nothing is read twice but a broken list's words.
//
// Tested by tests/unit/message/address_test.cc, tests/unit/message/stalwart_suite_test.cc.
#include "mail/message/address.h"

#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/mailbox.h"
#include "mail/text/encoded_word.h"
#include "message/lexer.h"

namespace mail::message {
namespace {

// RFC 5322 §3.2.3, generously: whatever has no meaning of its own here is part of a word. UTF-8
// passes (RFC 6532 §3.2).
constexpr OctetSet kWordChars = OctetSet::all_but("<>@,;:\".( \t\r\n");
constexpr bool is_word_char(char c) { return kWordChars.contains(c); }

/// The words read so far, as the display name they may be and the local part they may be.
struct Phrase {
  std::string display;
  std::string run;             // the last words that only dots connect
  std::size_t before_run = 0;  // where that run begins in `display`
  std::size_t runs = 0;
  bool after_dot = false;

  void add(std::string_view word, bool space_before, bool is_dot) {
    const bool joins = is_dot || after_dot || (!space_before && runs > 0);
    if (!joins || runs == 0) {
      before_run = display.size();
      run.clear();
      ++runs;
    }
    if (space_before && !display.empty()) display.push_back(' ');
    display += word;
    run += word;
    after_dot = is_dot;
  }
};

class AddressParser {
 public:
  AddressParser(std::string_view value, std::size_t limit) : lexer_(value), limit_(limit) {}

  std::vector<Address> parse() {
    while (list_.size() < limit_) {
      comment_.clear();
      lexer_.skip_cfws(&comment_);
      if (lexer_.at_end()) break;
      if (lexer_.take(',')) continue;  // RFC 5322 §4.4: obs-addr-list has empty elements
      if (lexer_.take(';')) {
        end_group();
        continue;
      }
      parse_one();
    }
    end_group();
    return std::move(list_);
  }

 private:
  // RFC 5322 §3.4:
  //   address   = mailbox / group
  //   mailbox   = name-addr / addr-spec
  //   name-addr = [display-name] angle-addr
  //   group     = display-name ":" [group-list] ";" [CFWS]
  void parse_one() {
    Phrase phrase = take_phrase();
    if (lexer_.take(':')) {
      // A group in a group has no grammar: its name is dropped, its members stay.
      if (!in_group_) start_group(std::move(phrase.display));
      return;
    }
    Address address;
    if (lexer_.peek() == '<') {
      address.name = std::move(phrase.display);
      take_angle_address(address);
    } else if (lexer_.take('@')) {
      address.name = phrase.display.substr(0, phrase.before_run);
      address.local_part = std::move(phrase.run);
      address.domain = take_domain();
      lexer_.skip_cfws(&comment_);
      if (lexer_.peek() == '<') {  // ann@example.com <ann@example.com>, without quotes
        address.name = cat(address.local_part, "@", address.domain);
        take_angle_address(address);
      }
    } else if (phrase.runs == 1) {
      address.local_part = std::move(phrase.run);
    } else {
      address.name = std::move(phrase.display);
    }
    skip_to_separator();
    if (address.name.empty()) address.name = comment_;
    const bool is_empty =
        address.name.empty() && address.local_part.empty() && address.domain.empty();
    if (is_empty) return;
    if (list_.empty()) list_.reserve(4);  // most lists are short
    list_.push_back(std::move(address));
  }

  Phrase take_phrase() {
    Phrase phrase;
    while (true) {
      const std::size_t before = lexer_.rest().size();
      lexer_.skip_cfws(&comment_);
      const bool space_before = lexer_.rest().size() != before;
      const char c = lexer_.peek();
      if (lexer_.at_end()) return phrase;
      if (c == '"') {
        phrase.add(lexer_.take_quoted_string(), space_before, false);
      } else if (c == '.') {
        lexer_.skip();
        phrase.add(".", space_before, true);
      } else if (is_word_char(c)) {
        phrase.add(lexer_.take_while(is_word_char), space_before, false);
      } else if (c == '>') {
        lexer_.skip();
      } else {
        return phrase;
      }
    }
  }

  // angle-addr     = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr
  // obs-angle-addr = [CFWS] "<" obs-route addr-spec ">" [CFWS]
  void take_angle_address(Address& address) {
    lexer_.skip();
    lexer_.skip_cfws(&comment_);
    while (lexer_.peek() == '@' || lexer_.peek() == ',') take_route_element(address.route);
    if (!address.route.empty()) lexer_.take(':');
    Phrase local = take_local_part();
    address.local_part = std::move(local.run);
    address.domain.clear();
    if (lexer_.take('@')) address.domain = take_domain();
    lexer_.skip_cfws(&comment_);
  }

  // obs-domain-list = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain])
  void take_route_element(std::string& route) {
    if (lexer_.take('@')) {
      if (!route.empty()) route.push_back(',');
      route += "@" + take_domain();
    } else {
      lexer_.take(',');
    }
    lexer_.skip_cfws(&comment_);
  }

  /// Inside angle brackets; everything up to "@" or ">" is taken together.
  Phrase take_local_part() {
    Phrase local;
    while (!lexer_.at_end()) {
      lexer_.skip_cfws(&comment_);
      const char c = lexer_.peek();
      if (c == '@' || c == '>' || c == '<' || c == ',') break;
      if (c == '"') {
        local.add(lexer_.take_quoted_string(), false, false);
      } else if (is_word_char(c)) {
        local.add(lexer_.take_while(is_word_char), false, false);
      } else if (!lexer_.at_end()) {
        local.add(lexer_.rest().substr(0, 1), false, false);
        lexer_.skip();
      }
    }
    return local;
  }

  // domain         = dot-atom / domain-literal / obs-domain
  // domain-literal = [CFWS] "[" *([FWS] dtext) [FWS] "]" [CFWS]
  // obs-domain     = atom *("." atom)
  std::string take_domain() {
    std::string domain;
    bool wants_atom = true;
    while (true) {
      lexer_.skip_cfws(&comment_);
      const char c = lexer_.peek();
      if (c == '.') {
        domain.push_back(c);
        lexer_.skip();
        wants_atom = true;
      } else if (c == '[' && wants_atom) {
        domain += lexer_.take_while([](char d) { return d != ']' && d != '\r' && d != '\n'; });
        if (lexer_.take(']')) domain.push_back(']');
        wants_atom = false;
      } else if (wants_atom && !lexer_.at_end() && is_word_char(c)) {
        domain += lexer_.take_while(is_word_char);
        wants_atom = false;
      } else {
        return domain;
      }
    }
  }

  /// What follows an address without belonging to it.
  void skip_to_separator() {
    while (true) {
      lexer_.skip_cfws(&comment_);
      const char c = lexer_.peek();
      if (lexer_.at_end() || c == ',' || c == ';') return;
      if (c == '"') {
        lexer_.take_quoted_string();
      } else {
        lexer_.skip();
      }
    }
  }

  void start_group(std::string name) {
    in_group_ = true;
    list_.push_back({Address::Kind::kGroupStart, std::move(name), {}, {}, {}});
  }
  void end_group() {
    if (!std::exchange(in_group_, false)) return;
    list_.push_back({Address::Kind::kGroupEnd, {}, {}, {}, {}});
  }

  Lexer lexer_;
  const std::size_t limit_;
  std::vector<Address> list_;
  std::string comment_;  // the last one of the address being read
  bool in_group_ = false;
};

// RFC 5322 §3.2.3: atext and blanks between
bool is_plain_phrase(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_alnum(c) ||
           std::string_view(" !#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

std::string display_name(std::string_view name) {
  const bool is_printable =
      std::all_of(name.begin(), name.end(), [](char c) { return ascii::is_printable(c); });
  // Encoded words that a printable name already has stay what they are.
  if (!is_printable) return text::encode_phrase(name);
  if (is_plain_phrase(name)) return std::string(name);
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

}  // namespace

std::vector<Address> parse_addresses(std::string_view value, std::size_t limit) {
  return AddressParser(value, limit).parse();
}

std::string address_spec(const Address& address) {
  if (address.kind != Address::Kind::kMailbox) return "";
  std::string spec = quoted_local_part(address.local_part);
  if (!address.domain.empty()) append(spec, "@", address.domain);
  return spec;
}

std::string to_string(const std::vector<Address>& addresses) {
  std::string result;
  bool needs_comma = false;
  for (const Address& address : addresses) {
    if (address.kind == Address::Kind::kGroupEnd) {
      result.push_back(';');
      needs_comma = true;
      continue;
    }
    if (needs_comma) result += ", ";
    needs_comma = address.kind == Address::Kind::kMailbox;
    if (address.kind == Address::Kind::kGroupStart) {
      append(result, display_name(address.name), ": ");
    } else if (address.name.empty()) {
      result += address_spec(address);
    } else {
      append(result, display_name(address.name), " <", address_spec(address), ">");
    }
  }
  return result;
}

}  // namespace mail::message
