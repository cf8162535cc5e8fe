// Texts to token ids, and back.
//
// Most pieces of a text have been seen before, so each thread keeps a cache of short pieces and their tokens: half a
// cache line a piece, fetched while earlier pieces are at work. The cache only remembers what the merges said; it never
// changes a result.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "merges.h"
#include "piece_stream.h"

namespace pyllm {

using Bytes = std::basic_string_view<uint8_t>;

// The token ids of many texts: those of text i are `tokens[i]`, kept alive by a block that texts share.
struct EncodedTexts {
    struct Span {
        std::shared_ptr<uint32_t[]> block;
        uint32_t* data;
        size_t size;
    };
    std::vector<Span> tokens;
};

// Two-way: a piece has two places, which share a cache line, and takes that of the piece not asked for last.
class PieceCache {
  public:
    static constexpr size_t most_tokens = 4;

    explicit PieceCache(int set_bits) : shift_(64 - set_bits), sets_(size_t{1} << set_bits) {}

    struct Entry {
        uint64_t low = 0;
        uint64_t high = 0;  // as PieceKey's; the number of tokens in the four highest bits, 0: empty
        uint32_t tokens[most_tokens] = {};

        bool holds(const PieceKey& key) const { return ((low ^ key.low) | ((high ^ key.high) & ~(0xFull << 60))) == 0; }
        size_t count() const { return high >> 60; }
    };
    // The piece's entry, or nullptr.
    const Entry* find(const PieceKey& key, uint64_t hash) {
        Set& set = sets_[hash >> shift_];
        if (set.ways[0].holds(key)) return &set.ways[0];
        if (!set.ways[1].holds(key)) return nullptr;
        std::swap(set.ways[0], set.ways[1]);
        return &set.ways[0];
    }
    void prefetch(uint64_t hash) const { __builtin_prefetch(&sets_[hash >> shift_]); }
    void add(const PieceKey& key, uint64_t hash, const uint32_t* ids, size_t count) {
        Set& set = sets_[hash >> shift_];
        set.ways[1] = set.ways[0];
        set.ways[0].low = key.low;
        set.ways[0].high = key.high | static_cast<uint64_t>(count) << 60;
        std::copy(ids, ids + count, set.ways[0].tokens);
    }

  private:
    struct alignas(64) Set {
        Entry ways[2];
    };
    int shift_;
    std::vector<Set> sets_;
};

// What one thread needs to encode; made once and reused.
struct EncodeScratch {
    explicit EncodeScratch(int cache_bits) : cache(cache_bits) {}
    PieceCache cache;
    MergeScratch merging;
    TokenBuffer tokens;
};

class Encoder {
  public:
    // tokens: the bytes of each id ("": no such id). whole_pieces: a piece that is a token's bytes is that token even
    // where the merges do not lead to it (tiktoken; ignore_merges in Hugging Face's files). special_tokens: more ids
    // and their bytes, for decode alone.
    Encoder(std::vector<std::string> tokens, const std::vector<Merge>& merges, bool whole_pieces,
            const std::vector<std::pair<uint32_t, std::string>>& special_tokens);

    // Appends the ids of a text, cut into pieces by the pattern.
    void encode(Bytes text, Pattern pattern, TokenBuffer& out, EncodeScratch& scratch) const;
    // Appends the ids of one piece.
    void encode_piece(Bytes piece, TokenBuffer& out, EncodeScratch& scratch) const;
    // Each text by itself, on `threads` threads. poll is called ten times a second, when there are several; it may
    // throw.
    EncodedTexts encode_batch(const std::vector<Bytes>& texts, Pattern pattern, size_t threads,
                              const std::function<void()>& poll) const;

    // The bytes of ids; throws std::out_of_range with the first id that has none.
    template <class Integer>
    std::string decode(const Integer* ids, size_t count) const;

    size_t vocab_size() const { return token_starts_.size() - 1; }
    // Tokens that the merges do not lead to: only a whole piece becomes one.
    size_t whole_piece_count() const { return whole_pieces_.size(); }

    // A scratch from the pool, given back at the end of the scope.
    class Lease {
      public:
        explicit Lease(const Encoder& encoder);
        ~Lease();
        Lease(const Lease&) = delete;
        EncodeScratch& operator*() { return *scratch_; }

      private:
        const Encoder& encoder_;
        std::unique_ptr<EncodeScratch> scratch_;
    };

  private:
    // Eight threads get 4 MiB of cache each, those beyond 512 KiB: at most 60 MiB are kept.
    static constexpr size_t large_caches = 8, most_pooled = 64;
    static constexpr int large_cache_bits = 16, small_cache_bits = 13;

    void append(const StreamedPiece& piece, TokenBuffer& out, EncodeScratch& scratch) const;
    void append_uncached(const uint8_t* piece, size_t length, TokenBuffer& out, EncodeScratch& scratch) const;

    std::vector<std::string> tokens_;
    std::vector<uint32_t> token_starts_;  // into token_bytes_, one more than there are ids
    std::string token_bytes_;             // padded, so that 16 bytes can be read at any start
    MergeRules rules_;
    std::unordered_map<std::string_view, uint32_t> whole_pieces_;
    mutable std::mutex pool_mutex_;
    mutable std::vector<std::unique_ptr<EncodeScratch>> pool_;
    mutable size_t scratches_ = 0;  // in the pool and on lease
};

}  // namespace pyllm
