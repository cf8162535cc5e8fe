// Passes over flat memory: the sum of squares, AdamW, Muon's momentum, linear combinations. Bandwidth is the floor of
// each.
//
// sum of squares:  4 bytes a value, in double precision: no square of a float overflows there, and what is not finite
//                  shows in the result. Blocks of a fixed size are summed each by one thread, then added in order: the
//                  same bits for any number of threads.
// AdamW:           reads and writes the parameter, the gradient and both moments, once: 32 bytes a parameter. Clipping
//                  is a factor on the gradient, and the gradient is zeroed where it has just been read. With
//                  v = c2 vhat:  lr mhat / (sqrt(vhat) + eps) = (lr sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)).
// Muon's momentum: reads and writes the gradient and the momentum, writes out: 20 bytes a value.
#include "loops.h"

namespace pyllm {
namespace {

constexpr int64_t sum_block = 16384;

double block_sum_of_squares(const float* x, int64_t count) {
    constexpr int ways = 8;
    Doubles sums[ways] = {};
    int64_t i = 0;
    for (; i + ways * double_lanes <= count; i += ways * double_lanes)
#pragma GCC unroll 8
        for (int way = 0; way < ways; way++) {
            const Doubles value = load_doubles(x + i + way * double_lanes);
            sums[way] += value * value;
        }
    double total = 0;
    for (; i < count; i++) total += static_cast<double>(x[i]) * x[i];
    for (int way = 1; way < ways; way++) sums[0] += sums[way];
    for (int lane = 0; lane < double_lanes; lane++) total += sums[0][lane];
    return total;
}

struct AdamW {
    float *parameters, *gradients, *m, *v;
    float beta1, beta2, rest1, rest2;  // rest: 1 - beta
    float rate, eps;                   // lr sqrt(correction2) / correction1, eps sqrt(correction2)
    float scale;

    // Elements begin ... end - 1; decay is lr weight_decay, a term of its own because 1 - decay has few of its digits.
    void update(int64_t begin, int64_t end, float decay) const {
        for_vectors(begin, end, [&](int64_t i, auto size, int) {
            const Floats g = load(gradients + i, size) * scale;
            const Floats first = load(m + i, size) * beta1 + g * rest1;
            const Floats second = load(v + i, size) * beta2 + g * g * rest2;
            const Floats p = load(parameters + i, size);
            store(parameters + i, p - (rate * first / (square_root(second) + eps) + p * decay), size);
            store(m + i, first, size);
            store(v + i, second, size);
            store(gradients + i, Floats{}, size);
        });
    }
};

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_sum_of_squares(pyllm_context* context, const float* x, int64_t count, double* result) {
    const int64_t blocks = parts_of(count, sum_block);
    double* sums = reinterpret_cast<double*>(context->buffer(partial_sums, static_cast<size_t>(2 * blocks + 2)));
    if (!sums) return 1;
#pragma omp parallel num_threads(threads_for(context, count))
    {
        const Range mine = share(blocks, omp_get_thread_num(), omp_get_num_threads());
        for (int64_t block = mine.begin; block < mine.end; block++) {
            const int64_t begin = block * sum_block, rest = count - begin;
            sums[block] = block_sum_of_squares(x + begin, rest < sum_block ? rest : sum_block);
        }
    }
    *result = 0;
    for (int64_t block = 0; block < blocks; block++) *result += sums[block];
    return 0;
}

int pyllm_adamw(pyllm_context* context, float* parameters, float* gradients, float* m, float* v, const int64_t* begins,
                const int64_t* ends, const float* weight_decays, int64_t ranges, double lr, double beta1, double beta2,
                double eps, double correction1, double correction2, double scale) {
    const double root2 = sqrt(correction2);
    const AdamW step = {parameters,
                        gradients,
                        m,
                        v,
                        static_cast<float>(beta1),
                        static_cast<float>(beta2),
                        static_cast<float>(1 - beta1),
                        static_cast<float>(1 - beta2),
                        static_cast<float>(lr * root2 / correction1),
                        static_cast<float>(eps * root2),
                        static_cast<float>(scale)};
    int64_t count = 0;
    for (int64_t range = 0; range < ranges; range++) count += ends[range] - begins[range];
#pragma omp parallel num_threads(threads_for(context, count))
    {
        // A thread's share of all elements, whatever range they are in.
        const Range mine = share(count, omp_get_thread_num(), omp_get_num_threads(), 16);
        int64_t before = 0;  // elements in the ranges before this one
        for (int64_t range = 0; range < ranges && before < mine.end; range++) {
            const int64_t begin = begins[range], length = ends[range] - begin;
            const int64_t from = mine.begin - before, to = mine.end - before;
            step.update(begin + (from > 0 ? from : 0), begin + (to < length ? to : length),
                        static_cast<float>(lr * weight_decays[range]));
            before += length;
        }
    }
    return 0;
}

int pyllm_muon_momentum(pyllm_context* context, float* gradient, float* momentum, float* out, int64_t count, float beta,
                        float scale) {
#pragma omp parallel num_threads(threads_for(context, count))
    {
        const Range mine = share(count, omp_get_thread_num(), omp_get_num_threads(), lanes);
        for_vectors(mine.begin, mine.end, [&](int64_t i, auto size, int) {
            const Floats g = load(gradient + i, size) * scale;
            const Floats moved = load(momentum + i, size) * beta + g;
            store(momentum + i, moved, size);
            store(out + i, g + moved * beta, size);
            store(gradient + i, Floats{}, size);
        });
    }
    return 0;
}

int pyllm_linear_combination(pyllm_context* context, float a, const float* x, float b, const float* y, float* out,
                             int64_t count) {
#pragma omp parallel num_threads(threads_for(context, count))
    {
        const Range mine = share(count, omp_get_thread_num(), omp_get_num_threads(), lanes);
        for_vectors(mine.begin, mine.end, [&](int64_t i, auto size, int) {
            store(out + i, load(x + i, size) * a + load(y + i, size) * b, size);
        });
    }
    return 0;
}
