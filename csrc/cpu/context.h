// What a call needs besides its arrays: the number of threads, memory to work in, a place for what went wrong; and how
// a kernel's work is done by a team of threads, at once or as one of a plan's steps.
#pragma once

#include <omp.h>
#include <stddef.h>
#include <stdint.h>

#include <functional>
#include <vector>

extern "C" {
#pragma GCC visibility push(default)
#include "kernels.h"
#pragma GCC visibility pop
}

namespace pyllm {

// The buffers of a context, each for one use, so that a kernel that calls another keeps its own.
enum Buffer { packed_a, packed_b, tiles, chunk_rows, chunk_logits, partial_sums, buffers };

// One thread of those that do a kernel's work together.
struct Team {
    int index, count;
    void barrier() const {  // all have come here
#pragma omp barrier
    }
};

// A kernel's work, to be done later. prepare: by one thread, before the work of all steps: looks at what the caller
// passed and asks for memory; not 0: it failed. work: by each thread. conclude: by one thread, at the end of all; may
// be empty; not 0: the work failed.
// rows: not 0 where the threads share so many rows as `share` does, each reading and writing its own alone, as long as
// `rows_are_shared`: from such a step to the next, none has to wait for the others.
struct Step {
    std::function<int()> prepare;
    std::function<void(const Team&)> work;
    std::function<int()> conclude;
    int64_t rows;
};

// Whether threads share the rows of a product, and of what lies between products: each then reads all weights.
inline bool rows_are_shared(int64_t rows, const Team& team) {
    return rows >= 8 * team.count;
}

}  // namespace pyllm

struct pyllm_plan {
    std::vector<pyllm::Step> steps;
};

struct pyllm_context {
    int threads = 1;
    char error[512] = "";
    float* memory[pyllm::buffers] = {};
    size_t capacity[pyllm::buffers] = {};
    pyllm_plan* recording = nullptr;  // the plan that takes the steps instead of their being done

    // At least `count` floats, aligned to 64 bytes, with whatever they hold; null, with the error set, when there is
    // no memory. Valid until the next call for the same buffer.
    float* buffer(pyllm::Buffer which, size_t count);

    // Does a kernel's work with so many threads, or makes it the next step of the plan that is being recorded, whose
    // threads are all those of the context. A buffer's memory must be asked for in `prepare`, and looked up in
    // memory[...] by `work`: another step may make it move before that. What the three capture they capture by value.
    // rows: see Step.
    template <class Prepare, class Work>
    int run(int threads_worth_it, int64_t rows, Prepare prepare, Work work, std::function<int()> conclude = nullptr) {
        if (recording) {
            recording->steps.push_back({prepare, work, conclude, rows});
            return 0;
        }
        if (int failed = prepare()) return failed;
#pragma omp parallel num_threads(threads_worth_it)
        work(pyllm::Team{omp_get_thread_num(), omp_get_num_threads()});
        return conclude ? conclude() : 0;
    }
    template <class Work>
    int run(int threads_worth_it, int64_t rows, Work work) {
        return run(threads_worth_it, rows, [] { return 0; }, work);
    }

    // Sets the error, formatted as printf does, and returns 1: for `return context->fail(...)`.
    int fail(const char* format, ...) __attribute__((format(printf, 2, 3)));
};

namespace pyllm {

// How many parts of `size` hold `count`, and as much as those hold.
inline int64_t parts_of(int64_t count, int64_t size) {
    return (count + size - 1) / size;
}
inline int64_t rounded_up(int64_t count, int64_t size) {
    return parts_of(count, size) * size;
}

struct Range {
    int64_t begin, end;
};

// The part-th of `parts` nearly equal pieces of 0 ... count - 1, cut at multiples of `grain`.
inline Range share(int64_t count, int64_t part, int64_t parts, int64_t grain = 1) {
    const int64_t grains = parts_of(count, grain);
    const int64_t begin = grains * part / parts * grain, end = grains * (part + 1) / parts * grain;
    return {begin < count ? begin : count, end < count ? end : count};
}

}  // namespace pyllm
