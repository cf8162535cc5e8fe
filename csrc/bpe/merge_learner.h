// Learning merges from counted pieces: the second half of BPE training.
//
// The distinct pieces lie one after another in an array with a cell a byte. A token of n bytes holds its id in its
// first cell and, when n > 1, the length n in its last: so both neighbours of a token are found in O(1), and applying
// a merge at one place writes three cells. For each pair of neighbours there is its count, weighted by the pieces'
// counts, and the list of places where it has stood. A merge visits the places of its pair, sums up what changes by
// neighbour, and then touches each changed pair once.
//
// A pair (x, c) can only come to stand where its younger token is made, in the one merge that makes it. So counts only
// fall after a pair's first appearance, a list is built once, and a heap with stale counts gives the true maximum.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "piece_counter.h"

namespace pyllm {

class MergeLearner {
  public:
    struct Learned {
        uint32_t left, right;  // 0 to 255: the bytes; 256 + i: the product of merge i
        uint64_t count;
    };

    explicit MergeLearner(const std::vector<CountedPiece>& pieces);

    // Learns up to `count` more merges; returns how many there were: fewer when no pair is left.
    size_t learn(size_t count);
    const std::vector<Learned>& learned() const { return learned_; }

  private:
    using Place = uint32_t;  // a cell
    struct Pair {
        uint64_t key;  // left << 32 | right; `vacant` where the slot is free
        uint64_t count;
        Place* places;
        uint32_t place_count;
    };
    struct Candidate {
        uint64_t count, key;
    };
    struct Step {  // pieces are stored by falling count: from this cell on, `count` is theirs
        Place start;
        uint64_t count;
    };
    struct Event {
        uint32_t neighbour;
        Place place;
    };
    struct Change {
        uint64_t count = 0;
        Place* list_end = nullptr;
        uint32_t events = 0;
    };
    // What one merge changes on one side of it, gathered by neighbour.
    struct Side {
        std::vector<Event> events;
        std::vector<Change> changes;  // by token
        std::vector<uint32_t> touched;
        void record(uint32_t neighbour, Place place, uint64_t count);
    };
    class Pool {
      public:
        Place* take(size_t count);

      private:
        std::vector<std::unique_ptr<Place[]>> blocks_;
        Place* next_ = nullptr;
        size_t left_ = 0;
    };

    static constexpr uint64_t vacant = ~0ull;
    static constexpr uint32_t boundary = 0xFFFFFFFF;   // the cell between two pieces
    static constexpr uint32_t inner = 0xFFFFFFFE;      // where a token started that has been merged to the left
    static constexpr uint32_t last_cell = 0x80000000;  // + length

    static uint64_t key_of(uint32_t left, uint32_t right) { return static_cast<uint64_t>(left) << 32 | right; }
    void count_byte_pairs();
    Pair& find(uint64_t key);
    Pair& insert(uint64_t key);
    bool less(const Candidate& a, const Candidate& b) const;
    void push(const Candidate& candidate);
    bool pop_most_frequent(Candidate& best);
    void apply(const Candidate& best);
    void settle(Side& side, uint32_t old_token, uint32_t product, bool product_on_right);

    std::vector<uint32_t> cells_;
    std::vector<Step> steps_;
    std::vector<std::string> tokens_;
    std::vector<Learned> learned_;
    std::vector<Pair> pairs_;
    size_t pair_count_ = 0;
    int pair_bits_ = 16;
    std::vector<Candidate> heap_;
    Pool pool_;
    Side left_, right_;
};

}  // namespace pyllm
