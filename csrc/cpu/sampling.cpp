// Sampling.  One id a row: the first whose cumulative probability exceeds the row's random number, going through the
// ids in order, with p = softmax(logits / temperature) cut to the top_k greatest, then to the nucleus: the fewest,
// greatest first, whose sum reaches top_p. Of equal logits the lower id counts as greater.
//
// A row of 50,000 logits is 200 kB, read a few times from the second-level cache; what costs is an exponential a logit.
// A first pass notes the maximum of every block, and with a cut most blocks hold nothing that is kept and are not
// looked at again. The top_k greatest gather in a list that is cut back when it has twice that many. The nucleus is
// found by summing slices of logits, then halving the slice it ends in, as quickselect does: O(V), however flat the
// distribution is. Weights are doubles, so that the id is that of the definition but for the last bits; sums go block
// by block, in the same order for every number of threads.
#include <algorithm>
#include <functional>
#include <memory>

#include "loops.h"

namespace pyllm {
namespace {

constexpr int64_t block_size = 128;
constexpr int slices = 2048, slices_per_nat = 64;  // of logits, from the greatest down; the last has no end

// e^x for x <= 0 with a relative error of at most 4e-13: as in vector.h, with the exponential's series to its 10th
// term.
inline Doubles exponential(Doubles x) {
    constexpr double shifter = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    const Doubles bounded = x > -708.0 ? x : Doubles{} - 708.0;
    const Doubles shifted = bounded * 1.4426950408889634 + shifter;
    const Doubles n = shifted - shifter;
    const Doubles r = (bounded - n * 0.693145751953125) - n * 1.42860682030941723212e-6;
    Doubles p = Doubles{} + 1.0 / 3628800;
    for (double term :
         {1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1.0, 1.0})
        p = p * r + term;
    const Longs exponent = reinterpret_cast<Longs>(shifted) - reinterpret_cast<Longs>(Doubles{} + shifter);
    return x > -708.0 ? p * reinterpret_cast<Doubles>((exponent + 1023) << 52) : Doubles{};
}

// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011, section 3.3): its first word, as
// a number between 0 and 1.
double uniform_number(uint64_t seed, const uint32_t* counter) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t product0 = uint64_t{0xD2511F53} * c[0], product1 = uint64_t{0xCD9E8D57} * c[2];
        c[0] = static_cast<uint32_t>(product1 >> 32) ^ c[1] ^ key0;
        c[1] = static_cast<uint32_t>(product1);
        c[2] = static_cast<uint32_t>(product0 >> 32) ^ c[3] ^ key1;
        c[3] = static_cast<uint32_t>(product0);
        key0 += 0x9E3779B9;
        key1 += 0xBB67AE85;
    }
    return (c[0] + 0.5) / 4294967296.0;
}

