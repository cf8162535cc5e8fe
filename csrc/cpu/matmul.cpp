// Matrix product.  out = activation(op(a) op(b) + bias) + addend, op(a) (M, K), op(b) (K, N).
//
// The floor is arithmetic: 2 M N K operations, two vector multiply-adds a cycle. A tile of out lives in registers while
// k runs; to feed it, both operands are first packed into panels in the order in which the tile reads them (Goto and
// van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008): a panel of b (depth x tile_columns) stays
// in the first-level cache, a block of a (block_rows x depth) in the second, all of b's block in the third.
// The threads pack together, then share the blocks of out between them; each element is summed by one thread, over k
// ascending within a depth block and over the blocks in order. The order thus depends on K alone: a row of out has the
// same bits in any company of rows and at any number of threads.
//
// Few rows (a decoding step) are bound by reading b once: no packing pays there. With b transposed, each element is
// then a dot product of two rows as they lie, summed in another order that depends on K alone: what a row's bits are
// differs between up to few_rows and more, and by nothing else.
//
// Where the same b serves many calls, as weights do in decoding, it is packed once for all of them; a is then read as
// it lies, for with few rows it stays in the caches, and the sums are those of many rows.
#include <algorithm>
#include <initializer_list>

#include "matmul.h"

#include "activation.h"
#include "tile.h"

namespace pyllm {
namespace {

constexpr int64_t most_depth = lanes == 16 ? 512 : 448;  // a panel of b: 28 to 64 kB
constexpr int64_t most_depth_rounded = most_depth + 8;
constexpr int64_t most_block_rows = lanes == 16 ? 168 : 96;  // a block of a: 172 to 344 kB
constexpr int64_t most_rows = 1092, most_columns = 1536;     // packed at once: 2 MB of a and 3 MB of b
constexpr int64_t task_columns = 16 * tile_columns;
constexpr int64_t few_rows = PYLLM_FEW_ROWS;          // and their work:
constexpr int dot_rows = lanes == 16 ? 6 : 3;         // at most, rows of a that share what is loaded of b
constexpr int dot_columns = 4;                        // rows of b that are read side by side
constexpr int64_t wide_band = 128, narrow_band = 32;  // rows of b worked on together, narrow to stay in the caches
static_assert(wide_band * dot_rows <= narrow_band * few_rows, "one buffer of sums serves both");

// What becomes of a sum: see write_vector.
struct Output {
    float* out;
    const float *addend, *bias;
    float* preactivation;
    int64_t stride, addend_stride, preactivation_stride;
    int activation;
    bool first, last;  // of the blocks of depth
};

// One vector of out. `sum` is that of this block of depth; before the last block, out holds the sum so far.
template <class Load, class Store>
inline __attribute__((always_inline)) void write_vector(const Output& to, int64_t row, int64_t column, Floats sum,
                                                        Load load, Store store) {
    float* out = to.out + row * to.stride + column;
    const bool adds = to.addend && (to.activation == PYLLM_NO_ACTIVATION ? to.first : to.last);
    Floats added = {};
    if (adds) added = load(to.addend + row * to.addend_stride + column);
    if (!to.first) sum += load(out);
    if (adds && to.activation == PYLLM_NO_ACTIVATION) sum += added;
    if (to.last) {
        if (to.bias) sum += load(to.bias + column);
        if (to.preactivation) store(to.preactivation + row * to.preactivation_stride + column, sum);
        if (to.activation != PYLLM_NO_ACTIVATION) {
            sum = activate(sum, to.activation);
            if (adds) sum += added;
        }
    }
    store(out, sum);
}

inline void write_vector(const Output& to, int64_t row, int64_t column, Floats sum, int64_t count) {
    if (count >= lanes)
        write_vector(
            to, row, column, sum, [](const float* from) { return load(from); },
            [](float* place, Floats value) { store(place, value); });
    else
        write_vector(
            to, row, column, sum, [&](const float* from) { return load_part(from, count); },
            [&](float* place, Floats value) { store_part(place, value, count); });
}

// The sums of a tile, to their place; rows and columns beyond out's are not written.
template <int height>
inline __attribute__((always_inline)) void write_tile(const Output& to, int64_t row, int64_t column, int64_t rows,
                                                      int64_t columns, Floats (&sums)[height][tile_vectors]) {
    const bool plain = !to.last || (!to.bias && !to.preactivation && to.activation == PYLLM_NO_ACTIVATION);
    if (plain && rows >= height && columns >= tile_columns) {  // straight from the registers
        float* out = to.out + row * to.stride + column;
        const bool adds = to.first && to.addend && to.activation == PYLLM_NO_ACTIVATION;
        const float* old = adds ? to.addend + row * to.addend_stride + column : out;
        const int64_t old_stride = adds ? to.addend_stride : to.stride;
        if (adds || !to.first) {
#pragma GCC unroll 16
            for (int i = 0; i < height; i++)
#pragma GCC unroll 8
                for (int j = 0; j < tile_vectors; j++)
                    store(out + i * to.stride + j * lanes, load(old + i * old_stride + j * lanes) + sums[i][j]);
        } else {
#pragma GCC unroll 16
            for (int i = 0; i < height; i++)
#pragma GCC unroll 8
                for (int j = 0; j < tile_vectors; j++) store(out + i * to.stride + j * lanes, sums[i][j]);
        }
        return;
    }
    alignas(64) float tile[height][tile_columns];
#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 8
        for (int j = 0; j < tile_vectors; j++) store(&tile[i][j * lanes], sums[i][j]);
    for (int64_t i = 0; i < rows && i < height; i++)
        for (int64_t j = 0; j < columns && j < tile_columns; j += lanes)
            write_vector(to, row + i, column + j, load(&tile[i][j]), columns - j);
}

// A tile of out from packed panels.
void compute_tile(const Output& to, int64_t row, int64_t column, int64_t rows, int64_t columns, int64_t depth,
                  const float* a, const float* b) {
    for (int64_t i = 0; i < tile_rows && i < rows; i++)  // asked for before it is needed
        for (int64_t j = 0; j < tile_columns && j < columns; j += 16)
            __builtin_prefetch(to.out + (row + i) * to.stride + column + j, 1);
    Floats sums[tile_rows][tile_vectors] = {};
    multiply_tile<tile_rows, tile_vectors>(depth, a, 1, tile_rows, b, tile_columns, sums);
    write_tile(to, row, column, rows, columns, sums);
}

// The same of rows of a as they lie, at most `height`.
template <int height = tile_rows>
void compute_tile_of_rows(const Output& to, int64_t row, int64_t column, int64_t rows, int64_t columns, int64_t depth,
                          const float* a, int64_t a_stride, const float* b) {
    if constexpr (height > 1)
        if (rows < height)
            return compute_tile_of_rows<height - 1>(to, row, column, rows, columns, depth, a, a_stride, b);
    Floats sums[height][tile_vectors] = {};
    multiply_tile<height, tile_vectors>(depth, a, a_stride, 1, b, tile_columns, sums);
    write_tile(to, row, column, rows, columns, sums);
}

// op(x) as the packing sees it: `data` is at its element (0, 0), and moving by one row or column moves by these.
struct Operand {
    const float* data;
    int64_t stride;
    bool transposed;

