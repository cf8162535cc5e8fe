// Matrix product, step 4: sums that stay in registers.
//
// Eight vectors of one row of c are summed over all of k before they are stored: c is written once. What is left is one
// load of b for each multiply-add, and eight independent chains hide the four cycles of each.
//
// Expected: 2 times step 3: the second-level cache delivers one vector of b a cycle at best, and the units could use
// two.
//
// Found: hardly faster. The columns in work are a short piece of each row of b, and rows lie 4 kB apart at N = 1024:
// each piece in a page of its own, all of them in few sets of the caches. For N = 128, where b has no other columns,
// the same code is three times as fast.
#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    constexpr int vectors = 8, width = vectors * lanes;
    const long whole = N / width * width;
    for (long column = 0; column < whole; column += width)
        for (long i = 0; i < M; i++) {
            Floats sums[vectors] = {};
            for (long k = 0; k < K; k++) {
                const Floats a_value = splat(a[i * K + k]);
                for (int j = 0; j < vectors; j++) sums[j] += a_value * load(b + k * N + column + j * lanes);
            }
            for (int j = 0; j < vectors; j++) store(c + i * N + column + j * lanes, sums[j]);
        }
    simple_part(a, b, c, 0, M, whole, N, N, K);
}
