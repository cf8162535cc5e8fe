// LayerNorm.  out = (s - mean) rstd weight + bias, one row of C at a time, rstd = 1 / sqrt(mean((s - mean)^2) + eps).
// RMSNorm.    out = s rstd weight, one row or head at a time, rstd = 1 / sqrt(mean(s^2) + eps).
// With s = x, or s = residual + x, which is then written too.
// Forward reads x once (s stays in the first-level cache for the second and third pass) and writes out: 8 bytes a
// value, 16 with the residual, so bandwidth is the floor. Memory would idle while a later pass runs, so that pass asks
// for the next row. The variance is that of the differences from the mean: nothing cancels.
//
// Backward, with xhat = (s - mean) rstd and g = dout weight:
//     ds = rstd (g - mean(g) - xhat mean(g xhat)) + dresidual     (RMSNorm: without mean(g))
//     dweight += sum over rows of dout xhat;  dbias += sum over rows of dout
// reads dout, s and dresidual and writes ds: 12 or 16 bytes a value. Only rstd and mean are kept from the forward pass.
#include "column_sums.h"

namespace pyllm {
namespace {

constexpr int ways = 4;

// Behind the last row this asks for what nobody reads, which does no harm.
inline void prefetch(const float* row, int64_t i) {
    if (row) __builtin_prefetch(row + i);
}

// s = x, or residual + x, written to residual_out as well: what all passes after the first read.
template <class Size>
inline Floats read_input(const float* x, const float* residual, float* residual_out, int64_t i, Size size) {
    Floats s = load(x + i, size);
    if (residual) {
        s += load(residual + i, size);
        store(residual_out + i, s, size);
    }
    return s;
}

void layernorm_row(const float* x, const float* residual, const float* weight, const float* bias, float* residual_out,
                   float* out, float* mean_out, float* rstd_out, int64_t columns, float eps) {
    Floats sums[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        sums[way] += read_input(x, residual, residual_out, i, size);
    });
    const float* s = residual ? residual_out : x;
    const float mean = sum(sums) / columns;
    Floats squares[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        prefetch(x, columns + i);
        prefetch(residual, columns + i);
        const Floats difference = load(s + i, size, mean) - mean;
        squares[way] += difference * difference;
    });
    const float rstd = 1 / sqrtf(sum(squares) / columns + eps);
    for_vectors(0, columns, [&](int64_t i, auto size, int) {
        const Floats normalised = (load(s + i, size) - mean) * rstd * load(weight + i, size);
        store(out + i, bias ? normalised + load(bias + i, size) : normalised, size);
    });
    *mean_out = mean;
    *rstd_out = rstd;
}

void layernorm_row_backward(const float* dout, const float* x, const float* weight, float mean, float rstd,
                            const float* dresidual, float* dx, float* dweight, float* dbias, int64_t columns) {
    Floats sums[ways] = {}, products[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        const Floats g = load(dout + i, size) * load(weight + i, size);
        sums[way] += g;
        products[way] += g * ((load(x + i, size) - mean) * rstd);
    });
    const float mean_g = sum(sums) / columns, mean_product = sum(products) / columns;
    for_vectors(0, columns, [&](int64_t i, auto size, int) {
        prefetch(x, columns + i);
        prefetch(dout, columns + i);
        prefetch(dresidual, columns + i);
        const Floats d = load(dout + i, size), normalised = (load(x + i, size) - mean) * rstd;
        Floats result = rstd * (d * load(weight + i, size) - mean_g - normalised * mean_product);
        if (dresidual) result += load(dresidual + i, size);
        store(dx + i, result, size);
        store(dweight + i, load(dweight + i, size) + d * normalised, size);
        if (dbias) store(dbias + i, load(dbias + i, size) + d, size);
    });
}

float rmsnorm_row(const float* x, const float* residual, const float* weight, float* residual_out, float* out,
                  int64_t columns, float eps) {
    Floats squares[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        const Floats s = read_input(x, residual, residual_out, i, size);
        squares[way] += s * s;
    });
    const float* s = residual ? residual_out : x;
    const float rstd = 1 / sqrtf(sum(squares) / columns + eps);
    for_vectors(0, columns, [&](int64_t i, auto size, int) {
        prefetch(x, columns + i);
        prefetch(residual, columns + i);
        store(out + i, load(s + i, size) * rstd * load(weight + i, size), size);
    });
    return rstd;
}