    const float* at(int64_t row, int64_t column) const {
        return data + (transposed ? column * stride + row : row * stride + column);
    }
};

void pack_a(const Operand& a, int64_t row, int64_t rows, int64_t k, int64_t depth, float* out) {
    if (a.transposed)
        gather<tile_rows>(a.at(row, k), a.stride, rows - row, depth, out);
    else
        interleave<tile_rows>(a.at(row, k), a.stride, rows - row, depth, out);
}

void pack_b(const Operand& b, int64_t column, int64_t columns, int64_t k, int64_t depth, float* out) {
    if (b.transposed)
        interleave<tile_columns>(b.at(k, column), b.stride, columns - column, depth, out);
    else
        gather<tile_columns>(b.at(k, column), b.stride, columns - column, depth, out);
}

// K in blocks of nearly equal depth; one block of none where K is 0.
struct Depths {
    int64_t total, blocks;
    explicit Depths(int64_t depth) : total(depth), blocks(depth ? parts_of(depth, most_depth) : 1) {}
    Range block(int64_t index) const { return share(total, index, blocks, 8); }
};

// Into how many parts the panels of b are cut, for tasks of a_tasks blocks each: at least four tasks a thread, so that
// none waits long for the last one.
int64_t column_tasks(int64_t a_tasks, int64_t b_count, int64_t threads) {
    const int64_t wide = parts_of(b_count * tile_columns, task_columns);
    const int64_t enough = threads == 1 ? 1 : parts_of(4 * threads, a_tasks);
    const int64_t tasks = wide > enough ? wide : enough;
    return tasks < b_count ? tasks : b_count;
}

// Waking the other threads costs what it takes to do so many multiply-adds.
int threads_for_product(const pyllm_context* context, int64_t M, int64_t N, int64_t K) {
    constexpr int64_t least = 1 << 18;
    return M * N * K < least ? 1 : context->threads;
}

int many_rows_product(pyllm_context* context, const Operand& a, const Operand& b, int64_t M, int64_t N, int64_t K,
                      const Output& to) {
    const Depths depths(K);
    const int64_t row_blocks = parts_of(M, most_rows), column_blocks = parts_of(N, most_columns);
    float* a_panels = context->buffer(
        packed_a, rounded_up(M < most_rows ? M : most_rows, tile_rows) * (K < most_depth ? K : most_depth_rounded));
    float* b_panels = context->buffer(packed_b, rounded_up(N < most_columns ? N : most_columns, tile_columns) *
                                                    (K < most_depth ? K : most_depth_rounded));
    if (!a_panels || !b_panels) return 1;
#pragma omp parallel num_threads(threads_for_product(context, M, N, K))
    for (int64_t row_block = 0; row_block < row_blocks; row_block++) {
        const Range rows = share(M, row_block, row_blocks, tile_rows);
        const int64_t a_count = parts_of(rows.end - rows.begin, tile_rows);
        for (int64_t column_block = 0; column_block < column_blocks; column_block++) {
            const Range columns = share(N, column_block, column_blocks, tile_columns);
            const int64_t b_count = parts_of(columns.end - columns.begin, tile_columns);
            for (int64_t block = 0; block < depths.blocks; block++) {
                const Range ks = depths.block(block);
                const int64_t depth = ks.end - ks.begin;
                Output part = to;
                part.first = block == 0;
                part.last = block == depths.blocks - 1;
#pragma omp for schedule(static) nowait
                for (int64_t panel = 0; panel < a_count; panel++)
                    pack_a(a, rows.begin + panel * tile_rows, M, ks.begin, depth, a_panels + panel * tile_rows * depth);
#pragma omp for schedule(static)
                for (int64_t panel = 0; panel < b_count; panel++)
                    pack_b(b, columns.begin + panel * tile_columns, N, ks.begin, depth,
                           b_panels + panel * tile_columns * depth);
                const int64_t a_tasks = parts_of(a_count * tile_rows, most_block_rows);
                const int64_t b_tasks = column_tasks(a_tasks, b_count, omp_get_num_threads());
#pragma omp for schedule(dynamic) collapse(2)
                for (int64_t a_task = 0; a_task < a_tasks; a_task++)
                    for (int64_t b_task = 0; b_task < b_tasks; b_task++) {
                        const Range a_share = share(a_count, a_task, a_tasks),
                                    b_share = share(b_count, b_task, b_tasks);
                        for (int64_t j = b_share.begin; j < b_share.end; j++)
                            for (int64_t i = a_share.begin; i < a_share.end; i++) {
                                const int64_t row = rows.begin + i * tile_rows;
                                const int64_t column = columns.begin + j * tile_columns;
                                compute_tile(part, row, column, M - row, N - column, depth,
                                             a_panels + i * tile_rows * depth, b_panels + j * tile_columns * depth);
                            }
                    }
            }
        }
    }
    return 0;
}

// out[i * band + j * apart] = row i of a times row j * apart of b: each lane sums the products of every lanes-th k,
// then the lanes fold. In this order, whatever rows and columns are worked on together.
template <int rows, int columns>
void dot_products(const float* a, int64_t a_stride, const float* b, int64_t b_stride, int64_t apart, int64_t K,
                  float* out, int64_t band) {
    Floats sums[rows][columns] = {};
    const auto add = [&](auto load_vector) {
        Floats left[rows];
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) left[i] = load_vector(a + i * a_stride);
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) {
            const Floats right = load_vector(b + j * apart * b_stride);
#pragma GCC unroll 8
            for (int i = 0; i < rows; i++) sums[i][j] += left[i] * right;
        }
    };
    const int64_t whole = K / lanes * lanes;
    for (int64_t k = 0; k < whole; k += lanes) add([k](const float* row) { return load(row + k); });
    if (whole < K) add([whole, K](const float* row) { return load_part(row + whole, K - whole); });
    for (int i = 0; i < rows; i++)
        if constexpr (columns == 4) {
            const Quad four = sums_of(sums[i][0], sums[i][1], sums[i][2], sums[i][3]);
            if (apart == 1)
                memcpy(out + i * band, &four, sizeof four);
            else
                for (int j = 0; j < columns; j++) out[i * band + j * apart] = four[j];
        } else {
            for (int j = 0; j < columns; j++) out[i * band + j * apart] = sum(sums[i][j]);
        }
}

