// Pre-tokenization: where a text is cut into pieces before any merge.
//
// The patterns of OpenAI's tokenizers and Qwen2's as hand-written scanners (definitions: pyllm/patterns.py, PATTERNS).
// next_piece(p, end) returns the end of the piece that starts at p. A piece depends only on what follows p.
// The common pieces are a few ASCII letters after a space: their end is found sixteen bytes at a time, which replaces
// a hard-to-predict loop exit by a count of trailing zeros.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "characters.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pyllm {

enum class Pattern { gpt2, cl100k, o200k, qwen2 };

namespace scan {

inline bool is_ascii_letter(uint8_t c) {
    return static_cast<uint8_t>((c | 32) - 'a') < 26;
}
inline bool is_newline(uint8_t c) {
    return c == '\n' || c == '\r';
}
inline uint8_t ascii_lower(uint8_t c) {
    return static_cast<uint8_t>(c - 'A') < 26 ? c | 32 : c;
}

// The first byte at or after p that is not in [low, low + 26), case folded by `fold` (32: both cases, 0: as it is).
template <uint8_t fold>
inline const uint8_t* skip_ascii_letters(const uint8_t* p, const uint8_t* end, uint8_t low) {
#if defined(__SSE2__)
    while (end - p >= 16) {
        const __m128i bytes = _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), _mm_set1_epi8(fold));
        // Unsigned c - low < 26, written for signed compares: shift the range to start at -128.
        const __m128i shifted = _mm_sub_epi8(bytes, _mm_set1_epi8(static_cast<char>(low + 128)));
        const unsigned inside = _mm_movemask_epi8(_mm_cmplt_epi8(shifted, _mm_set1_epi8(-128 + 26)));
        if (inside != 0xFFFF) return p + __builtin_ctz(~inside);
        p += 16;
    }
#endif
    while (p < end && static_cast<uint8_t>((*p | fold) - low) < 26) ++p;
    return p;
}

// The end of the run of characters that have one of the classes in `wanted`.
template <uint8_t wanted>
inline const uint8_t* skip(const uint8_t* p, const uint8_t* end) {
    while (p < end) {
        const Character c = character_at(p, end);
        if (!(c.classes & wanted)) break;
        p += c.length;
    }
    return p;
}

inline const uint8_t* skip_letters(const uint8_t* p, const uint8_t* end) {
    p = skip_ascii_letters<32>(p, end, 'a');
    return p < end && *p >= 128 ? skip<letter>(p, end) : p;
}

inline const uint8_t* skip_punctuation(const uint8_t* p, const uint8_t* end) {
    while (p < end) {
        const Character c = character_at(p, end);
        if (c.classes & (letter | number | space)) break;
        p += c.length;
    }
    return p;
}

inline const uint8_t* skip_newlines(const uint8_t* p, const uint8_t* end, bool slash_too) {
    while (p < end && (is_newline(*p) || (slash_too && *p == '/'))) ++p;
    return p;
}

inline const uint8_t* skip_numbers_up_to_three(const uint8_t* p, const uint8_t* end) {
    for (int count = 0; count < 3 && p < end; ++count) {
        const Character c = character_at(p, end);
        if (!(c.classes & number)) break;
        p += c.length;
    }
    return p;
}

// '(?:[sdmt]|ll|ve|re) at p, where *p is the apostrophe; p itself when there is none. Case-insensitively, s is also
// U+017F (the long s, C5 BF): the only other character that folds to one of these letters.
template <bool ignore_case>
inline const uint8_t* skip_contraction(const uint8_t* p, const uint8_t* end) {
    if (end - p < 2) return p;
    auto at = [&](int i) { return ignore_case ? ascii_lower(p[i]) : p[i]; };
    const uint8_t first = at(1);
    if (first == 's' || first == 'd' || first == 'm' || first == 't') return p + 2;
    if (end - p < 3) return p;
    if (ignore_case && p[1] == 0xC5 && p[2] == 0xBF) return p + 3;
    const uint8_t second = at(2);
    if ((first == 'l' && second == 'l') || ((first == 'v' || first == 'r') && second == 'e')) return p + 3;
    return p;
}

struct WhitespaceRun {
    const uint8_t* end;
    const uint8_t* last;           // where the last character starts
    const uint8_t* after_newline;  // behind the last \r or \n; nullptr without one
};

inline WhitespaceRun whitespace_run(const uint8_t* p, const uint8_t* end) {
    WhitespaceRun run{p, p, nullptr};
    while (run.end < end) {
        const Character c = character_at(run.end, end);
        if (!(c.classes & space)) break;
        run.last = run.end;
        run.end += c.length;
        if (is_newline(*run.last)) run.after_newline = run.end;
    }
    return run;
}

// \s+(?!\S)|\s : all but the last character before something else; a single character whole.
inline const uint8_t* before_last(const WhitespaceRun& run, const uint8_t* p, const uint8_t* end) {
    return run.end == end || run.last == p ? run.end : run.last;
}

}  // namespace scan

template <Pattern pattern>
const uint8_t* next_piece(const uint8_t* p, const uint8_t* end);

template <>
inline const uint8_t* next_piece<Pattern::gpt2>(const uint8_t* p, const uint8_t* end) {
    using namespace scan;
    if (*p == '\'') {
        const uint8_t* q = skip_contraction<false>(p, end);
        if (q != p) return q;
    }
    const uint8_t* q = p + (*p == ' ' && p + 1 < end);  // every other rule but whitespace takes one space in front
    if (is_ascii_letter(*q)) return skip_letters(q + 1, end);
    const Character c = character_at(q, end);
    if (c.classes & letter) return skip_letters(q + c.length, end);
    if (c.classes & number) return skip<number>(q + c.length, end);
    if (!(c.classes & space)) return skip_punctuation(q + c.length, end);
    return before_last(whitespace_run(p, end), p, end);
}

