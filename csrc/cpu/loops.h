// A row a vector at a time, and how many threads a loop is worth.
#pragma once

#include "context.h"
#include "vector.h"

namespace pyllm {

// How much of a vector a loop's body is about: all of it, or its first `count` elements at the end of a row.
struct Whole {};
struct Part {
    int64_t count;
};
inline Floats load(const float* from, Whole, float = 0) {
    return load(from);
}
inline Floats load(const float* from, Part part, float rest = 0) {
    return load_part(from, part.count, rest);
}
inline void store(float* to, Floats value, Whole) {
    store(to, value);
}
inline void store(float* to, Floats value, Part part) {
    store_part(to, value, part.count);
}

// body(i, size, way) for i = begin, begin + lanes, ...; size is a Whole, or a Part at the end. A body that sums keeps
// one accumulator for each of the `ways`, for a sum waits for the one before it.
template <int ways = 1, class Body>
inline void for_vectors(int64_t begin, int64_t end, Body body) {
    int64_t i = begin;
    for (; i + ways * lanes <= end; i += ways * lanes)
#pragma GCC unroll 8
        for (int way = 0; way < ways; way++) body(i + way * lanes, Whole{}, way);
    if (ways > 1)
        for (; i + lanes <= end; i += lanes) body(i, Whole{}, 0);
    if (i < end) body(i, Part{end - i}, 0);
}

template <int ways>
inline float sum(const Floats (&values)[ways]) {
    Floats total = values[0];
    for (int way = 1; way < ways; way++) total += values[way];
    return sum(total);
}

// For a loop over `count` floats: waking a thread costs what it does to some thousand of them.
inline int threads_for(const pyllm_context* context, int64_t count) {
    constexpr int64_t least = 8192;
    const int64_t worth = 1 + count / least;
    return static_cast<int>(worth < context->threads ? worth : context->threads);
}

}  // namespace pyllm
