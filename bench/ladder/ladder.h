// What the steps share: the vectors of csrc, the loops of an early step for the edges of a later one, and the packing.
#pragma once

#include "tile.h"
#include "vector.h"

using namespace pyllm;

constexpr int D = 64;  // attention's head size

// c = a b for rows from ... to_row and columns ... to_column alone, as in step 2.
inline void simple_part(const float* a, const float* b, float* c, long row, long to_row, long column, long to_column,
                        long N, long K) {
    for (long i = row; i < to_row; i++) {
        for (long j = column; j < to_column; j++) c[i * N + j] = 0;
        for (long k = 0; k < K; k++) {
            const float a_value = a[i * K + k];
            for (long j = column; j < to_column; j++) c[i * N + j] += a_value * b[k * N + j];
        }
    }
}

// out[k][i] = rows[i][k] for a tile's rows of a, `stride` apart; those from `available` on are zeros.
inline void pack_rows(const float* rows, long stride, long available, long depth, float* out) {
    interleave<tile_rows>(rows, stride, available, depth, out);
}

// out[k][j] = columns[k][j] for a tile's columns of b; those from `available` on are zeros.
inline void pack_columns(const float* columns, long stride, long available, long depth, float* out) {
    gather<tile_columns>(columns, stride, available, depth, out);
}

// out[d][j] = keys[j][d]: the same for a tile's columns of k^T.
inline void pack_columns_of_transposed(const float* keys, long available, float* out) {
    interleave<tile_columns>(keys, D, available, D, out);
}

// The innermost loop of step 5, on panels.
inline void multiply_panels(const float* a, const float* b, long depth, Floats (&sums)[tile_rows][tile_vectors]) {
    multiply_tile<tile_rows, tile_vectors>(depth, a, 1, tile_rows, b, tile_columns, sums);
}

// A tile into c, or added to it; only the rows and columns that there are.
inline void write_tile(const Floats (&sums)[tile_rows][tile_vectors], float* c, long stride, long rows, long columns,
                       bool adds) {
    for (long i = 0; i < tile_rows && i < rows; i++)
        for (int j = 0; j < tile_vectors; j++) {
            float* place = c + i * stride + j * lanes;
            const long left = columns - j * lanes;
            if (left >= lanes)
                store(place, adds ? load(place) + sums[i][j] : sums[i][j]);
            else if (left > 0)
                store_part(place, adds ? load_part(place, left) + sums[i][j] : sums[i][j], left);
        }
}