void rmsnorm_row_backward(const float* dout, const float* x, const float* weight, float rstd, const float* dresidual,
                          float* dx, float* dweight, int64_t columns) {
    Floats products[ways] = {};
    for_vectors<ways>(0, columns, [&](int64_t i, auto size, int way) {
        products[way] += load(dout + i, size) * load(weight + i, size) * (load(x + i, size) * rstd);
    });
    const float mean_product = sum(products) / columns;
    for_vectors(0, columns, [&](int64_t i, auto size, int) {
        prefetch(x, columns + i);
        prefetch(dout, columns + i);
        prefetch(dresidual, columns + i);
        const Floats d = load(dout + i, size), normalised = load(x + i, size) * rstd;
        Floats result = rstd * (d * load(weight + i, size) - normalised * mean_product);
        if (dresidual) result += load(dresidual + i, size);
        store(dx + i, result, size);
        store(dweight + i, load(dweight + i, size) + d * normalised, size);
    });
}

inline float* head(const pyllm_heads* x, int64_t batch, int64_t position, int64_t head) {
    return x->data + batch * x->batch_stride + position * x->position_stride + head * x->head_stride;
}

// Calls each(b, t, h, row) for all heads of the given positions, counted through batch and time.
template <class Each>
inline void for_heads(const pyllm_heads* x, Range positions, Each each) {
    for (int64_t i = positions.begin; i < positions.end; i++) {
        const int64_t batch = i / x->positions, position = i % x->positions;
        for (int64_t h = 0; h < x->heads; h++) each(batch, position, h, i * x->heads + h);
    }
}

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_layernorm_forward(pyllm_context* context, const float* x, const float* residual, const float* weight,
                            const float* bias, float* residual_out, float* out, float* mean, float* rstd, int64_t rows,
                            int64_t columns, float eps) {
    return context->run(threads_for(context, rows * columns), rows, [=](const Team& team) {
        const Range mine = share(rows, team.index, team.count);
        for (int64_t row = mine.begin; row < mine.end; row++) {
            const int64_t at = row * columns;
            layernorm_row(x + at, residual ? residual + at : nullptr, weight, bias,
                          residual ? residual_out + at : nullptr, out + at, mean + row, rstd + row, columns, eps);
        }
    });
}

int pyllm_layernorm_backward(pyllm_context* context, const float* dout, const float* x, const float* weight,
                             const float* mean, const float* rstd, const float* dresidual, float* dx, float* dweight,
                             float* dbias, int64_t rows, int64_t columns) {
    ColumnSums sums(context, rows, 2 * columns);  // of dweight, then of dbias
    if (!sums.ok()) return 1;
#pragma omp parallel num_threads(threads_for(context, rows* columns))
    {
        sums.for_blocks([&](Range block, float* block_sums) {
            for (int64_t row = block.begin; row < block.end; row++) {
                const int64_t at = row * columns;
                layernorm_row_backward(dout + at, x + at, weight, mean[row], rstd[row],
                                       dresidual ? dresidual + at : nullptr, dx + at, block_sums,
                                       dbias ? block_sums + columns : nullptr, columns);
            }
        });
        sums.add_to(dweight, 0, columns);
        if (dbias) sums.add_to(dbias, columns, columns);
    }
    return 0;
}

int pyllm_rmsnorm_forward(pyllm_context* context, const pyllm_heads* x, const float* residual, const float* weight,
                          float* residual_out, const pyllm_heads* out, float* rstd, float eps) {
    const int64_t positions = x->batch * x->positions, columns = x->head_dim;
    const auto work = [=, x = *x, out = *out](const Team& team) {
        for_heads(&x, share(positions, team.index, team.count), [&](int64_t b, int64_t t, int64_t h, int64_t row) {
            const int64_t at = row * columns;
            rstd[row] = rmsnorm_row(head(&x, b, t, h), residual ? residual + at : nullptr, weight,
                                    residual ? residual_out + at : nullptr, head(&out, b, t, h), columns, eps);
        });
    };
    return context->run(threads_for(context, positions * x->heads * columns), positions, work);
}

int pyllm_rmsnorm_backward(pyllm_context* context, const pyllm_heads* dout, const pyllm_heads* x, const float* weight,
                           const float* rstd, const float* dresidual, const pyllm_heads* dx, float* dweight) {
    const int64_t positions = x->batch * x->positions, columns = x->head_dim;
    ColumnSums sums(context, positions, columns);
    if (!sums.ok()) return 1;
#pragma omp parallel num_threads(threads_for(context, positions * x->heads * columns))
    {
        sums.for_blocks([&](Range block, float* block_sums) {
            for_heads(x, block, [&](int64_t b, int64_t t, int64_t h, int64_t row) {
                rmsnorm_row_backward(head(dout, b, t, h), head(x, b, t, h), weight, rstd[row],
                                     dresidual ? dresidual + row * columns : nullptr, head(dx, b, t, h), block_sums,
                                     columns);
            });
        });
        sums.add_to(dweight, 0, columns);
    }
    return 0;
}
