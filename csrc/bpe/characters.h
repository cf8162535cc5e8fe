// UTF-8 characters and the classes that split patterns name.
//
// A byte that is not part of a well-formed sequence (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing
// above U+10FFFF) is one character of no class, so that any bytes can be split.
#pragma once

#include <cstdint>

namespace pyllm {

enum CharacterClass : uint8_t {
    letter = 1,
    number = 2,
    space = 4,
    mark = 8,
    cased_start = 16,  // Lu Lt Lm Lo M: what o200k lets a word start with
    cased_rest = 32,   // Ll Lm Lo M: what o200k lets a word go on with
};

extern const unsigned char* const ascii_classes;  // 128 class bytes
extern const char* const unicode_version;
extern const char* const regex_version;

struct Character {
    uint8_t classes;
    uint8_t length;  // bytes; 1 for an invalid byte
};

// The character at p; p < end. Not inlined: the callers' fast paths are for ASCII.
Character multibyte_character(const uint8_t* p, const uint8_t* end);

inline Character character_at(const uint8_t* p, const uint8_t* end) {
    if (*p < 128) return {ascii_classes[*p], 1};
    return multibyte_character(p, end);
}

}  // namespace pyllm
