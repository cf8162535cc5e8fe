// Matrix product, step 3: tiles that stay in the cache.
//
// A block of b, 128 x 512 (256 kB), is used for all rows of a before the next one is touched: it is read from memory
// once and from the second-level cache for every other row.
//
// Expected: 1.5 times step 2 at 1024, more for larger matrices. The loads and stores of c remain.
//
// Found: less: b streams in from the third-level cache well enough; c's loads and stores are what takes the time.
#include <algorithm>

#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    constexpr long depth = 128, width = 512;
    std::fill(c, c + M * N, 0.0f);
    for (long column = 0; column < N; column += width)
        for (long first = 0; first < K; first += depth)
            for (long i = 0; i < M; i++)
                for (long k = first; k < std::min(first + depth, K); k++) {
                    const float a_value = a[i * K + k];
                    for (long j = column; j < std::min(column + width, N); j++) c[i * N + j] += a_value * b[k * N + j];
                }
}
