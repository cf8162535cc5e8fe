// The merge rules of a vocabulary, and the encoding of one piece with them.
//
// Byte-pair encoding of a piece: start from its bytes; while some adjacent pair is a rule, apply the rule of lowest
// rank at its leftmost place (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909; ties as tiktoken breaks them).
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace pyllm {

struct Merge {
    uint32_t left, right, product;  // token ids
};

// A growing array of token ids. Room for the next ids is asked for before they are written through `end()`.
// Not a std::vector: realloc moves large blocks by remapping pages, and nothing is zeroed that will be overwritten.
class TokenBuffer {
  public:
    TokenBuffer() = default;
    TokenBuffer(const TokenBuffer&) = delete;
    ~TokenBuffer() { std::free(ids_); }

    const uint32_t* data() const { return ids_; }
    size_t size() const { return size_; }
    size_t capacity() const { return capacity_; }
    void clear() { size_ = 0; }
    void resize(size_t size) { size_ = size; }  // to less
    void reserve_more(size_t count) {
        if (capacity_ - size_ < count) set_capacity((size_ + count) * 2);
    }
    uint32_t* end() { return ids_ + size_; }
    void advance(size_t count) { size_ += count; }
    void append(const uint32_t* ids, size_t count);
    void release();  // all memory
    void swap(TokenBuffer& other);

  private:
    void set_capacity(size_t capacity);

    uint32_t* ids_ = nullptr;
    size_t size_ = 0, capacity_ = 0;
};

// Working memory of one thread's merging.
struct MergeScratch {
    struct Node {
        uint32_t token, rank, previous, next;
    };
    std::vector<Node> nodes;
    std::vector<uint64_t> heap;
    TokenBuffer window, next_window;
};

class MergeRules {
  public:
    static constexpr uint32_t none = (1u << 20) - 1;  // no rule for this pair
    static constexpr uint32_t max_token = (1u << 21) - 2;

    // token_lengths: bytes by token id (0: no such token). merges: in rank order.
    MergeRules(const std::array<uint32_t, 256>& byte_tokens, std::vector<uint32_t> token_lengths,
               const std::vector<Merge>& merges);

    // Appends the tokens of a piece of any length, in O(length) for the vocabularies that training makes and in
    // O(length log length) for any.
    void append(const uint8_t* piece, size_t length, TokenBuffer& out, MergeScratch& scratch) const;

    uint32_t rank(uint32_t left, uint32_t right) const {
        const uint64_t key = static_cast<uint64_t>(left) << 21 | right;
        const uint64_t first = slots_[first_slot(key)], second = slots_[second_slot(key)];
        uint32_t result = none;
        result = second >> 22 == key ? static_cast<uint32_t>(second) & none : result;
        return first >> 22 == key ? static_cast<uint32_t>(first) & none : result;
    }

  private:
    static constexpr uint64_t empty = ~0ull;
    static constexpr int slot_bits = 11;
    static constexpr size_t window_words = 1 << (slot_bits - 6);
    template <size_t words>
    static constexpr size_t most_scanned = words * 64 - 2;  // a slot on either side is no token
    static constexpr uint32_t in_no_rule = max_token + 1;

    size_t first_slot(uint64_t key) const { return (key * 0x9E3779B97F4A7C15ull) >> slot_shift_; }
    size_t second_slot(uint64_t key) const { return (key * 0xD1B54A32D192ED03ull) >> slot_shift_; }
    void insert(uint64_t entry);
    template <size_t words>
    void append_scanning(const uint8_t* piece, size_t length, TokenBuffer& out) const;
    void append_with_heap(const uint8_t* piece, size_t length, TokenBuffer& out, MergeScratch& scratch) const;
    bool append_in_windows(const uint8_t* piece, size_t length, TokenBuffer& out, MergeScratch& scratch) const;

    std::array<uint32_t, 256> byte_tokens_;
    std::vector<uint32_t> token_lengths_;
    std::vector<uint32_t> byte_pair_ranks_;  // 256 x 256: the first look-ups of every piece, without hashing
    std::vector<uint64_t> slots_;            // left (21 bits), right (21), rank (20 of the other 22); cuckoo hashing
    std::vector<uint32_t> products_;         // by rank
    int slot_shift_;
    size_t window_;
    bool windows_agree_;  // what append_in_windows needs
};

// The merges that give a rank file's tokens: for each token, in rank order, the last pair that tiktoken's merging of
// its own bytes goes through. A token whose own bytes do not merge into it gets no rule: tiktoken gives it only where
// it is a whole piece, and so no pair of neighbours ever merges into it.
std::vector<Merge> merges_of_ranks(const std::vector<std::string>& tokens);

}  // namespace pyllm
