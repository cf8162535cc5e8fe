// Matrix product, step 1: the definition.
//
// c = a b for a (M, K), b (K, N), row-major: three loops. Each element of c is one chain of additions, and an addition
// waits about four cycles for the one before it; walking down a column of b touches a new cache line at every step.
//
// Expected: at most 1.3 GFLOP/s. That is 2 operations in 4 cycles at 2.6 GHz, and b leaves the caches besides.
#include "ladder.h"

extern "C" void matmul(const float* a, const float* b, float* c, long M, long N, long K) {
    for (long i = 0; i < M; i++)
        for (long j = 0; j < N; j++) {
            float sum = 0;
            for (long k = 0; k < K; k++) sum += a[i * K + k] * b[k * N + j];
            c[i * N + j] = sum;
        }
}
