// Attention, step 6: threads.
//
// Heads do not know of each other: each thread takes the next one. Later queries see more keys, but a head is the same
// work as any other.
//
// Expected: 2 times step 5 with two threads. Twelve heads divide evenly among them.
#include <math.h>

#include "attention_tile.h"

extern "C" void attention(const float* q, const float* k, const float* v, float* out, long heads, long T) {
#pragma omp parallel
    {
        std::vector<float> keys;
#pragma omp for schedule(dynamic)
        for (long head = 0; head < heads; head++) {
            const long at = head * T * D;
            pack_keys(k + at, T, keys);
            for (long first = 0; first < T; first += tile_rows)
                attend_tile(q + at, keys, v + at, out + at, first, T, [](Floats x) { return exponential(x); });
        }
    }
}
