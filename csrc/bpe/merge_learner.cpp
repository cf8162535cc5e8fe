#include "merge_learner.h"

#include <algorithm>
#include <stdexcept>

namespace pyllm {

MergeLearner::MergeLearner(const std::vector<CountedPiece>& pieces) {
    size_t cell_count = 1;
    for (const CountedPiece& piece : pieces) {
        if (piece.bytes.size() > 1) cell_count += piece.bytes.size() + 1;
    }
    if (cell_count >= last_cell) throw std::length_error("the distinct pieces of the corpus exceed 2 GiB");
    cells_.reserve(cell_count);
    cells_.push_back(boundary);
    for (const CountedPiece& piece : pieces) {
        if (piece.bytes.size() < 2) continue;
        if (steps_.empty() || steps_.back().count != piece.count) {
            steps_.push_back({static_cast<Place>(cells_.size()), piece.count});
        }
        for (const char byte : piece.bytes) cells_.push_back(static_cast<uint8_t>(byte));
        cells_.push_back(boundary);
    }
    steps_.push_back({boundary, 0});
    for (int byte = 0; byte < 256; ++byte) tokens_.emplace_back(1, static_cast<char>(byte));
    pairs_.assign(size_t{1} << pair_bits_, {vacant, 0, nullptr, 0});
    count_byte_pairs();
}

void MergeLearner::count_byte_pairs() {
    std::vector<uint64_t> counts(1 << 16);
    std::vector<Place*> list_ends(1 << 16);
    std::vector<uint32_t> places(1 << 16);
    size_t step = 0;
    for (Place i = 0; i + 1 < cells_.size(); ++i) {
        if (i >= steps_[step + 1].start) ++step;
        if (cells_[i] == boundary || cells_[i + 1] == boundary) continue;
        const uint32_t pair = cells_[i] << 8 | cells_[i + 1];
        counts[pair] += steps_[step].count;
        ++places[pair];
    }
    for (uint32_t pair = 0; pair < 1 << 16; ++pair) {
        if (!counts[pair]) continue;
        Pair& entry = insert(key_of(pair >> 8, pair & 255));
        entry.count = counts[pair];
        entry.places = list_ends[pair] = pool_.take(places[pair]);
        entry.place_count = places[pair];
        heap_.push_back({counts[pair], entry.key});
    }
    for (Place i = 0; i + 1 < cells_.size(); ++i) {
        if (cells_[i] == boundary || cells_[i + 1] == boundary) continue;
        *list_ends[cells_[i] << 8 | cells_[i + 1]]++ = i;
    }
    std::make_heap(heap_.begin(), heap_.end(), [this](auto& a, auto& b) { return less(a, b); });
}

size_t MergeLearner::learn(size_t count) {
    for (size_t done = 0; done < count; ++done) {
        Candidate best;
        if (!pop_most_frequent(best)) return done;
        apply(best);
    }
    return count;
}

// The order of the heap: by count, then by the bytes of the left token, then of the right.
bool MergeLearner::less(const Candidate& a, const Candidate& b) const {
    if (a.count != b.count) return a.count < b.count;
    const uint32_t a_left = a.key >> 32, b_left = b.key >> 32;
    if (a_left != b_left) return tokens_[a_left] < tokens_[b_left];
    return tokens_[static_cast<uint32_t>(a.key)] < tokens_[static_cast<uint32_t>(b.key)];
}

void MergeLearner::push(const Candidate& candidate) {
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), [this](auto& a, auto& b) { return less(a, b); });
}

bool MergeLearner::pop_most_frequent(Candidate& best) {
    while (!heap_.empty()) {
        best = heap_.front();
        std::pop_heap(heap_.begin(), heap_.end(), [this](auto& a, auto& b) { return less(a, b); });
        heap_.pop_back();
        const uint64_t count = find(best.key).count;
        if (count == best.count) return true;
        if (count) push({count, best.key});
    }
    return false;
}

