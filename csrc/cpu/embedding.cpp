// Embedding.  out[n] = table[tokens[n]] + position_table[positions[n]];  backward adds dout[n] to those rows.
// Forward reads a row of each table and writes one; backward reads dout and reads and writes rows: 12 bytes a value.
// Several n may have the same token, so in backward each thread takes some of the channels of every row: no two threads
// write the same place, a row's gradients are added in the order of n, and the bits are the same for any number of
// threads. Ids are checked before anything is written.
#include "loops.h"

namespace pyllm {
namespace {

// The index of the first id outside 0 ... limit - 1, or rows.
int64_t first_outside(const int32_t* ids, int64_t rows, int64_t limit) {
    int64_t row = 0;
    while (row < rows && ids[row] >= 0 && ids[row] < limit) row++;
    return row;
}

// Fails for an id that its table does not have.
int check_ids(pyllm_context* context, const char* name, const int32_t* ids, int64_t rows, const pyllm_matrix& table) {
    const int64_t row = first_outside(ids, rows, table.rows);
    if (row == rows) return 0;
    return context->fail("%s[%lld] is %d, which is outside its table of %lld rows", name, static_cast<long long>(row),
                         ids[row], static_cast<long long>(table.rows));
}

inline float* row_of(const pyllm_matrix* table, int64_t id) {
    return static_cast<float*>(table->data) + id * table->stride;
}

// table[ids] += dout, for the given columns.
void add_rows(const pyllm_matrix* table, const int32_t* ids, const float* dout, int64_t rows, Range columns) {
    for (int64_t n = 0; n < rows; n++) {
        float* to = row_of(table, ids[n]);
        const float* from = dout + n * table->columns;
        for_vectors<4>(columns.begin, columns.end, [&](int64_t i, auto size, int) {
            store(to + i, load(to + i, size) + load(from + i, size), size);
        });
    }
}

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_embedding_forward(pyllm_context* context, const int32_t* tokens, const int32_t* positions,
                            const pyllm_matrix* table, const pyllm_matrix* position_table, float* out, int64_t rows) {
    const bool placed = positions && position_table;
    const pyllm_matrix words = *table, places = placed ? *position_table : pyllm_matrix{};
    const int64_t columns = table->columns;
    const auto prepare = [=] {
        if (check_ids(context, "tokens", tokens, rows, words)) return 1;
        return placed ? check_ids(context, "positions", positions, rows, places) : 0;
    };
    const auto work = [=](const Team& team) {
        const Range mine = share(rows, team.index, team.count);
        for (int64_t n = mine.begin; n < mine.end; n++) {
            const float* from = row_of(&words, tokens[n]);
            const float* position = placed ? row_of(&places, positions[n]) : nullptr;
            for_vectors<4>(0, columns, [&](int64_t i, auto size, int) {
                const Floats value = load(from + i, size);
                store(out + n * columns + i, position ? value + load(position + i, size) : value, size);
            });
        }
    };
    return context->run(threads_for(context, rows * columns), rows, prepare, work);
}

int pyllm_embedding_backward(pyllm_context* context, const int32_t* tokens, const int32_t* positions, const float* dout,
                             const pyllm_matrix* dtable, const pyllm_matrix* dposition_table, int64_t rows) {
    if (dtable && check_ids(context, "tokens", tokens, rows, *dtable)) return 1;
    if (dposition_table && check_ids(context, "positions", positions, rows, *dposition_table)) return 1;
    if (!dtable && !dposition_table) return 0;
    const int64_t columns = dtable ? dtable->columns : dposition_table->columns;
#pragma omp parallel num_threads(threads_for(context, rows* columns))
    {
        const Range mine = share(columns, omp_get_thread_num(), omp_get_num_threads(), 16);  // 16: a cache line
        if (dtable) add_rows(dtable, tokens, dout, rows, mine);
        if (dposition_table) add_rows(dposition_table, positions, dout, rows, mine);
    }
    return 0;
}
