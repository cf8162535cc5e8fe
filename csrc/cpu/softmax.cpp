// Softmax of each row.  out_i = e^(x_i - max) / sum_j e^(x_j - max);  dx_i = out_i (dout_i - sum_j dout_j out_j).
// Reads a row once (the further passes find it in a cache) and writes one: 8 bytes a value, backward 12, so bandwidth
// is the floor. Taking the row's maximum away keeps e^x from overflowing.
#include "loops.h"

namespace pyllm {
namespace {

constexpr int ways = 4;

void softmax_row(const float* x, float* out, int64_t columns) {
    Floats greatest[ways];
    for (Floats& value : greatest) value = splat(-INFINITY);
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        greatest[way] = maximum(greatest[way], load(x + i, size, -INFINITY));
    });
    const float most = maximum(maximum(maximum(greatest[0], greatest[1]), maximum(greatest[2], greatest[3])));
    Floats sums[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        const Floats e = exponential(load(x + i, size, -INFINITY) - most);
        sums[way] += e;
        store(out + i, e, size);
    });
    const float scale = 1 / sum(sums);
    for_vectors(0, columns, [&](int64_t i, auto size, int) { store(out + i, load(out + i, size) * scale, size); });
}

void softmax_row_backward(const float* out, const float* dout, float* dx, int64_t columns) {
    Floats products[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        products[way] += load(out + i, size) * load(dout + i, size);
    });
    const float along = sum(products);
    for_vectors(0, columns, [&](int64_t i, auto size, int) {
        store(dx + i, load(out + i, size) * (load(dout + i, size) - along), size);
    });
}

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_softmax_forward(pyllm_context* context, const float* x, float* out, int64_t rows, int64_t columns) {
#pragma omp parallel num_threads(threads_for(context, rows* columns))
    {
        const Range mine = share(rows, omp_get_thread_num(), omp_get_num_threads());
        for (int64_t row = mine.begin; row < mine.end; row++)
            softmax_row(x + row * columns, out + row * columns, columns);
    }
    return 0;
}

int pyllm_softmax_backward(pyllm_context* context, const float* out, const float* dout, float* dx, int64_t rows,
                           int64_t columns) {
#pragma omp parallel num_threads(threads_for(context, rows* columns))
    {
        const Range mine = share(rows, omp_get_thread_num(), omp_get_num_threads());
        for (int64_t row = mine.begin; row < mine.end; row++)
            softmax_row_backward(out + row * columns, dout + row * columns, dx + row * columns, columns);
    }
    return 0;
}