// `count` rows of a, at most `rows`, with `columns` rows of b, out as in dot_products. A band that is read once comes
// from memory: its rows read side by side are a part of it each, so that the next ones continue where they end: few
// long streams, which the processor follows.
template <int rows = dot_rows>
void dot_products_with_band(int64_t count, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                            int64_t columns, int64_t K, float* out, int64_t band, bool read_once) {
    if constexpr (rows > 1)
        if (count < rows)
            return dot_products_with_band<rows - 1>(count, a, a_stride, b, b_stride, columns, K, out, band, read_once);
    const int64_t fours = columns / dot_columns;
    const int64_t apart = read_once ? fours : 1, next = read_once ? 1 : dot_columns;
    for (int64_t j = 0; j < fours; j++)
        dot_products<rows, dot_columns>(a, a_stride, b + j * next * b_stride, b_stride, apart, K, out + j * next, band);
    for (int64_t j = fours * dot_columns; j < columns; j++)
        dot_products<rows, 1>(a, a_stride, b + j * b_stride, b_stride, 1, K, out + j, band);
}

// Asks for the part-th of `parts` parts of `count` rows of K floats.
void fetch(const float* rows, int64_t stride, int64_t count, int64_t K, int64_t part, int64_t parts) {
    const Range mine = share(count, part, parts);
    for (int64_t row = mine.begin; row < mine.end; row++)
        for (int64_t k = 0; k < K; k += 16) __builtin_prefetch(rows + row * stride + k, 0, 2);
}

