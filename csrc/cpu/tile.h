// The inner loop of every product: a tile of the result kept in registers, and the packing that feeds it.
#pragma once

#include <utility>

#include "vector.h"

namespace pyllm {

// The tile: as many rows as leave registers for one row of b and one element of a (16 registers, 32 with AVX-512), so
// that each value loaded is used `tile_rows` or `tile_columns` times.
constexpr int tile_rows = lanes == 16 ? 14 : 6;
constexpr int tile_vectors = 2;
constexpr int tile_columns = tile_vectors * lanes;

// sums[i][j] += sum over k of a[i][k] b[k][j], k ascending: one chain of multiply-adds for each element.
// a[i][k] is at a + i a_row + k a_depth; b's row k is the `vectors` vectors at b + k b_depth.
template <int rows, int vectors>
inline __attribute__((always_inline)) void multiply_tile(int64_t depth, const float* a, int64_t a_row, int64_t a_depth,
                                                         const float* b, int64_t b_depth,
                                                         Floats (&sums)[rows][vectors]) {
    for (int64_t k = 0; k < depth; k++, a += a_depth, b += b_depth) {
        Floats b_row[vectors];
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) b_row[j] = load(b + j * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const Floats a_value = splat(a[i * a_row]);
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++) sums[i][j] += a_value * b_row[j];
        }
    }
}

typedef float Quad __attribute__((vector_size(16), aligned(4), may_alias));

// The masks of `turn`. Within quads, with elements or pairs of b between those of a; or blocks of `half` lanes, every
// second of a with every second of b.
template <int high, int size>
struct Zip {
    static constexpr int index(int lane) {
        const int within = lane % 4, element = high * 2 + within / (2 * size) * size + within % size;
        return lane / 4 * 4 + element + (within / size % 2 ? lanes : 0);
    }
};
template <int odd, int half>
struct Blocks {
    static constexpr int index(int lane) {
        return lane & half ? lanes + lane - (odd ? 0 : half) : lane + (odd ? half : 0);
    }
};
template <int distance>
struct Neighbours {
    static constexpr int index(int lane) { return lane ^ distance; }
};
template <class Mask, int... lane>
inline Floats shuffled(Floats a, Floats b, Mask, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(a, b, Mask::index(lane)...);
}
template <class Mask>
inline __attribute__((always_inline)) Floats shuffled(Floats a, Floats b) {
    return shuffled(a, b, Mask{}, std::make_integer_sequence<int, lanes>{});
}
template <int half>
inline __attribute__((always_inline)) void turn_blocks(Floats (&v)[lanes]) {
    if constexpr (half < lanes) {
#pragma GCC unroll 16
        for (int i = 0; i < lanes; i++) {
            if (i & half) continue;
            const Floats a = v[i], b = v[i + half];
            v[i] = shuffled<Blocks<0, half>>(a, b);
            v[i + half] = shuffled<Blocks<1, half>>(a, b);
        }
        turn_blocks<2 * half>(v);
    }
}

// The sums across the lanes of four vectors, each with the bits that `sum` gives it: halves onto each other, two
// vectors' at a time as long as there are two.
inline __attribute__((always_inline)) Quad sums_of(Floats a, Floats b, Floats c, Floats d) {
    constexpr int half = lanes / 2, quarter = lanes / 4;
    const Floats ac = shuffled<Blocks<0, half>>(a, c) + shuffled<Blocks<1, half>>(a, c);
    const Floats bd = shuffled<Blocks<0, half>>(b, d) + shuffled<Blocks<1, half>>(b, d);
    Floats all = shuffled<Blocks<0, quarter>>(ac, bd) + shuffled<Blocks<1, quarter>>(ac, bd);
    if constexpr (quarter > 2) all += shuffled<Neighbours<2>>(all, all);
    if constexpr (quarter > 1) all += shuffled<Neighbours<1>>(all, all);
    return __builtin_shufflevector(all, all, 0, quarter, 2 * quarter, 3 * quarter);
}