// A logit and its id as one number that is greater for what comes earlier in the order of the cuts.
inline uint64_t key_of(float logit, int64_t id) {
    const float value = logit + 0.0f;  // -0 becomes 0, which it equals
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits ^= bits >> 31 ? 0xFFFFFFFFu : 0x80000000u;
    return static_cast<uint64_t>(bits) << 32 | (0xFFFFFFFFu - static_cast<uint32_t>(id));
}
inline float logit_of(uint64_t key) {
    uint32_t bits = static_cast<uint32_t>(key >> 32);
    bits ^= bits >> 31 ? 0x80000000u : 0xFFFFFFFFu;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
inline int64_t id_of(uint64_t key) {
    return 0xFFFFFFFFu - static_cast<uint32_t>(key);
}

// One row being sampled from, and memory for it.
class Row {
  public:
    static size_t workspace(int64_t count) {
        return static_cast<size_t>(rounded_up(2 * count + 3 * (count / block_size + 1), 16));  // in floats
    }

    Row(const float* logits, int64_t count, float* memory)
        : logits_(logits), count_(count), blocks_(parts_of(count, block_size)) {
        keys_ = reinterpret_cast<uint64_t*>(memory);
        sums_ = reinterpret_cast<double*>(keys_ + count);
        maxima_ = reinterpret_cast<float*>(sums_ + blocks_);
    }

    // What makes it impossible to sample from this row, or null. Notes the maxima.
    const char* problem() {
        Ints not_numbers = {};
        Floats greatest = splat(-INFINITY);
        for (int64_t block = 0; block < blocks_; block++) {
            Floats most = splat(-INFINITY);
            for_vectors(begin(block), end(block), [&](int64_t i, auto size, int) {
                const Floats value = load(logits_ + i, size, -INFINITY);
                not_numbers |= value != value;
                most = maximum(most, value);
            });
            maxima_[block] = maximum(most);
            greatest = maximum(greatest, most);
        }
        for (int lane = 0; lane < lanes; lane++)
            if (not_numbers[lane]) return "holds NaN";
        greatest_ = maximum(greatest);
        if (greatest_ == INFINITY) return "holds infinity";
        if (greatest_ == -INFINITY) return "holds nothing but -infinity";
        return nullptr;
    }

    int64_t greatest_id() const {
        const int64_t block = std::find(maxima_, maxima_ + blocks_, greatest_) - maxima_;
        return std::find(logits_ + begin(block), logits_ + end(block), greatest_) - logits_;
    }

    // log softmax(logits)[id]
    float logprob(int64_t id) const {
        double total = total_;
        if (total == 0)
            for (int64_t block = 0; block < blocks_; block++) {
                Floats sums[2] = {};
                for_vectors<2>(begin(block), end(block), [&](int64_t i, auto size, int way) {
                    sums[way] += pyllm::exponential(load(logits_ + i, size, -INFINITY) - greatest_);
                });
                total += sum(sums);
            }
        return static_cast<float>(static_cast<double>(logits_[id]) - greatest_ - log(total));
    }

    int64_t draw(double temperature, int64_t top_k, double top_p, double u) {
        scale_ = temperature > 1e-300 ? 1 / temperature : 1e300;
        slice_scale_ = static_cast<float>(std::min(slices_per_nat * scale_, 1e30));
        const bool cut = top_k && top_k < count_;
        int64_t candidates = 0;
        if (cut) {
            candidates = select(top_k);
            cut_after(*std::min_element(keys_, keys_ + candidates));
        }
        if (top_p < 1 && cut) {
            cut_after(nucleus(candidates, 0, top_p, weight(0, candidates)));
        } else if (top_p < 1) {
            double masses[slices] = {}, before = 0;
            const double total = weigh_slices(masses);
            int slice = 0;
            for (; slice < slices - 1 && before + masses[slice] / total < top_p; slice++)
                before += masses[slice] / total;
            candidates = collect(slice);
            if (candidates) cut_after(nucleus(candidates, before, top_p, total));
        }
        if (!cut && top_p >= 1 && scale_ < 1e3 && scale_ > 1e-3) {
            const double total = weigh_all();
            if (temperature == 1) total_ = total;
            return first_above(u * total, [&](int64_t i, int64_t end) { return halves(weights_of_all(i, end))[0]; });
        }
        const double total = weigh();
        return first_above(u * total, [&](int64_t i, int64_t end) { return weights(i, end); });
    }

  private:
    int64_t begin(int64_t block) const { return block * block_size; }
    int64_t end(int64_t block) const { return std::min(count_, begin(block) + block_size); }

    // Leaves the k greatest in keys_, in any order, fewer where others are -inf; returns their number.
    int64_t select(int64_t k) {
        const int64_t room = std::min(count_, 2 * k + block_size);
        int64_t found = 0;
        float least = -INFINITY;  // of the k greatest so far; an equal one that comes later has a higher id
        for (int64_t block = 0; block < blocks_; block++) {
            if (!(maxima_[block] > least)) continue;
            if (found + end(block) - begin(block) > room) {
                std::nth_element(keys_, keys_ + k - 1, keys_ + found, std::greater<>());
                found = k;
                least = logit_of(keys_[k - 1]);
            }
            for (int64_t i = begin(block); i < end(block); i++) {
                keys_[found] = key_of(logits_[i], i);
                found += logits_[i] > least;
            }
        }
        if (found <= k) return found;
        std::nth_element(keys_, keys_ + k - 1, keys_ + found, std::greater<>());
        return k;
    }

    // The slice of a logit: how far it lies below the greatest, the last slice without end.
    int slice_of(float logit) const {
        const float slice = (greatest_ - logit) * slice_scale_;
        return slice < slices - 1 ? static_cast<int>(slice) : slices - 1;
    }

    // Adds the weights of all logits to those of their slices; returns the sum of all.
    double weigh_slices(double* masses) const {
        double total = 0;
        for (int64_t block = 0; block < blocks_; block++) {
            double values[block_size];
            int slice[block_size];
            const int64_t first = begin(block), size = end(block) - first;
            for (int64_t i = 0; i < size; i += double_lanes) {
                const Doubles part = weights(first + i, first + size);
                memcpy(values + i, &part, sizeof part);
            }
            for (int64_t i = 0; i < size; i++) slice[i] = slice_of(logits_[first + i]);
            double sum = 0;
            for (int64_t i = 0; i < size; i++) {
                masses[slice[i]] += values[i];
                sum += values[i];
            }
            total += sum;
        }
        return total;
    }

    // Leaves in keys_ what is in one slice; returns their number.
    int64_t collect(int slice) {
        int64_t found = 0;
        for (int64_t block = 0; block < blocks_; block++) {
            if (slice_of(maxima_[block]) > slice) continue;
            for (int64_t i = begin(block); i < end(block); i++) {
                keys_[found] = key_of(logits_[i], i);
                found += slice_of(logits_[i]) == slice && logits_[i] > -INFINITY;
            }
        }
        return found;
    }

    // The key of the last of the nucleus, which lies among the first `candidates` keys; before: the probability of
    // those that come before all of these.
    uint64_t nucleus(int64_t candidates, double before, double top_p, double total) {
        int64_t begin = 0, end = candidates;
        while (end - begin > 64) {
            const int64_t middle = begin + (end - begin) / 2;
            std::nth_element(keys_ + begin, keys_ + middle, keys_ + end, std::greater<>());
            const double upper = weight(begin, middle) / total;
            if (before + upper < top_p) {
                before += upper;
                begin = middle;
            } else {
                end = middle;
            }
        }
        std::sort(keys_ + begin, keys_ + end, std::greater<>());
        for (; begin < end - 1; begin++) {
            before += weight(begin, begin + 1) / total;
            if (before >= top_p) break;
        }
        return keys_[begin];
    }

    // The sum of the weights of keys_[begin] ... keys_[end - 1].
    double weight(int64_t begin, int64_t end) const {
        Doubles sums = {};
        for (int64_t at = begin; at < end; at += double_lanes) {
            float logits[double_lanes];
            for (int lane = 0; lane < double_lanes; lane++)
                logits[lane] = at + lane < end ? logit_of(keys_[at + lane]) : -INFINITY;
            sums += weights(logits);
        }
        return sum_of(sums);
    }

    void cut_after(uint64_t key) {
        cut_ = logit_of(key);
        cut_id_ = id_of(key);
    }

    // e^((logit - greatest) / temperature) of double_lanes logits.
    Doubles weights(const float* logits) const { return exponential((load_doubles(logits) - greatest_) * scale_); }

    // The same of the logits from i on; 0 for those behind the cut and for those from `end` on.
    Doubles weights(int64_t i, int64_t end) const {
        float part[double_lanes];
        const float* from = logits_ + i;
        if (end - i < double_lanes) {
            for (int lane = 0; lane < double_lanes; lane++) part[lane] = i + lane < end ? logits_[i + lane] : -INFINITY;
            from = part;
        }
        Doubles place;
        for (int lane = 0; lane < double_lanes; lane++) place[lane] = lane;
        const Doubles logits = load_doubles(from);
        if (cut_ == -INFINITY) return weights(from);
        const double cut = cut_;
        const Longs kept = (logits > cut) | ((logits == cut) & (place <= static_cast<double>(cut_id_ - i)));
        return kept ? weights(from) : Doubles{};
    }

    // The sum of the weights of all that are kept; sums_ has those of the blocks.
    double weigh() {
        double total = 0;
        for (int64_t block = 0; block < blocks_; block++) {
            Doubles sums = {};
            if (maxima_[block] >= cut_)
                for (int64_t i = begin(block); i < end(block); i += double_lanes) sums += weights(i, end(block));
            total += sums_[block] = sum_of(sums);
        }
        return total;
    }

    // e^((logit - greatest) / temperature) of the logits from i on; 0 from `end` on. In single precision, which is that
    // of the logits.
    Floats weights_of_all(int64_t i, int64_t end) const {
        const Floats logits = end - i < lanes ? load_part(logits_ + i, end - i, -INFINITY) : load(logits_ + i);
        return pyllm::exponential<true>((logits - greatest_) * static_cast<float>(scale_));
    }
    struct TwoHalves {
        Doubles half[2];
        Doubles operator[](int which) const { return half[which]; }
    };
    static TwoHalves halves(Floats values) {
        typedef float Half __attribute__((vector_size(2 * lanes)));
        Half half[2];
        memcpy(half, &values, sizeof half);
        return {{__builtin_convertvector(half[0], Doubles), __builtin_convertvector(half[1], Doubles)}};
    }

    // weigh() by weights_of_all: where nothing is cut.
    double weigh_all() {
        double total = 0;
        for (int64_t block = 0; block < blocks_; block++) {
            Doubles sums[2] = {};
            for (int64_t i = begin(block); i < end(block); i += lanes) {
                const TwoHalves part = halves(weights_of_all(i, end(block)));
                sums[0] += part[0];
                sums[1] += part[1];
            }
            total += sums_[block] = sum_of(sums[0] + sums[1]);
        }
        return total;
    }

    // The first id up to which the weights sum to more than goal, after weigh() or weigh_all(). As goal is less than
    // their sum by one part in 2^33 at least, which rounding does not reach, there is one.
    template <class Weights>
    int64_t first_above(double goal, Weights weights) const {
        double before = 0;
        for (int64_t block = 0; block < blocks_; block++) {
            if (before + sums_[block] <= goal) {
                before += sums_[block];
                continue;
            }
            for (int64_t i = begin(block); i < end(block); i += double_lanes) {
                const Doubles part = weights(i, end(block));
                for (int lane = 0; lane < double_lanes; lane++) {
                    before += part[lane];
                    if (before > goal) return i + lane;
                }
            }
        }
        return greatest_id();
    }

    static double sum_of(Doubles values) {
        double sum = 0;
        for (int lane = 0; lane < double_lanes; lane++) sum += values[lane];
        return sum;
    }

    const float* logits_;
    int64_t count_, blocks_;
    uint64_t* keys_;
    double* sums_;
    float* maxima_;
    float greatest_ = 0;
    double scale_ = 1;
    double total_ = 0;  // of e^(logit - greatest), where draw came by it
    float slice_scale_ = 1;
    float cut_ = -INFINITY;  // the logit and the id of the last that is kept, in the order of the cuts
    int64_t cut_id_ = INT32_MAX;
};

}  // namespace
}  // namespace pyllm