// b transposed: its rows are read once, band by band, a band through the caches as often as there are rows of a.
int few_rows_product(pyllm_context* context, const Operand& a, const Operand& b, int64_t M, int64_t N, int64_t K,
                     const Output& to) {
    const auto prepare = [=] { return a.transposed && !context->buffer(packed_a, M * K); };
    const auto work = [=](const Team& team) {
        const float* rows = a.data;
        int64_t stride = a.stride;
        if (a.transposed) {
            float* copy = context->memory[packed_a];
            const Range mine = share(M, team.index, team.count);
            for (int64_t row = mine.begin; row < mine.end; row++)
                for (int64_t k = 0; k < K; k++) copy[row * K + k] = *a.at(row, k);
            team.barrier();
            rows = copy;
            stride = K;
        }
        const int64_t groups = parts_of(M, dot_rows), band = groups == 1 ? wide_band : narrow_band;
        const Range mine = share(N, team.index, team.count, lanes);
        for (int64_t column = mine.begin; column < mine.end; column += band) {
            const int64_t columns = std::min(mine.end - column, band), next = column + columns;
            alignas(64) float sums[few_rows * narrow_band];
            for (int64_t group = 0; group < groups; group++) {
                const Range of_a = share(M, group, groups);
                if (groups > 1 && next < mine.end)
                    fetch(b.at(0, next), b.stride, std::min(mine.end - next, band), K, group, groups);
                dot_products_with_band(of_a.end - of_a.begin, rows + of_a.begin * stride, stride, b.at(0, column),
                                       b.stride, columns, K, sums + of_a.begin * band, band, groups == 1);
            }
            for (int64_t i = 0; i < M; i++)
                for (int64_t j = 0; j < columns; j += lanes)
                    write_vector(to, i, column + j, load(sums + i * band + j), columns - j);
        }
    };
    return context->run(threads_for_product(context, M, N, K), 0, prepare, work);
}

