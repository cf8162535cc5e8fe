// Matrix product, step 2: the loops in another order.
//
// With j innermost, b and c are walked along their rows: whole cache lines are used, neighbours do not wait for each
// other, and the compiler makes vectors of them. No element of c changes its order of summation.
//
// Expected: 20 times step 1. Each vector multiply-add loads b and c and stores c: a third of what the units could do,
// less where b (4 MB at 1024) streams from the third-level cache once for every row of a.
//
// Found: more than twice that: step 1 is slower than its additions, because each step down a column of b misses the
// cache.
#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    simple_part(a, b, c, 0, M, 0, N, N, K);
}