using namespace pyllm;

int pyllm_sample(pyllm_context* context, const pyllm_matrix* logits, const double* temperatures, const int32_t* top_ks,
                 const double* top_ps, const uint64_t* seeds, const uint32_t* counters, int32_t* ids, float* logprobs) {
    const int64_t rows = logits->rows, columns = logits->columns, stride = logits->stride;
    const float* data = static_cast<const float*>(logits->data);
    const int64_t threads = std::clamp<int64_t>(threads_for(context, rows * columns), 1, rows ? rows : 1);
    const size_t workspace = Row::workspace(columns);
    struct Failure {
        int64_t row;
        const char* problem;
    };
    const auto failure = std::make_shared<Failure>();
    const auto prepare = [=] {
        *failure = {rows, nullptr};
        for (int64_t i = 0; i < rows; i++) {
            const long long row = i;
            if (!(temperatures[i] >= 0 && temperatures[i] < INFINITY))
                return context->fail("temperature must be 0 or a positive number, got %g in row %lld", temperatures[i],
                                     row);
            if (top_ks[i] < 0)
                return context->fail("top_k must be 0 (all) or positive, got %d in row %lld", top_ks[i], row);
            if (!(top_ps[i] > 0 && top_ps[i] <= 1))
                return context->fail("top_p must be above 0 and at most 1, got %g in row %lld", top_ps[i], row);
        }
        return context->buffer(partial_sums, static_cast<size_t>(context->threads) * workspace) ? 0 : 1;
    };
    const auto work = [=](const Team& team) {
        const Range mine = share(rows, team.index, team.count);
        for (int64_t i = mine.begin; i < mine.end; i++) {
            Row row(data + i * stride, columns, context->memory[partial_sums] + team.index * workspace);
            if (const char* found = row.problem()) {
#pragma omp critical
                if (i < failure->row) *failure = {i, found};
                break;
            }
            const double u = uniform_number(seeds[i], counters + 4 * i);
            ids[i] = static_cast<int32_t>(temperatures[i] == 0 ? row.greatest_id()
                                                               : row.draw(temperatures[i], top_ks[i], top_ps[i], u));
            logprobs[i] = row.logprob(ids[i]);
        }
    };
    return context->run(static_cast<int>(threads), rows, prepare, work, [=] {
        const long long row = failure->row;
        return failure->problem ? context->fail("row %lld of logits %s", row, failure->problem) : 0;
    });
}
