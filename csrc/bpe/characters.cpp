#include "characters.h"

#include "unicode_classes.inc"

namespace pyllm {

// The generator stores the page of code points 0 to 127 first.
const unsigned char* const ascii_classes = class_pages;
const char* const unicode_version = PYLLM_UNICODE_VERSION;
const char* const regex_version = PYLLM_REGEX_VERSION;

static uint8_t classes_of(uint32_t code) {
    return class_pages[page_of[code >> 7] * 128 + (code & 127)];
}

Character multibyte_character(const uint8_t* p, const uint8_t* end) {
    auto continues = [&](int i) { return end - p > i && (p[i] & 0xC0) == 0x80; };
    const uint32_t lead = p[0];
    if (lead >= 0xC2 && lead <= 0xDF && continues(1)) {
        return {classes_of((lead & 0x1F) << 6 | (p[1] & 0x3F)), 2};
    }
    if ((lead & 0xF0) == 0xE0 && continues(1) && continues(2)) {
        const uint32_t code = (lead & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3F);
        if (code >= 0x800 && (code < 0xD800 || code > 0xDFFF)) return {classes_of(code), 3};
    }
    if (lead >= 0xF0 && lead <= 0xF4 && continues(1) && continues(2) && continues(3)) {
        const uint32_t code = (lead & 0x07) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3F);
        if (code >= 0x10000 && code <= 0x10FFFF) return {classes_of(code), 4};
    }
    return {0, 1};
}

}  // namespace pyllm
