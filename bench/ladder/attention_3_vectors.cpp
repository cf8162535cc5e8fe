// Attention, step 3: scores in vectors.
//
// A score is D / lanes vector multiply-adds and one sum across the lanes, in place of D dependent additions.
//
// Expected: 4 times step 2. Now the sum across the lanes, the exponential and the loads of k and v, once for each pair,
// cost more than the arithmetic.
#include <math.h>

#include "ladder.h"

extern "C" void attention(const float* q, const float* k, const float* v, float* out, long heads, long T) {
    for (long head = 0; head < heads; head++, q += T * D, k += T * D, v += T * D, out += T * D)
        for (long i = 0; i < T; i++) {
            float highest = -INFINITY, total = 0;
            Floats result[D / lanes] = {};
            for (long j = 0; j <= i; j++) {
                Floats products = {};
                for (int d = 0; d < D; d += lanes) products += load(q + i * D + d) * load(k + j * D + d);
                const float score = sum(products) / sqrtf(D);
                if (score > highest) {
                    const float factor = expf(highest - score);
                    for (Floats& part : result) part *= factor;
                    total *= factor;
                    highest = score;
                }
                const float weight = expf(score - highest);
                for (int d = 0; d < D; d += lanes) result[d / lanes] += weight * load(v + j * D + d);
                total += weight;
            }
            for (int d = 0; d < D; d += lanes) store(out + i * D + d, result[d / lanes] / total);
        }
}
