// Sums over the rows of a matrix, for the gradients of biases and of norms' weights. The rows are cut into blocks that
// depend on their number alone; a block is summed by one thread into columns of its own, and the blocks' sums are then
// added in order: no atomics, and the same bits for any number of threads.
#pragma once

#include "loops.h"

namespace pyllm {

class ColumnSums {
  public:
    // `columns` sums over `rows` rows. sums.ok() is false, with the context's error set, if there is no memory.
    ColumnSums(pyllm_context* context, int64_t rows, int64_t columns) : rows_(rows), columns_(columns) {
        constexpr int64_t most_blocks = 64, least_rows = 32;
        block_rows_ = parts_of(rows, most_blocks);
        if (block_rows_ < least_rows) block_rows_ = least_rows;
        blocks_ = parts_of(rows, block_rows_);
        stride_ = rounded_up(columns, 16);
        sums_ = context->buffer(partial_sums, static_cast<size_t>(blocks_ * stride_ + 16));
    }
    bool ok() const { return sums_; }

    // In a parallel region: calls rows(range of rows, sums), for each of this thread's blocks; sums start from zero.
    template <class Rows>
    void for_blocks(Rows rows) {
        const Range mine = share(blocks_, omp_get_thread_num(), omp_get_num_threads());
        for (int64_t block = mine.begin; block < mine.end; block++) {
            float* sums = sums_ + block * stride_;
            memset(sums, 0, static_cast<size_t>(columns_) * sizeof(float));
            const int64_t end = (block + 1) * block_rows_;
            rows(Range{block * block_rows_, end < rows_ ? end : rows_}, sums);
        }
    }

    // In the same region, afterwards: adds the sums of columns first ... first + count - 1 to `to`.
    void add_to(float* to, int64_t first, int64_t count) {
#pragma omp barrier
        const Range mine = share(count, omp_get_thread_num(), omp_get_num_threads(), lanes);
        for_vectors(mine.begin, mine.end, [&](int64_t i, auto size, int) {
            Floats total = load(to + i, size);
            for (int64_t block = 0; block < blocks_; block++) total += load(sums_ + block * stride_ + first + i, size);
            store(to + i, total, size);
        });
    }

  private:
    int64_t rows_, columns_, block_rows_, blocks_, stride_;
    float* sums_;
};

}  // namespace pyllm
