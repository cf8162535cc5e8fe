// What a call needs besides its arrays: the number of threads, memory to work in, a place for what went wrong.
#pragma once

#include <omp.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#pragma GCC visibility push(default)
#include "kernels.h"
#pragma GCC visibility pop
}

namespace pyllm {

// The buffers of a context, each for one use, so that a kernel that calls another keeps its own.
enum Buffer { packed_a, packed_b, tiles, chunk_rows, chunk_logits, partial_sums, buffers };

}  // namespace pyllm

struct pyllm_context {
    int threads = 1;
    char error[512] = "";
    float* memory[pyllm::buffers] = {};
    size_t capacity[pyllm::buffers] = {};

    // At least `count` floats, aligned to 64 bytes, with whatever they hold; null, with the error set, when there is
    // no memory. Valid until the next call for the same buffer.
    float* buffer(pyllm::Buffer which, size_t count);

    // Sets the error, formatted as printf does, and returns 1: for `return context->fail(...)`.
    int fail(const char* format, ...) __attribute__((format(printf, 2, 3)));
};

namespace pyllm {

// How many parts of `size` hold `count`, and as much as those hold.
inline int64_t parts_of(int64_t count, int64_t size) {
    return (count + size - 1) / size;
}
inline int64_t rounded_up(int64_t count, int64_t size) {
    return parts_of(count, size) * size;
}

struct Range {
    int64_t begin, end;
};

// The part-th of `parts` nearly equal pieces of 0 ... count - 1, cut at multiples of `grain`.
inline Range share(int64_t count, int64_t part, int64_t parts, int64_t grain = 1) {
    const int64_t grains = parts_of(count, grain);
    const int64_t begin = grains * part / parts * grain, end = grains * (part + 1) / parts * grain;
    return {begin < count ? begin : count, end < count ? end : count};
}

}  // namespace pyllm
