// Encoded words: text beyond ASCII in header fields (RFC 2047, with the language of RFC 2231 §5).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail::text {

/// The UTF-8 text of an unstructured field or of a phrase. Blanks between two encoded words vanish,
/// and neighbours of one charset are joined before conversion (a character may be split across
/// them). What is not an encoded word stays; octets that are not UTF-8 become U+FFFD. Never fails.
std::string decode_encoded_words(std::string_view value);

/// The words of `utf8` that need it as encoded words of at most 75 characters (RFC 2047 §2), never
/// split inside a character, joined by single spaces: fold at spaces. ASCII text that cannot be
/// mistaken for an encoded word is returned as it is. CR, LF and NUL are encoded like any other
/// octet that is not printable.
std::string encode_words(std::string_view utf8);

/// The same for a phrase, such as a display name: a word with a character that means something
/// there
/// ("<", ",", "(" …) is encoded too (RFC 2047 §5 rule 3), so that no word is left to be read as an
/// address.
std::string encode_phrase(std::string_view utf8);

}  // namespace mail::text