// The square of `lanes` vectors, turned: v[i][j] becomes v[j][i]. Quads of quads first, with the shuffles that cost
// least, then the blocks of quads change places.
inline __attribute__((always_inline)) void turn(Floats (&v)[lanes]) {
#pragma GCC unroll 4
    for (int i = 0; i < lanes; i += 4) {
        const Floats low01 = shuffled<Zip<0, 1>>(v[i], v[i + 1]), high01 = shuffled<Zip<1, 1>>(v[i], v[i + 1]);
        const Floats low23 = shuffled<Zip<0, 1>>(v[i + 2], v[i + 3]), high23 = shuffled<Zip<1, 1>>(v[i + 2], v[i + 3]);
        v[i] = shuffled<Zip<0, 2>>(low01, low23);
        v[i + 1] = shuffled<Zip<1, 2>>(low01, low23);
        v[i + 2] = shuffled<Zip<0, 2>>(high01, high23);
        v[i + 3] = shuffled<Zip<1, 2>>(high01, high23);
    }
    turn_blocks<4>(v);
}

// out[k][i] = rows[i][k] for `width` rows of `depth` elements, `stride` apart; rows from `available` on are zeros.
// Squares of whole vectors are turned in registers, or of four elements where the width is less.
template <int width>
inline void interleave(const float* rows, int64_t stride, int64_t available, int64_t depth, float* out) {
    if (available < width)
        for (int64_t k = 0; k < depth; k++)
            for (int64_t i = available < 0 ? 0 : available; i < width; i++) out[k * width + i] = 0;
    const int64_t count = available < width ? available : width;
    int64_t i = 0;
    for (; width % lanes == 0 && i + lanes <= count; i += lanes) {
        const float* from = rows + i * stride;
        float* to = out + i;
        int64_t k = 0;
        for (; k + lanes <= depth; k += lanes) {
            Floats square[lanes];
#pragma GCC unroll 16
            for (int r = 0; r < lanes; r++) {
                square[r] = load(from + k + r * stride);
                __builtin_prefetch(from + k + (width + r) * stride, 0, 2);  // of the next panel
            }
            turn(square);
#pragma GCC unroll 16
            for (int r = 0; r < lanes; r++) store(to + (k + r) * width, square[r]);
        }
        for (; k < depth; k++)
            for (int r = 0; r < lanes; r++) to[k * width + r] = from[k + r * stride];
    }
    for (; i + 4 <= count; i += 4) {
        const float* from = rows + i * stride;
        float* to = out + i;
        int64_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            const Quad r0 = *reinterpret_cast<const Quad*>(from + k);
            const Quad r1 = *reinterpret_cast<const Quad*>(from + k + stride);
            const Quad r2 = *reinterpret_cast<const Quad*>(from + k + 2 * stride);
            const Quad r3 = *reinterpret_cast<const Quad*>(from + k + 3 * stride);
            const Quad low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
            const Quad low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
            const Quad high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
            const Quad high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
            float* place = to + k * width;
            *reinterpret_cast<Quad*>(place) = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
            *reinterpret_cast<Quad*>(place + width) = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
            *reinterpret_cast<Quad*>(place + 2 * width) = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
            *reinterpret_cast<Quad*>(place + 3 * width) = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
        }
        for (; k < depth; k++)
            for (int r = 0; r < 4; r++) to[k * width + r] = from[k + r * stride];
    }
    for (; i + 2 <= count; i += 2) {
        const float* from = rows + i * stride;
        float* to = out + i;
        int64_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            const Quad r0 = *reinterpret_cast<const Quad*>(from + k);
            const Quad r1 = *reinterpret_cast<const Quad*>(from + k + stride);
            const Quad low = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
            const Quad high = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
            float* place = to + k * width;
            memcpy(place, &low, 8);
            memcpy(place + width, reinterpret_cast<const char*>(&low) + 8, 8);
            memcpy(place + 2 * width, &high, 8);
            memcpy(place + 3 * width, reinterpret_cast<const char*>(&high) + 8, 8);
        }
        for (; k < depth; k++) {
            to[k * width] = from[k];
            to[k * width + 1] = from[k + stride];
        }
    }
    for (; i < count; i++)
        for (int64_t k = 0; k < depth; k++) out[k * width + i] = rows[k + i * stride];
}

// out[k][i] = columns[k][i] for `depth` rows, `stride` apart, of `width` elements; those from `available` on are zeros.
template <int width>
inline void gather(const float* columns, int64_t stride, int64_t available, int64_t depth, float* out) {
    if (available >= width) {
        for (int64_t k = 0; k < depth; k++) memcpy(out + k * width, columns + k * stride, width * sizeof(float));
        return;
    }
    for (int64_t k = 0; k < depth; k++)
        for (int64_t i = 0; i < width; i++) out[k * width + i] = i < available ? columns[k * stride + i] : 0;
}

}  // namespace pyllm