namespace scan {

// cl100k's and qwen2's pieces. qwen2 cuts numbers into single digits, and has no rule for whitespace at the text's end.
template <Pattern pattern>
inline const uint8_t* next_cl100k_piece(const uint8_t* p, const uint8_t* end) {
    constexpr bool qwen2 = pattern == Pattern::qwen2;
    if (is_ascii_letter(*p)) return skip_letters(p + 1, end);
    if (*p == ' ' && p + 1 < end && is_ascii_letter(p[1])) return skip_letters(p + 2, end);
    if (*p == '\'') {
        const uint8_t* q = skip_contraction<true>(p, end);
        if (q != p) return q;
    }
    const Character c = character_at(p, end);
    if (c.classes & letter) return skip_letters(p + c.length, end);
    if (c.classes & number) return qwen2 ? p + c.length : skip_numbers_up_to_three(p, end);
    const uint8_t* q = p + c.length;
    Character next{space, 0};
    if (q < end) next = character_at(q, end);
    if ((next.classes & letter) && !is_newline(*p)) return skip_letters(q + next.length, end);
    if (!(c.classes & space)) return skip_newlines(skip_punctuation(q, end), end, false);
    if (*p == ' ' && !(next.classes & (space | number))) return skip_newlines(skip_punctuation(q, end), end, false);
    const WhitespaceRun run = whitespace_run(p, end);
    if (!qwen2 && run.end == end) return end;
    return run.after_newline ? run.after_newline : before_last(run, p, end);
}

}  // namespace scan

template <>
inline const uint8_t* next_piece<Pattern::cl100k>(const uint8_t* p, const uint8_t* end) {
    return scan::next_cl100k_piece<Pattern::cl100k>(p, end);
}

template <>
inline const uint8_t* next_piece<Pattern::qwen2>(const uint8_t* p, const uint8_t* end) {
    return scan::next_cl100k_piece<Pattern::qwen2>(p, end);
}

namespace scan {

// The o200k word rules from p on, without their optional first character; p itself when there is no word.
//   [cased_start]*[cased_rest]+   or else   [cased_start]+[cased_rest]*   then a contraction
// The first rule gives characters of the start run back until one is in both classes, so `shared_end`, the end of the
// last such character, is where it ends when nothing else follows.
inline const uint8_t* skip_o200k_word(const uint8_t* p, const uint8_t* end, bool lower_case_needed) {
    const uint8_t* q = skip_ascii_letters<0>(p, end, 'A');
    const uint8_t* shared_end = nullptr;
    while (q < end) {
        const Character c = character_at(q, end);
        if (!(c.classes & cased_start)) break;
        q += c.length;
        if (c.classes & cased_rest) shared_end = q;
    }
    const uint8_t* word_end = skip_ascii_letters<0>(q, end, 'a');
    if (word_end < end && *word_end >= 128) word_end = skip<cased_rest>(word_end, end);
    if (word_end == q) {
        if (shared_end) {
            word_end = shared_end;
        } else if (lower_case_needed || q == p) {
            return p;
        }
    }
    return word_end < end && *word_end == '\'' ? skip_contraction<true>(word_end, end) : word_end;
}

}  // namespace scan

template <>
inline const uint8_t* next_piece<Pattern::o200k>(const uint8_t* p, const uint8_t* end) {
    using namespace scan;
    const Character c = character_at(p, end);
    // The optional first character: anything but a newline, a letter or a number. A mark may also start the word.
    const uint8_t* start = !(c.classes & (letter | number)) && !is_newline(*p) ? p + c.length : p;
    for (const bool lower_case_needed : {true, false}) {
        const uint8_t* q = skip_o200k_word(start, end, lower_case_needed);
        if (q != start) return q;
        if (start != p && (c.classes & mark)) {
            q = skip_o200k_word(p, end, lower_case_needed);
            if (q != p) return q;
        }
    }
    if (c.classes & number) return skip_numbers_up_to_three(p, end);
    const uint8_t* q = p + c.length;
    if (!(c.classes & space)) return skip_newlines(skip_punctuation(q, end), end, true);
    if (*p == ' ' && q < end && !(character_at(q, end).classes & (space | letter | number))) {
        return skip_newlines(skip_punctuation(q, end), end, true);
    }
    const WhitespaceRun run = whitespace_run(p, end);
    return run.after_newline ? run.after_newline : before_last(run, p, end);
}

// Calls f(piece, piece_end) for each piece of the text.
template <Pattern pattern, class F>
inline void for_each_piece(const uint8_t* p, const uint8_t* end, F&& f) {
    while (p < end) {
        const uint8_t* q = next_piece<pattern>(p, end);
        f(p, q);
        p = q;
    }
}

// Calls f with the pattern as a compile-time constant.
template <class F>
decltype(auto) with_pattern(Pattern pattern, F&& f) {
    switch (pattern) {
        case Pattern::gpt2: return f(std::integral_constant<Pattern, Pattern::gpt2>{});
        case Pattern::cl100k: return f(std::integral_constant<Pattern, Pattern::cl100k>{});
        case Pattern::qwen2: return f(std::integral_constant<Pattern, Pattern::qwen2>{});
        default: return f(std::integral_constant<Pattern, Pattern::o200k>{});
    }
}

// A place at or before `limit` where the text can be cut without changing any piece, or `begin` when there is none:
// between a letter or number and a character that is none of letter, number, mark, apostrophe. All patterns end a
// piece there, look no further to decide what stands before it, and never look back.
const uint8_t* last_safe_cut(const uint8_t* begin, const uint8_t* limit, const uint8_t* end);

}  // namespace pyllm
