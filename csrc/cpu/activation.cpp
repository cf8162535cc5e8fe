// Activation functions, element by element (activation.h has their formulas), and SwiGLU.
// Forward reads x and writes out: 8 bytes a value, SwiGLU 12; backward 12, SwiGLU 20. Bandwidth is the floor, and an
// exponential costs less than the values' way from memory, so backward computes it again and nothing is kept.
#include "activation.h"

#include "loops.h"

namespace pyllm {
namespace {

template <int activation>
void forward(pyllm_context* context, const float* x, float* out, int64_t count) {
#pragma omp parallel num_threads(threads_for(context, count))
    {
        const Range mine = share(count, omp_get_thread_num(), omp_get_num_threads(), lanes);
        for_vectors<2>(mine.begin, mine.end, [&](int64_t i, auto size, int) {
            store(out + i, activate(load(x + i, size), activation), size);
        });
    }
}

template <int activation>
void backward(pyllm_context* context, const float* x, const float* dout, float* dx, int64_t count) {
#pragma omp parallel num_threads(threads_for(context, count))
    {
        const Range mine = share(count, omp_get_thread_num(), omp_get_num_threads(), lanes);
        for_vectors<2>(mine.begin, mine.end, [&](int64_t i, auto size, int) {
            store(dx + i, load(dout + i, size) * activation_derivative(load(x + i, size), activation), size);
        });
    }
}

// Calls each(row, begin, end) for pieces of rows of `columns` that make up this thread's share of all values, so that
// a few long rows keep every thread busy too; or whole rows, where there are enough.
template <class Each>
inline void for_row_pieces(int64_t rows, int64_t columns, const Team& team, Each each) {
    const bool whole = rows_are_shared(rows, team);
    const Range mine = share(rows * columns, team.index, team.count, whole ? columns : lanes);
    for (int64_t at = mine.begin; at < mine.end;) {
        const int64_t row = at / columns, begin = at - row * columns;
        const int64_t end = mine.end - row * columns < columns ? mine.end - row * columns : columns;
        each(row, begin, end);
        at += end - begin;
    }
}

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_activation_forward(pyllm_context* context, const float* x, float* out, int64_t count, int32_t activation) {
    switch (activation) {
        case PYLLM_GELU_TANH: forward<PYLLM_GELU_TANH>(context, x, out, count); return 0;
        case PYLLM_GELU_ERF: forward<PYLLM_GELU_ERF>(context, x, out, count); return 0;
        case PYLLM_RELU_SQUARED: forward<PYLLM_RELU_SQUARED>(context, x, out, count); return 0;
        case PYLLM_NO_ACTIVATION: forward<PYLLM_NO_ACTIVATION>(context, x, out, count); return 0;
        default: return context->fail("there is no activation %d", activation);
    }
}

int pyllm_activation_backward(pyllm_context* context, const float* x, const float* dout, float* dx, int64_t count,
                              int32_t activation) {
    switch (activation) {
        case PYLLM_GELU_TANH: backward<PYLLM_GELU_TANH>(context, x, dout, dx, count); return 0;
        case PYLLM_GELU_ERF: backward<PYLLM_GELU_ERF>(context, x, dout, dx, count); return 0;
        case PYLLM_RELU_SQUARED: backward<PYLLM_RELU_SQUARED>(context, x, dout, dx, count); return 0;
        case PYLLM_NO_ACTIVATION: backward<PYLLM_NO_ACTIVATION>(context, x, dout, dx, count); return 0;
        default: return context->fail("there is no activation %d", activation);
    }
}

int pyllm_swiglu_forward(pyllm_context* context, const float* gate_up, float* out, int64_t rows, int64_t columns) {
    return context->run(threads_for(context, rows * columns), rows, [=](const Team& team) {
        for_row_pieces(rows, columns, team, [&](int64_t row, int64_t begin, int64_t end) {
            const float *gate = gate_up + row * 2 * columns, *up = gate + columns;
            float* to = out + row * columns;
            for_vectors<2>(begin, end, [&](int64_t i, auto size, int) {
                const Floats g = load(gate + i, size);
                store(to + i, g * sigmoid(g) * load(up + i, size), size);
            });
        });
    });
}

int pyllm_swiglu_backward(pyllm_context* context, const float* gate_up, const float* dout, float* dgate_up,
                          int64_t rows, int64_t columns) {
    return context->run(threads_for(context, rows * columns), rows, [=](const Team& team) {
        for_row_pieces(rows, columns, team, [&](int64_t row, int64_t begin, int64_t end) {
            const float *gate = gate_up + row * 2 * columns, *up = gate + columns, *from = dout + row * columns;
            float *dgate = dgate_up + row * 2 * columns, *dup = dgate + columns;
            for_vectors<2>(begin, end, [&](int64_t i, auto size, int) {
                const Floats g = load(gate + i, size), u = load(up + i, size), d = load(from + i, size);
                const Floats s = sigmoid(g), silu = g * s;
                store(dgate + i, d * u * (s + silu * (1.0f - s)), size);
                store(dup + i, d * silu, size);
            });
        });
    });
}
