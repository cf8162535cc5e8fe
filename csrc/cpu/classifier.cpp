// The classifier: log-probabilities of targets under softmax(x weight^T), their entropies, and the gradients.
//
// The floor is arithmetic: three products of 2 N V C operations. Held whole, the logits would be the largest array of
// a training step (N V), so a chunk of rows goes all the way: logits, softmax, its gradient in place, then the products
// of the gradient with weight and with x. A chunk is as long as its logits' memory allows, because each one reads
// weight, and reads and writes dweight, once. Rows without a target are left out before anything is computed.
#include <math.h>
#include <string.h>

#include "loops.h"
#include "matmul.h"
#include "tile.h"

namespace pyllm {
namespace {

constexpr int64_t chunk_bytes = 20 << 20;  // of logits

// The rows that have a target, a chunk at a time, with what belongs to them close together.
struct Chunks {
    pyllm_context* context;
    const float* x;
    const pyllm_matrix* weight;
    const int32_t* targets;
    int64_t rows, most;           // most: rows of a chunk
    int64_t next = 0, count = 0;  // the row to go on with; rows of this chunk
    float* logits = nullptr;      // (count, V)
    float* x_rows = nullptr;      // (count, C), then dx_rows
    float* dx_rows = nullptr;
    int64_t* places = nullptr;  // (count): the rows' places in x
    pyllm_matrix logits_matrix, x_matrix, dx_matrix;

    Chunks(pyllm_context* context, const float* x, const pyllm_matrix* weight, const int32_t* targets, int64_t rows)
        : context(context), x(x), weight(weight), targets(targets), rows(rows) {
        most = chunk_bytes / sizeof(float) / weight->rows / tile_rows * tile_rows;
        most = most < tile_rows ? tile_rows : most;
        most = most < rows ? most : rows;
    }

    // Checks all targets and takes the memory; 0 when both are there.
    int begin() {
        const int64_t V = weight->rows, C = weight->columns;
        if (weight->type != PYLLM_FLOAT32) return context->fail("the classifier works on float32 alone on CPUs");
        for (int64_t i = 0; i < rows; i++)
            if (targets[i] < -1 || targets[i] >= V)
                return context->fail("target %d of row %lld is not in 0 ... %lld (or -1: none)", targets[i],
                                     static_cast<long long>(i), static_cast<long long>(V - 1));
        logits = context->buffer(chunk_logits, most * V);
        x_rows = context->buffer(chunk_rows, most * (2 * C + 2));
        if (!logits || !x_rows) return 1;
        dx_rows = x_rows + most * C;
        places = reinterpret_cast<int64_t*>(dx_rows + most * C);
        return 0;
    }

    // Gathers the next chunk and computes its logits; false at the end, or when that failed (status).
    bool advance(int* status) {
        const int64_t C = weight->columns;
        for (count = 0; next < rows && count < most; next++) {
            if (targets[next] < 0) continue;
            memcpy(x_rows + count * C, x + next * C, C * sizeof(float));
            places[count++] = next;
        }
        if (!count) return false;
        logits_matrix = {logits, PYLLM_FLOAT32, count, weight->rows, weight->rows};
        x_matrix = {x_rows, PYLLM_FLOAT32, count, C, C};
        dx_matrix = {dx_rows, PYLLM_FLOAT32, count, C, C};
        *status = multiply_in_one_order(context, x_matrix, *weight, logits_matrix);  // chunks may be of any size
        return *status == 0;
    }

    // With the logits replaced by their gradient: writes dx and adds to dweight.
    int propagate(float* dx, const pyllm_matrix* dweight) {
        const int64_t C = weight->columns;
        if (pyllm_matmul(context, &logits_matrix, 0, weight, 0, nullptr, PYLLM_NO_ACTIVATION, nullptr, nullptr,
                         &dx_matrix))
            return 1;
        for (int64_t i = 0; i < count; i++) memcpy(dx + places[i] * C, dx_rows + i * C, C * sizeof(float));
        return dweight ? pyllm_matmul(context, &logits_matrix, 1, &x_matrix, 0, nullptr, PYLLM_NO_ACTIVATION, nullptr,
                                      dweight, dweight)
                       : 0;
    }

    void clear_untargeted(float* values, int64_t columns) const {
        if (!values) return;
        for (int64_t i = 0; i < rows; i++)
            if (targets[i] < 0) memset(values + i * columns, 0, columns * sizeof(float));
    }

