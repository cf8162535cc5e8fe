// Attention, step 4: tiles.
//
// A tile of queries meets a block of keys: the scores are a small matrix product with its sums in registers (matrix
// product, step 5), and so is what the block adds to the output; each value of k and v loaded is used for all queries
// of the tile. The softmax is online still, a block at a time. See attention_tile.h.
//
// Expected: 2 times step 3. Two products of 2 D operations a pair take 2.5 cycles with AVX-512; the exponential, one
// number at a time, takes 10 to 20.
#include <math.h>

#include "attention_tile.h"

extern "C" void attention(const float* q, const float* k, const float* v, float* out, long heads, long T) {
    std::vector<float> keys;
    const auto exponentials = [](Floats x) {
        for (int i = 0; i < lanes; i++) x[i] = expf(x[i]);
        return x;
    };
    for (long head = 0; head < heads; head++, q += T * D, k += T * D, v += T * D, out += T * D) {
        pack_keys(k, T, keys);
        for (long first = 0; first < T; first += tile_rows) attend_tile(q, keys, v, out, first, T, exponentials);
    }
}
