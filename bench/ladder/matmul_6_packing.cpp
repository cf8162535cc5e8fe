// Matrix product, step 6: packing.
//
// Before it is used, a block of b is copied into panels in the order in which the tile reads it, and so is a block of
// a: the innermost loop then reads two streams without a gap. K is cut into blocks, so that a panel of b (depth x two
// vectors) stays in the first-level cache and the block of a in the second (Goto and van de Geijn, 2008). Copying is M
// K and K N moves against M N K multiply-adds. Rows and columns that are missing at the edges are zeros in the panels.
//
// Expected: 1.3 times step 5. That is 90 % of the peak.
#include <algorithm>
#include <vector>

#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    constexpr long most_depth = 256, most_rows = 12 * tile_rows;
    std::vector<float> a_panels(most_rows * most_depth), b_panels((N + tile_columns) * most_depth);
    for (long first = 0; first < K; first += most_depth) {
        const long depth = std::min(most_depth, K - first);
        for (long column = 0; column < N; column += tile_columns)
            pack_columns(b + first * N + column, N, N - column, depth, &b_panels[column * depth]);
        for (long top = 0; top < M; top += most_rows) {
            const long rows = std::min(most_rows, M - top);
            for (long row = 0; row < rows; row += tile_rows)
                pack_rows(a + (top + row) * K + first, K, rows - row, depth, &a_panels[row * depth]);
            for (long column = 0; column < N; column += tile_columns)
                for (long row = 0; row < rows; row += tile_rows) {
                    Floats sums[tile_rows][2] = {};
                    multiply_panels(&a_panels[row * depth], &b_panels[column * depth], depth, sums);
                    write_tile(sums, c + (top + row) * N + column, N, rows - row, N - column, first > 0);
                }
        }
    }
}
