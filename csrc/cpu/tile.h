// The inner loop of every product: a tile of the result kept in registers, and the packing that feeds it.
#pragma once

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
inline __attribute__((always_inline)) void multiply_tile(int64_t depth, const float *a, int64_t a_row, int64_t a_depth,
                                                         const float *b, int64_t b_depth,
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

// out[k][i] = rows[i][k] for `width` rows of `depth` elements, `stride` apart; rows from `available` on are zeros.
// Four rows by four columns at a time are turned in registers.
template <int width>
inline void interleave(const float *rows, int64_t stride, int64_t available, int64_t depth, float *out) {
    if (available < width)
        for (int64_t k = 0; k < depth; k++)
            for (int64_t i = available < 0 ? 0 : available; i < width; i++) out[k * width + i] = 0;
    const int64_t count = available < width ? available : width;
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const float *from = rows + i * stride;
        float *to = out + i;
        int64_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            const Quad r0 = *reinterpret_cast<const Quad *>(from + k);
            const Quad r1 = *reinterpret_cast<const Quad *>(from + k + stride);
            const Quad r2 = *reinterpret_cast<const Quad *>(from + k + 2 * stride);
            const Quad r3 = *reinterpret_cast<const Quad *>(from + k + 3 * stride);
            const Quad low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
            const Quad low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
            const Quad high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
            const Quad high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
            float *place = to + k * width;
            *reinterpret_cast<Quad *>(place) = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
            *reinterpret_cast<Quad *>(place + width) = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
            *reinterpret_cast<Quad *>(place + 2 * width) = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
            *reinterpret_cast<Quad *>(place + 3 * width) = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
        }
        for (; k < depth; k++)
            for (int r = 0; r < 4; r++) to[k * width + r] = from[k + r * stride];
    }
    for (; i + 2 <= count; i += 2) {
        const float *from = rows + i * stride;
        float *to = out + i;
        int64_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            const Quad r0 = *reinterpret_cast<const Quad *>(from + k);
            const Quad r1 = *reinterpret_cast<const Quad *>(from + k + stride);
            const Quad low = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
            const Quad high = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
            float *place = to + k * width;
            memcpy(place, &low, 8);
            memcpy(place + width, reinterpret_cast<const char *>(&low) + 8, 8);
            memcpy(place + 2 * width, &high, 8);
            memcpy(place + 3 * width, reinterpret_cast<const char *>(&high) + 8, 8);
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
inline void gather(const float *columns, int64_t stride, int64_t available, int64_t depth, float *out) {
    if (available >= width) {
        for (int64_t k = 0; k < depth; k++) memcpy(out + k * width, columns + k * stride, width * sizeof(float));
        return;
    }
    for (int64_t k = 0; k < depth; k++)
        for (int64_t i = 0; i < width; i++) out[k * width + i] = i < available ? columns[k * stride + i] : 0;
}

}  // namespace pyllm