void MergeLearner::apply(const Candidate& best) {
    const uint32_t left = best.key >> 32, right = static_cast<uint32_t>(best.key);
    const uint32_t product = static_cast<uint32_t>(tokens_.size());
    tokens_.push_back(tokens_[left] + tokens_[right]);
    learned_.push_back({left, right, best.count});
    const uint32_t left_length = tokens_[left].size(), length = tokens_[product].size();
    left_.changes.resize(tokens_.size());
    right_.changes.resize(tokens_.size());

    Pair& pair = find(best.key);
    pair.count = 0;
    const Place* places = pair.places;
    const size_t place_count = pair.place_count;
    size_t step = 0;
    for (size_t n = 0; n < place_count; ++n) {
        const Place at = places[n];
        if (cells_[at] != left || cells_[at + left_length] != right) continue;  // merged with another since
        while (at >= steps_[step + 1].start) ++step;
        const uint64_t count = steps_[step].count;
        cells_[at] = product;
        cells_[at + left_length] = inner;
        cells_[at + length - 1] = last_cell | length;
        const uint32_t before = cells_[at - 1];
        if (before != boundary) {
            const Place start = before & last_cell ? at - (before & ~last_cell) : at - 1;
            left_.record(cells_[start], start, count);
        }
        const uint32_t after = cells_[at + length];
        if (after != boundary) right_.record(after, at, count);
    }
    // First what has come to the right of the product: where the same pair follows itself at once, its next merge
    // takes (product, left) away again, as a neighbour on the left.
    settle(right_, right, product, false);
    settle(left_, left, product, true);
}

void MergeLearner::Side::record(uint32_t neighbour, Place place, uint64_t count) {
    Change& change = changes[neighbour];
    if (!change.events++) touched.push_back(neighbour);
    change.count += count;
    events.push_back({neighbour, place});
}

// Takes from the pairs of `old_token` and its neighbours what the pairs of `product` and them gain.
void MergeLearner::settle(Side& side, uint32_t old_token, uint32_t product, bool product_on_right) {
    auto key = [&](uint32_t neighbour, uint32_t token) {
        return product_on_right ? key_of(neighbour, token) : key_of(token, neighbour);
    };
    for (const uint32_t neighbour : side.touched) {
        Change& change = side.changes[neighbour];
        Pair& loser = find(key(neighbour, old_token));
        if (loser.key != vacant) loser.count -= std::min(loser.count, change.count);
        Pair& gainer = insert(key(neighbour, product));
        gainer.count = change.count;
        gainer.place_count = change.events;
        gainer.places = change.list_end = pool_.take(change.events);
        push({change.count, gainer.key});
    }
    for (const Event& event : side.events) *side.changes[event.neighbour].list_end++ = event.place;
    for (const uint32_t neighbour : side.touched) side.changes[neighbour] = {};
    side.touched.clear();
    side.events.clear();
}

MergeLearner::Pair& MergeLearner::find(uint64_t key) {
    size_t slot = (key * 0x9E3779B97F4A7C15ull) >> (64 - pair_bits_);
    while (pairs_[slot].key != key && pairs_[slot].key != vacant) slot = (slot + 1) & (pairs_.size() - 1);
    return pairs_[slot];
}

MergeLearner::Pair& MergeLearner::insert(uint64_t key) {
    if (2 * ++pair_count_ > pairs_.size()) {
        std::vector<Pair> old(pairs_.size() * 2, Pair{vacant, 0, nullptr, 0});
        old.swap(pairs_);
        ++pair_bits_;
        for (const Pair& pair : old) {
            if (pair.key != vacant) find(pair.key) = pair;
        }
    }
    Pair& pair = find(key);
    pair.key = key;
    return pair;
}

MergeLearner::Place* MergeLearner::Pool::take(size_t count) {
    constexpr size_t block_size = 1 << 18;
    if (count > left_) {
        left_ = std::max(count, block_size);
        blocks_.emplace_back(new Place[left_]);
        next_ = blocks_.back().get();
    }
    left_ -= count;
    next_ += count;
    return next_ - count;
}

}  // namespace pyllm