// b is packed: panels of tile_columns of its rows, each of its whole depth. A panel meets all rows of a while it is in
// the caches. Threads share the panels; or the rows where there are many, as the kernels before and after do: what a
// thread wrote it then finds in its own caches.
int packed_product(pyllm_context* context, const Operand& a, const float* b, int64_t M, int64_t N, int64_t K,
                   const Output& to) {
    return context->run(threads_for_product(context, M, N, K), M, [=](const Team& team) {
        const Depths depths(K);
        const bool by_rows = rows_are_shared(M, team);
        const int64_t all_panels = parts_of(N, tile_columns);
        const Range rows = by_rows ? share(M, team.index, team.count) : Range{0, M};
        const Range panels = by_rows ? Range{0, all_panels} : share(all_panels, team.index, team.count);
        const int64_t tiles = parts_of(rows.end - rows.begin, tile_rows);
        for (int64_t panel = panels.begin; panel < panels.end; panel++)
            for (int64_t block = 0; block < depths.blocks; block++) {
                const Range ks = depths.block(block);
                Output output = to;
                output.first = block == 0;
                output.last = block == depths.blocks - 1;
                for (int64_t tile = 0; tile < tiles; tile++) {
                    const Range part = share(rows.end - rows.begin, tile, tiles);
                    const int64_t row = rows.begin + part.begin;
                    compute_tile_of_rows(output, row, panel * tile_columns, part.end - part.begin,
                                         N - panel * tile_columns, ks.end - ks.begin, a.at(row, ks.begin), a.stride,
                                         b + (panel * K + ks.begin) * tile_columns);
                }
            }
    });
}

Operand operand(const pyllm_matrix& matrix, bool transposed) {
    return {static_cast<const float*>(matrix.data), matrix.stride, transposed};
}

Output plain_output(const pyllm_matrix& out) {
    return {static_cast<float*>(out.data), nullptr, nullptr, nullptr, out.stride, 0, out.columns,
            PYLLM_NO_ACTIVATION,           true,    true};
}

}  // namespace
}  // namespace pyllm

int pyllm_matmul(pyllm_context* context, const pyllm_matrix* a, int32_t transpose_a, const pyllm_matrix* b,
                 int32_t transpose_b, const float* bias, int32_t activation, float* preactivation,
                 const pyllm_matrix* addend, const pyllm_matrix* out) {
    using namespace pyllm;
    const bool packed = b->type == PYLLM_FLOAT32_PACKED;
    for (const pyllm_matrix* matrix : {a, packed ? a : b, addend, out})
        if (matrix && matrix->type != PYLLM_FLOAT32) return context->fail("matmul works on float32 alone on CPUs");
    if (packed && (transpose_a || !transpose_b))
        return context->fail("a packed b must be transposed, and its a must not");
    const int64_t M = out->rows, N = out->columns, K = transpose_a ? a->rows : a->columns;
    if (activation != PYLLM_NO_ACTIVATION && addend && addend->data == out->data)
        return context->fail("with an activation, out cannot be its own addend");
    Output to = plain_output(*out);
    if (addend) {
        to.addend = static_cast<const float*>(addend->data);
        to.addend_stride = addend->stride;
    }
    to.bias = bias;
    to.preactivation = preactivation;
    to.activation = activation;
    if (packed) return packed_product(context, operand(*a, false), static_cast<const float*>(b->data), M, N, K, to);
    const bool few = M <= few_rows && transpose_b;
    if (context->recording && !few)
        return context->fail(
            "only a product with a packed b, or of at most %lld rows with b transposed, can be part of a plan",
            static_cast<long long>(few_rows));
    const auto multiply = few ? few_rows_product : many_rows_product;
    return multiply(context, operand(*a, transpose_a), operand(*b, transpose_b), M, N, K, to);
}

int64_t pyllm_packed_size(int64_t rows, int64_t columns) {
    return pyllm::rounded_up(rows, pyllm::tile_columns) * columns;
}

int pyllm_pack(pyllm_context* context, const pyllm_matrix* b, float* out) {
    using namespace pyllm;
    const int64_t rows = b->rows, depth = b->columns, panels = parts_of(rows, tile_columns);
    const Operand operand = {static_cast<const float*>(b->data), b->stride, true};
#pragma omp parallel for schedule(static) num_threads(threads_for_product(context, rows, depth, 16))
    for (int64_t panel = 0; panel < panels; panel++)
        pack_b(operand, panel * tile_columns, rows, 0, depth, out + panel * tile_columns * depth);
    return 0;
}

int pyllm::multiply_in_one_order(pyllm_context* context, const pyllm_matrix& a, const pyllm_matrix& b,
                                 const pyllm_matrix& out) {
    return many_rows_product(context, operand(a, false), operand(b, true), out.rows, out.columns, a.columns,
                             plain_output(out));
}
