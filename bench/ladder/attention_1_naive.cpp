// Attention, step 1: the definition.
//
// out = softmax(q k^T / sqrt(D)) v for each head, causal: query i sees keys 0 ... i. The scores of all pairs are a
// (T, T) matrix in memory, then probabilities, then weights of v's rows.
//
// Expected: at most 1.3 GFLOP/s. As in matrix product, step 1, each score is a chain of D dependent additions.
//
// Found: more, for half of the operations are the weighted sums of v's rows, which the compiler makes vectors of.
#include <math.h>

#include <vector>

#include "ladder.h"

extern "C" void attention(const float* q, const float* k, const float* v, float* out, long heads, long T) {
    std::vector<float> scores(T * T);
    for (long head = 0; head < heads; head++, q += T * D, k += T * D, v += T * D, out += T * D) {
        for (long i = 0; i < T; i++)
            for (long j = 0; j <= i; j++) {
                float sum = 0;
                for (long d = 0; d < D; d++) sum += q[i * D + d] * k[j * D + d];
                scores[i * T + j] = sum / sqrtf(D);
            }
        for (long i = 0; i < T; i++) {
            float *row = &scores[i * T], highest = row[0], sum = 0;
            for (long j = 1; j <= i; j++) highest = fmaxf(highest, row[j]);
            for (long j = 0; j <= i; j++) sum += row[j] = expf(row[j] - highest);
            for (long j = 0; j <= i; j++) row[j] /= sum;
        }
        for (long i = 0; i < T; i++)
            for (long d = 0; d < D; d++) {
                float sum = 0;
                for (long j = 0; j <= i; j++) sum += scores[i * T + j] * v[j * D + d];
                out[i * D + d] = sum;
            }
    }
}
