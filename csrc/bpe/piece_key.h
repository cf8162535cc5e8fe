// Pieces of at most 15 bytes as 128-bit integers: the bytes, zero-padded, and the length in the last byte.
// Equal keys are equal pieces, so tables of short pieces compare two words and never follow a pointer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pyllm {

struct PieceKey {
    static constexpr size_t max_length = 15;
    uint64_t low, high;
    bool operator==(const PieceKey& other) const { return low == other.low && high == other.high; }
    size_t length() const { return high >> 56; }
};
static_assert(sizeof(PieceKey) == 16, "its first bytes are read as the piece");

// The key of [p, p + length), 1 <= length <= 15; may read up to 16 bytes, but not beyond `end`.
inline PieceKey piece_key(const uint8_t* p, size_t length, const uint8_t* end) {
    struct Mask {
        uint64_t low, high;
    };
    static constexpr Mask masks[16] = {
        {0, 0},
        {0xFF, 0},
        {0xFFFF, 0},
        {0xFFFFFF, 0},
        {0xFFFFFFFF, 0},
        {0xFFFFFFFFFF, 0},
        {0xFFFFFFFFFFFF, 0},
        {0xFFFFFFFFFFFFFF, 0},
        {~0ull, 0},
        {~0ull, 0xFF},
        {~0ull, 0xFFFF},
        {~0ull, 0xFFFFFF},
        {~0ull, 0xFFFFFFFF},
        {~0ull, 0xFFFFFFFFFF},
        {~0ull, 0xFFFFFFFFFFFF},
        {~0ull, 0xFFFFFFFFFFFFFF},
    };
    PieceKey key{0, 0};
    if (end - p >= 16) {
        std::memcpy(&key, p, 16);
    } else {
        std::memcpy(&key, p, length);
    }
    key.low &= masks[length].low;
    key.high = (key.high & masks[length].high) | static_cast<uint64_t>(length) << 56;
    return key;
}

// One 64x64 -> 128 bit product, folded (the mixing step of wyhash).
inline uint64_t mix(uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hash_of(const PieceKey& key) {
    return mix(key.low ^ 0x9E3779B97F4A7C15ull, key.high ^ 0xD1B54A32D192ED03ull);
}

inline uint64_t hash_of(const uint8_t* p, size_t length) {
    uint64_t hash = length;
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t word;
        std::memcpy(&word, p, 8);
        hash = mix(hash ^ word ^ 0x9E3779B97F4A7C15ull, 0xD1B54A32D192ED03ull);
    }
    uint64_t word = 0;
    std::memcpy(&word, p, length);
    return mix(hash ^ word ^ 0x9E3779B97F4A7C15ull, 0xA0761D6478BD642Full);
}

}  // namespace pyllm
