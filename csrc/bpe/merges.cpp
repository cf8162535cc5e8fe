#include "merges.h"

#include <algorithm>
#include <functional>
#include <new>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

namespace pyllm {

void TokenBuffer::append(const uint32_t* ids, size_t count) {
    reserve_more(count);
    std::copy(ids, ids + count, end());
    advance(count);
}

void TokenBuffer::release() {
    std::free(ids_);
    ids_ = nullptr;
    size_ = capacity_ = 0;
}

void TokenBuffer::swap(TokenBuffer& other) {
    std::swap(ids_, other.ids_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
}

void TokenBuffer::set_capacity(size_t capacity) {
    void* ids = std::realloc(ids_, capacity * sizeof *ids_);
    if (!ids) throw std::bad_alloc();
    ids_ = static_cast<uint32_t*>(ids);
    capacity_ = capacity;
}

MergeRules::MergeRules(const std::array<uint32_t, 256>& byte_tokens, std::vector<uint32_t> token_lengths,
                       const std::vector<Merge>& merges)
    : byte_tokens_(byte_tokens), token_lengths_(std::move(token_lengths)) {
    if (token_lengths_.size() > max_token) {
        throw std::invalid_argument("a vocabulary may have at most 2097150 ids, this one has " +
                                    std::to_string(token_lengths_.size()));
    }
    if (merges.size() >= none) throw std::invalid_argument("a vocabulary may have at most 1048574 merges");
    int bits = 10;
    while ((size_t{1} << bits) * 2 < merges.size() * 5) ++bits;
    slots_.assign(size_t{1} << bits, empty);
    slot_shift_ = 64 - bits;

    bool ordered = true;  // every rule makes a new token from older ones
    std::vector<bool> made(token_lengths_.size());
    for (uint32_t token : byte_tokens_) made[token] = true;
    for (const Merge& merge : merges) {
        if (rank(merge.left, merge.right) == none) {  // of a rule stated twice the first counts
            ordered = ordered && made[merge.left] && made[merge.right] && !made[merge.product];
            made[merge.product] = true;
            const uint64_t key = static_cast<uint64_t>(merge.left) << 21 | merge.right;
            insert(key << 22 | products_.size());
        }
        products_.push_back(merge.product);
    }
    if (products_.empty()) products_.push_back(0);  // read, but not used, for pairs without a rule
    const size_t longest = *std::max_element(token_lengths_.begin(), token_lengths_.end());
    window_ = std::clamp<size_t>(longest * 4, 512, most_scanned<window_words>);
    windows_agree_ = ordered && longest * 4 <= window_;
    byte_pair_ranks_.resize(256 * 256);
    for (int left = 0; left < 256; ++left) {
        for (int right = 0; right < 256; ++right) {
            byte_pair_ranks_[left << 8 | right] = rank(byte_tokens_[left], byte_tokens_[right]);
        }
    }
}

// Cuckoo hashing (Pagh and Rodler 2001): each pair is in one of two slots, so a look-up is two independent loads and no
// branch. An entry takes the slot of another, which moves to its other one, and so on; when that goes on for too long
// the table is doubled.
void MergeRules::insert(uint64_t entry) {
    constexpr int most_moves = 500;
    size_t slot = first_slot(entry >> 22);
    for (int move = 0; move < most_moves; ++move) {
        std::swap(entry, slots_[slot]);
        if (entry == empty) return;
        const uint64_t key = entry >> 22;
        slot = slot == first_slot(key) ? second_slot(key) : first_slot(key);
    }
    if (slots_.size() > 64 * (none + size_t{1})) throw std::invalid_argument("the merges defy hashing");
    std::vector<uint64_t> old(slots_.size() * 2, empty);
    old.swap(slots_);
    --slot_shift_;
    insert(entry);
    for (const uint64_t other : old) {
        if (other != empty) insert(other);
    }
}

void MergeRules::append(const uint8_t* piece, size_t length, TokenBuffer& out, MergeScratch& scratch) const {
    if (length <= most_scanned<1>) return append_scanning<1>(piece, length, out);
    if (length <= window_) return append_scanning<window_words>(piece, length, out);
    if (windows_agree_ && append_in_windows(piece, length, out, scratch)) return;
    append_with_heap(piece, length, out, scratch);
}

// Token i starts in slot i + 1 and stays there; a bit mask says which slots are in use, so that neighbours are a bit
// scan away and nothing moves. The slots around the piece hold a token that is in no rule: every pair has two
// neighbours, and no branch asks. A slot's key is the rank of its pair and, in the low bits, the slot, so that the
// minimum of all keys is the lowest rank at its leftmost place. Beyond one word of mask, minima are kept for blocks of
// sixteen keys: a merge changes three keys, so it looks at three blocks and then at one value a block.
template <size_t words>
void MergeRules::append_scanning(const uint8_t* piece, size_t length, TokenBuffer& out) const {
    constexpr size_t slots = words * 64, block = words == 1 ? 8 : 16;
    constexpr int32_t no_pair = static_cast<int32_t>(none << slot_bits);
    uint32_t tokens[slots], products[slots];
    int32_t keys[slots], minima[slots / block];
    uint64_t used[words];
    const size_t blocks = length / block + 1;

    auto set_key = [&](size_t slot, uint32_t pair_rank) {
        keys[slot] = static_cast<int32_t>(pair_rank << slot_bits | slot);
        products[slot] = products_[pair_rank == none ? 0 : pair_rank];
    };
    auto block_minimum = [&](size_t start) {
        int32_t lowest = no_pair;
        for (size_t i = start; i < start + block; ++i) lowest = std::min(lowest, keys[i]);
        return lowest;
    };
    auto update_block = [&](size_t slot) {
        if (words > 1) minima[slot / block] = block_minimum(slot / block * block);
    };
    auto minimum = [&] {
        int32_t lowest = no_pair;
        for (size_t i = 0; i < blocks; ++i)
            lowest = std::min(lowest, words == 1 ? block_minimum(i * block) : minima[i]);
        return lowest;
    };
    auto word_of = [](size_t slot) { return words == 1 ? 0 : slot / 64; };
    auto next_used = [&](size_t slot) {
        size_t word = word_of(slot);
        uint64_t bits = used[word] & ~1ull << slot % 64;
        while (words > 1 && !bits) bits = used[++word];
        return word * 64 + __builtin_ctzll(bits);
    };
    auto previous_used = [&](size_t slot) {
        size_t word = word_of(slot);
        uint64_t bits = used[word] & ((1ull << slot % 64) - 1);
        while (words > 1 && !bits) bits = used[--word];
        return word * 64 + 63 - __builtin_clzll(bits);
    };

    tokens[0] = tokens[length + 1] = in_no_rule;
    tokens[1] = byte_tokens_[piece[0]];
    keys[0] = no_pair;
    for (size_t i = 1; i < length; ++i) {
        tokens[i + 1] = byte_tokens_[piece[i]];
        set_key(i, byte_pair_ranks_[piece[i - 1] << 8 | piece[i]]);
    }
    for (size_t i = length; i < blocks * block; ++i) keys[i] = no_pair;
    for (size_t i = 0; i < blocks * block; i += block) update_block(i);
    for (size_t word = 0; word < words; ++word) used[word] = ~0ull;
    const size_t last_slot = length + 1;
    used[word_of(last_slot)] = ~0ull >> (63 - last_slot % 64);

    for (;;) {
        const int32_t lowest = minimum();
        if (lowest >= no_pair) break;
        const size_t at = lowest & ((1 << slot_bits) - 1);
        const size_t gone = next_used(at), next = next_used(gone), previous = previous_used(at);
        used[word_of(gone)] ^= 1ull << gone % 64;
        keys[gone] = no_pair;
        const uint32_t token = products[at];
        tokens[at] = token;
        set_key(at, rank(token, tokens[next]));
        set_key(previous, rank(tokens[previous], token));
        update_block(at);
        update_block(gone);
        update_block(previous);
    }
    out.reserve_more(length);
    uint32_t* to = out.end();
    used[0] &= ~1ull;
    used[word_of(last_slot)] ^= 1ull << last_slot % 64;
    for (size_t word = 0; word <= word_of(last_slot); ++word) {
        for (uint64_t bits = used[word]; bits; bits &= bits - 1) *to++ = tokens[word * 64 + __builtin_ctzll(bits)];
    }
    out.advance(to - out.end());
}

// A heap of (rank, position) with stale entries left in, over a doubly linked list of tokens: O(n log n).
void MergeRules::append_with_heap(const uint8_t* piece, size_t length, TokenBuffer& out, MergeScratch& scratch) const {
    constexpr uint32_t nowhere = ~0u;
    if (length >= nowhere) throw std::length_error("a single piece of 4 GiB or more cannot be encoded");
    auto& nodes = scratch.nodes;
    auto& heap = scratch.heap;
    const uint32_t count = static_cast<uint32_t>(length);
    nodes.resize(count);
    heap.clear();
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t pair_rank = i + 1 < count ? byte_pair_ranks_[piece[i] << 8 | piece[i + 1]] : none;
        nodes[i] = {byte_tokens_[piece[i]], pair_rank, i - 1, i + 1 < count ? i + 1 : nowhere};
        if (pair_rank != none) heap.push_back(static_cast<uint64_t>(pair_rank) << 32 | i);
    }
    const auto lowest_first = std::greater<uint64_t>();
    std::make_heap(heap.begin(), heap.end(), lowest_first);
    auto update = [&](uint32_t at) {
        auto& node = nodes[at];
        node.rank = node.next == nowhere ? none : rank(node.token, nodes[node.next].token);
        if (node.rank != none) {
            heap.push_back(static_cast<uint64_t>(node.rank) << 32 | at);
            std::push_heap(heap.begin(), heap.end(), lowest_first);
        }
    };
    while (!heap.empty()) {
        const uint64_t entry = heap.front();
        std::pop_heap(heap.begin(), heap.end(), lowest_first);
        heap.pop_back();
        const uint32_t at = static_cast<uint32_t>(entry);
        auto& node = nodes[at];
        if (node.rank != entry >> 32) continue;  // the pair has changed since
        node.token = products_[node.rank];
        auto& gone = nodes[node.next];
        gone.rank = none;
        node.next = gone.next;
        if (node.next != nowhere) nodes[node.next].previous = at;
        update(at);
        if (node.previous != nowhere) update(node.previous);
    }
    for (uint32_t i = 0; i != nowhere; i = nodes[i].next) {
        out.reserve_more(1);
        *out.end() = nodes[i].token;
        out.advance(1);
    }
    if (nodes.capacity() > (1u << 20)) {  // one giant piece must not hold its memory for good
        std::vector<MergeScratch::Node>().swap(nodes);
        std::vector<uint64_t>().swap(heap);
    }
}

// Encodes overlapping windows and joins them where both put the same token at the same place. This is exact: when
// every rule makes a new token from older ones, a token sequence is the encoding of its bytes if and only if each two
// neighbours are the encoding of theirs, and in the joined sequence each two neighbours stood side by side in one of
// the windows. Memory stays in cache and time linear, however long the piece. False when two windows never agree.
bool MergeRules::append_in_windows(const uint8_t* piece, size_t length, TokenBuffer& out, MergeScratch& scratch) const {
    const size_t out_size = out.size();
    TokenBuffer& window = scratch.window;
    TokenBuffer& next_window = scratch.next_window;
    size_t start = 0;  // of the first token in `window` that is not in `out` yet
    size_t first = 0;  // its index
    size_t window_end = window_;
    window.clear();
    append_scanning<window_words>(piece, window_end, window);
    while (window_end < length) {
        // The next window starts at a token of this one, so that repetitive text falls into the same rhythm at once.
        const uint32_t* tokens = window.data();
        size_t at = start, i = first;
        while (at + window_ / 4 < window_end && i < window.size()) at += token_lengths_[tokens[i++]];
        if (i == first || i >= window.size()) {
            out.resize(out_size);
            return false;
        }
        const size_t next_start = at;
        window_end = std::min(length, next_start + window_);
        next_window.clear();
        append_scanning<window_words>(piece + next_start, window_end - next_start, next_window);
        const uint32_t* next_tokens = next_window.data();
        size_t j = 0, next_at = next_start;
        while (i < window.size() && j < next_window.size()) {
            if (at == next_at && tokens[i] == next_tokens[j]) break;
            if (at <= next_at) {
                at += token_lengths_[tokens[i++]];
            } else {
                next_at += token_lengths_[next_tokens[j++]];
            }
        }
        if (i >= window.size() || j >= next_window.size()) {
            out.resize(out_size);
            return false;
        }
        out.append(tokens + first, i - first);
        start = at;
        first = j;
        window.swap(next_window);
    }
    out.append(window.data() + first, window.size() - first);
    return true;
}

std::vector<Merge> merges_of_ranks(const std::vector<std::string>& tokens) {
    std::unordered_map<std::string_view, uint32_t> token_of;
    token_of.reserve(tokens.size() * 2);
    for (uint32_t id = 0; id < tokens.size(); ++id) {
        if (!tokens[id].empty()) token_of.emplace(tokens[id], id);
    }
    constexpr uint32_t no_token = ~0u;
    std::vector<Merge> merges;
    std::vector<size_t> starts;
    std::vector<uint32_t> ranks;
    for (uint32_t id = 0; id < tokens.size(); ++id) {
        const std::string_view bytes = tokens[id];
        if (bytes.size() < 2) continue;
        starts.resize(bytes.size() + 1);
        for (size_t i = 0; i <= bytes.size(); ++i) starts[i] = i;
        auto pair_rank = [&](size_t i) {  // of the parts i and i + 1
            if (i + 2 >= starts.size()) return no_token;
            const auto found = token_of.find(bytes.substr(starts[i], starts[i + 2] - starts[i]));
            return found == token_of.end() ? no_token : found->second;
        };
        ranks.resize(bytes.size());
        for (size_t i = 0; i < bytes.size(); ++i) ranks[i] = pair_rank(i);
        while (starts.size() > 3) {
            const size_t best = std::min_element(ranks.begin(), ranks.end()) - ranks.begin();
            if (ranks[best] == no_token) break;
            starts.erase(starts.begin() + best + 1);
            ranks.erase(ranks.begin() + best + 1);
            ranks[best] = pair_rank(best);
            if (best > 0) ranks[best - 1] = pair_rank(best - 1);
        }
        if (starts.size() != 3) continue;
        const uint32_t left = token_of.at(bytes.substr(0, starts[1]));
        const uint32_t right = token_of.at(bytes.substr(starts[1]));
        merges.push_back({left, right, id});
    }
    return merges;
}

}  // namespace pyllm
