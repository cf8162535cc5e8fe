#include "pretokenizer.h"

namespace pyllm {

const uint8_t* last_safe_cut(const uint8_t* begin, const uint8_t* limit, const uint8_t* end) {
    for (const uint8_t* cut = limit < end ? limit : end - 1; cut > begin; --cut) {
        // The right side must be an ASCII character: a single byte that cannot be the middle of anything.
        if (*cut >= 128 || *cut == '\'' || (ascii_classes[*cut] & (letter | number))) continue;
        if (cut[-1] < 128) {
            if (ascii_classes[cut[-1]] & (letter | number)) return cut;
            continue;
        }
        for (int length = 2; length <= 4 && cut - begin >= length; ++length) {
            const Character c = character_at(cut - length, cut);
            if (c.length == length && (c.classes & (letter | number))) return cut;
        }
    }
    return begin;
}

}  // namespace pyllm
