// Rotary position embedding, in place.  The pair (a, b) of a head becomes (a cos - b sin, a sin + b cos), with the
// angle of its position and of its place in the head; the pairs are (i, i + D/2), or (2i, 2i + 1) when interleaved.
// Backward is the rotation by the opposite angle.
// Reads and writes each value once: 8 bytes a value, so bandwidth is the floor; a row of cosines and sines serves all
// heads of a position from the first-level cache.
#include "loops.h"

namespace pyllm {
namespace {

void rotate_halves(float* x, const float* cosines, const float* sines, int64_t half, float sign) {
    for_vectors(0, half, [&](int64_t i, auto size, int) {
        const Floats a = load(x + i, size), b = load(x + half + i, size);
        const Floats cosine = load(cosines + i, size), sine = load(sines + i, size) * sign;
        store(x + i, a * cosine - b * sine, size);
        store(x + half + i, a * sine + b * cosine, size);
    });
}

void rotate_neighbours(float* x, const float* cosines, const float* sines, int64_t half, float sign) {
    for (int64_t i = 0; i < half; i++) {
        const float a = x[2 * i], b = x[2 * i + 1], sine = sines[i] * sign;
        x[2 * i] = a * cosines[i] - b * sine;
        x[2 * i + 1] = a * sine + b * cosines[i];
    }
}

int rotate(pyllm_context* context, const pyllm_heads* x, const int32_t* positions, const float* cosines,
           const float* sines, int64_t table_rows, bool interleaved, float sign) {
    const pyllm_heads heads = *x;
    const int64_t count = x->batch * x->positions, half = x->head_dim / 2;
    const auto prepare = [=] {
        for (int64_t i = 0; i < count; i++)
            if (positions[i] < 0 || positions[i] >= table_rows)
                return context->fail("positions[%lld, %lld] is %d, which is outside its table of %lld rows",
                                     static_cast<long long>(i / heads.positions),
                                     static_cast<long long>(i % heads.positions), positions[i],
                                     static_cast<long long>(table_rows));
        return 0;
    };
    const auto work = [=](const Team& team) {
        const Range mine = share(count, team.index, team.count);
        for (int64_t i = mine.begin; i < mine.end; i++) {
            float* at =
                heads.data + i / heads.positions * heads.batch_stride + i % heads.positions * heads.position_stride;
            const float *cosine = cosines + positions[i] * half, *sine = sines + positions[i] * half;
            for (int64_t head = 0; head < heads.heads; head++, at += heads.head_stride)
                if (interleaved)
                    rotate_neighbours(at, cosine, sine, half, sign);
                else
                    rotate_halves(at, cosine, sine, half, sign);
        }
    };
    return context->run(threads_for(context, count * x->heads * x->head_dim), count, prepare, work);
}

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_rope_forward(pyllm_context* context, const pyllm_heads* x, const int32_t* positions, const float* cosines,
                       const float* sines, int64_t table_rows, int32_t interleaved) {
    return rotate(context, x, positions, cosines, sines, table_rows, interleaved, 1);
}

int pyllm_rope_backward(pyllm_context* context, const pyllm_heads* dx, const int32_t* positions, const float* cosines,
                        const float* sines, int64_t table_rows, int32_t interleaved) {
    return rotate(context, dx, positions, cosines, sines, table_rows, interleaved, -1);
}
