// Matrix product, step 5: a tile of c in registers.
//
// Several rows of c at once, two vectors wide: each vector of b loaded is used for all of the rows, and each element of
// a for both vectors, so that 28 multiply-adds need 16 loads with AVX-512 (12 need 8 with AVX2).
//
// Expected: 1.5 times step 4. The arithmetic no longer waits for loads from the first-level cache; but b's rows lie N
// floats apart, so a tile walks through K different pages, and rows at a power of two fall into few sets of the cache.
//
// Found: far more than that: what step 4 waits for, this one waits for once in `tile_rows` rows.
#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    const long whole_rows = M / tile_rows * tile_rows, whole_columns = N / tile_columns * tile_columns;
    for (long column = 0; column < whole_columns; column += tile_columns)
        for (long row = 0; row < whole_rows; row += tile_rows) {
            Floats sums[tile_rows][2] = {};
            for (long k = 0; k < K; k++) {
                const Floats left = load(b + k * N + column), right = load(b + k * N + column + lanes);
#pragma GCC unroll 16
                for (int i = 0; i < tile_rows; i++) {
                    const Floats a_value = splat(a[(row + i) * K + k]);
                    sums[i][0] += a_value * left;
                    sums[i][1] += a_value * right;
                }
            }
            for (int i = 0; i < tile_rows; i++)
                for (int j = 0; j < 2; j++) store(c + (row + i) * N + column + j * lanes, sums[i][j]);
        }
    simple_part(a, b, c, whole_rows, M, 0, whole_columns, N, K);
    simple_part(a, b, c, 0, M, whole_columns, N, N, K);
}
