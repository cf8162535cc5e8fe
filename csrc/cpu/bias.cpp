// A bias's gradient.  dbias += the sum of the rows of dout (N, C).
// Reads dout once: 4 bytes a value, so bandwidth is the floor. Some rows are taken at a time, so that the sums, in the
// first-level cache, are read and written once for all of them.
#include "column_sums.h"

namespace pyllm {
namespace {

constexpr int64_t rows_at_once = 4;

void add_rows(const float* rows, int64_t stride, int64_t columns, float* sums) {
    for_vectors(0, columns, [&](int64_t i, auto size, int) {
        const Floats first = load(rows + i, size) + load(rows + stride + i, size);
        const Floats second = load(rows + 2 * stride + i, size) + load(rows + 3 * stride + i, size);
        store(sums + i, load(sums + i, size) + (first + second), size);
    });
}

void add_row(const float* row, int64_t columns, float* sums) {
    for_vectors(0, columns,
                [&](int64_t i, auto size, int) { store(sums + i, load(sums + i, size) + load(row + i, size), size); });
}

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_bias_backward(pyllm_context* context, const pyllm_matrix* dout, float* dbias) {
    const int64_t columns = dout->columns, stride = dout->stride;
    const float* from = static_cast<const float*>(dout->data);
    ColumnSums sums(context, dout->rows, columns);
    if (!sums.ok()) return 1;
#pragma omp parallel num_threads(threads_for(context, dout->rows* columns))
    {
        sums.for_blocks([&](Range rows, float* block) {
            int64_t row = rows.begin;
            for (; row + rows_at_once <= rows.end; row += rows_at_once)
                add_rows(from + row * stride, stride, columns, block);
            for (; row < rows.end; row++) add_row(from + row * stride, columns, block);
        });
        sums.add_to(dbias, 0, columns);
    }
    return 0;
}
