// Attention for a tile of queries, of steps 4 to 6: flash attention (Dao et al. 2022,
// https://arxiv.org/abs/2205.14135).
#pragma once

#include <algorithm>
#include <vector>

#include "ladder.h"

constexpr long block_keys = 8 * lanes;

// A head's keys as panels: keys side by side along the lanes, so that a score needs no sum across them.
inline void pack_keys(const float* k, long T, std::vector<float>& panels) {
    panels.resize((T + tile_columns) * D);
    for (long key = 0; key < T; key += tile_columns) pack_columns_of_transposed(k + key * D, T - key, &panels[key * D]);
}

// The queries from `first` on, a tile of them: `exponentials` turns a vector of numbers into their e^x.
template <class Exponentials>
void attend_tile(const float* q, const std::vector<float>& keys, const float* v, float* out, long first, long T,
                 Exponentials exponentials) {
    const long rows = std::min<long>(tile_rows, T - first);
    alignas(64) float queries[tile_rows * D] = {}, scores[tile_rows][block_keys], result[tile_rows][D] = {};
    float highest[tile_rows], totals[tile_rows] = {};
    std::fill(highest, highest + tile_rows, -INFINITY);
    for (long i = 0; i < rows * D; i++) queries[i] = q[first * D + i] / sqrtf(D);
    for (long begin = 0; begin < first + rows; begin += block_keys) {
        const long end = std::min(begin + block_keys, first + rows);
        for (long key = begin; key < end; key += tile_columns) {  // scores: (tile_rows, D) times (D, keys)
            Floats sums[tile_rows][tile_vectors] = {};
            multiply_tile<tile_rows, tile_vectors>(D, queries, D, 1, &keys[key * D], tile_columns, sums);
            for (int i = 0; i < tile_rows; i++)
                for (int j = 0; j < tile_vectors; j++) store(&scores[i][key - begin + j * lanes], sums[i][j]);
        }
        const long width = (end - begin + lanes - 1) / lanes * lanes;
        for (long i = 0; i < rows; i++) {
            for (long j = std::max(first + i + 1 - begin, 0L); j < width; j++) scores[i][j] = -INFINITY;
            Floats block_highest = splat(highest[i]), block_total = {};
            for (long j = 0; j < width; j += lanes) block_highest = maximum(block_highest, load(&scores[i][j]));
            const float now_highest = maximum(block_highest);
            const Floats factor = exponentials(splat(highest[i] - now_highest));
            for (long j = 0; j < width; j += lanes) {
                const Floats weights = exponentials(load(&scores[i][j]) - now_highest);
                store(&scores[i][j], weights);
                block_total += weights;
            }
            totals[i] = totals[i] * factor[0] + sum(block_total);
            highest[i] = now_highest;
            for (int d = 0; d < D; d += lanes) store(&result[i][d], load(&result[i][d]) * factor);
        }
        for (int d = 0; d < D; d += tile_columns) {  // result: (tile_rows, keys) times (keys, D)
            Floats sums[tile_rows][tile_vectors];
            for (int i = 0; i < tile_rows; i++)
                for (int j = 0; j < tile_vectors; j++) sums[i][j] = load(&result[i][d + j * lanes]);
            multiply_tile<tile_rows, tile_vectors>(end - begin, scores[0], block_keys, 1, v + begin * D + d, D, sums);
            for (int i = 0; i < tile_rows; i++)
                for (int j = 0; j < tile_vectors; j++) store(&result[i][d + j * lanes], sums[i][j]);
        }
    }
    for (long i = 0; i < rows; i++)
        for (int d = 0; d < D; d += lanes) store(out + (first + i) * D + d, load(&result[i][d]) / totals[i]);
}
