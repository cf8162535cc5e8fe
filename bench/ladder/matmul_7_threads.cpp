// Matrix product, step 7: threads.
//
// All threads pack b together and wait for each other once; then each takes blocks of rows of c, as they come, with a
// panel of a of its own. No element of c is shared, so nothing is added up in another order than before.
//
// Expected: 1.9 times step 6 with two threads. What is missing is the wait for the slower one.
#include <algorithm>
#include <vector>

#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    constexpr long most_depth = 256, most_rows = 6 * tile_rows;
    std::vector<float> b_panels((N + tile_columns) * most_depth);
#pragma omp parallel
    {
        std::vector<float> a_panels(most_rows * most_depth);
        for (long first = 0; first < K; first += most_depth) {
            const long depth = std::min(most_depth, K - first);
#pragma omp for
            for (long column = 0; column < N; column += tile_columns)
                pack_columns(b + first * N + column, N, N - column, depth, &b_panels[column * depth]);
#pragma omp for schedule(dynamic)
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
}