    // row(its logits, its place) for every row that has a target, a chunk after the other. With dx, row replaces the
    // logits by their gradient, which then goes on to dx and dweight.
    template <class Row>
    int for_rows(Row row, float* dx = nullptr, const pyllm_matrix* dweight = nullptr) {
        int status = begin();
        if (status) return status;
        while (advance(&status)) {
#pragma omp parallel for num_threads(context->threads)
            for (int64_t i = 0; i < count; i++) row(logits + i * weight->rows, places[i]);
            if (dx && (status = propagate(dx, dweight))) return status;
        }
        clear_untargeted(dx, weight->columns);
        return status;
    }
};

constexpr int ways = 4;

// row = function(row), a vector at a time.
template <class Function>
inline void transform(float* row, int64_t count, Function function) {
    for_vectors(0, count,
                [&](int64_t i, auto size, int) { store(row + i, function(load(row + i, size, -INFINITY)), size); });
}

// What the softmax of a row needs: its maximum, the sum of e^(z - maximum), and, if asked for, that of
// (z - maximum) e^(z - maximum).
struct RowSums {
    float maximum, total, weighted;
    float logsumexp() const { return maximum + logf(total); }
    float entropy() const { return logf(total) - weighted / total; }
};

// keeps: row becomes e^(z - maximum).
template <bool with_entropy, bool keeps>
RowSums row_sums(float* row, int64_t count) {
    Floats greatest[ways];
    for (Floats& value : greatest) value = splat(-INFINITY);
    for_vectors<ways>(0, count, [&](int64_t i, auto size, int way) {
        greatest[way] = maximum(greatest[way], load(row + i, size, -INFINITY));
    });
    const float most = maximum(maximum(maximum(greatest[0], greatest[1]), maximum(greatest[2], greatest[3])));
    Floats totals[ways] = {}, weighted[ways] = {};
    for_vectors<ways>(0, count, [&](int64_t i, auto size, int way) {
        const Floats shifted = load(row + i, size, -INFINITY) - most, weight = exponential<true>(shifted);
        totals[way] += weight;
        if (with_entropy) weighted[way] += shifted == -INFINITY ? Floats{} : shifted * weight;
        if (keeps) store(row + i, weight, size);
    });
    return {most, sum(totals), sum(weighted)};
}

}  // namespace
}  // namespace pyllm

int pyllm_classifier_forward(pyllm_context* context, const float* x, const pyllm_matrix* weight, const int32_t* targets,
                             float* logprobs, float* entropies, float* logsumexp, int64_t rows) {
    using namespace pyllm;
    Chunks chunks(context, x, weight, targets, rows);
    const int64_t V = weight->rows;
    const int status = chunks.for_rows([&](float* row, int64_t place) {
        const float target = row[targets[place]];
        const RowSums sums = entropies ? row_sums<true, false>(row, V) : row_sums<false, false>(row, V);
        logprobs[place] = target - sums.maximum - logf(sums.total);
        if (entropies) entropies[place] = sums.entropy();
        if (logsumexp) logsumexp[place] = sums.logsumexp();
    });
    if (status) return status;
    chunks.clear_untargeted(logprobs, 1);
    chunks.clear_untargeted(entropies, 1);
    chunks.clear_untargeted(logsumexp, 1);
    return 0;
}

int pyllm_classifier_backward(pyllm_context* context, const float* x, const pyllm_matrix* weight,
                              const int32_t* targets, const float* logsumexp, const float* entropies,
                              const float* dlogprobs, const float* dentropies, float* dx, const pyllm_matrix* dweight,
                              int64_t rows) {
    using namespace pyllm;
    Chunks chunks(context, x, weight, targets, rows);
    const int64_t V = weight->rows;
    const auto differentiate = [&](float* row, int64_t place) {
        const float dlogprob = dlogprobs ? dlogprobs[place] : 0, normaliser = logsumexp[place];
        if (dentropies) {
            const float dentropy = dentropies[place], entropy = entropies[place];
            transform(row, V, [&](Floats z) {
                const Floats logp = z - normaliser, p = exponential<true>(logp);
                return p == 0.0f ? Floats{} : -p * (dlogprob + dentropy * (logp + entropy));
            });
        } else {
            transform(row, V, [&](Floats z) { return exponential<true>(z - normaliser) * -dlogprob; });
        }
        row[targets[place]] += dlogprob;
    };
    return chunks.for_rows(differentiate, dx, dweight);
}

int pyllm_classifier_forward_backward(pyllm_context* context, const float* x, const pyllm_matrix* weight,
                                      const int32_t* targets, const float* dlogprobs, float* logprobs, float* dx,
                                      const pyllm_matrix* dweight, int64_t rows) {
    using namespace pyllm;
    Chunks chunks(context, x, weight, targets, rows);
    const int64_t V = weight->rows;
    const auto differentiate = [&](float* row, int64_t place) {
        const float target = row[targets[place]];
        const RowSums sums = row_sums<false, true>(row, V);
        logprobs[place] = target - sums.maximum - logf(sums.total);
        const float factor = -dlogprobs[place] / sums.total;
        transform(row, V, [&](Floats weight) { return weight * factor; });
        row[targets[place]] += dlogprobs[place];
    };
    const int status = chunks.for_rows(differentiate, dx, dweight);
    if (status) return status;
    chunks.clear_untargeted(logprobs, 1);
    return 0;
}
