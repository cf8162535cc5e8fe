// Counting the distinct pieces of a corpus: the first half of BPE training, and all that reads the text.
//
// Each thread counts into tables of its own; nothing is shared but the file's read position. Files are read in blocks
// that end at a safe cut, so that memory holds a block a thread and the distinct pieces, never the text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "encoder.h"
#include "piece_stream.h"

namespace pyllm {

// Counts of short pieces: open addressing by the top bits of the hash, so that a walk over the table is in hash order.
class ShortPieceTable {
  public:
    struct Entry {
        PieceKey key;  // high == 0: empty
        uint64_t count;
    };

    ShortPieceTable() : entries_(size_t{1} << bits_) {}
    void prefetch(uint64_t hash) const { __builtin_prefetch(&entries_[hash >> (64 - bits_)]); }
    void add(const PieceKey& key, uint64_t hash, uint64_t count) {
        size_t slot = hash >> (64 - bits_);
        while (!(entries_[slot].key == key)) {
            if (entries_[slot].key.high == 0) {
                entries_[slot].key = key;
                if (++size_ * 2 > entries_.size()) {
                    entries_[slot].count = count;
                    return grow();
                }
                break;
            }
            if (++slot == entries_.size()) slot = 0;
        }
        entries_[slot].count += count;
    }
    const std::vector<Entry>& entries() const { return entries_; }
    size_t size() const { return size_; }
    void clear() { *this = ShortPieceTable(); }

  private:
    void grow();
    int bits_ = 16;
    std::vector<Entry> entries_;
    size_t size_ = 0;
};

struct FileError : std::system_error {
    FileError(int code, const std::string& path) : std::system_error(code, std::generic_category(), path), path(path) {}
    std::string path;
};

struct CountedPiece {
    std::string_view bytes;
    uint64_t count;
};

class PieceCounter {
  public:
    // Called about ten times a second with the bytes counted so far; may throw to stop.
    using Progress = std::function<void(uint64_t)>;

    explicit PieceCounter(int threads) : counts_(threads) {}

    void add_texts(const std::vector<Bytes>& texts, Pattern pattern);
    void add_piece(Bytes piece, uint64_t count);
    // Returns the bytes read; throws FileError.
    uint64_t add_file(const std::string& path, Pattern pattern, const Progress& progress);

    // The distinct pieces, most frequent first. The views are valid until the counter changes.
    std::vector<CountedPiece> pieces();

  private:
    struct Counts {
        ShortPieceTable short_pieces;
        std::unordered_map<std::string, uint64_t> long_pieces;
        void add_long(const uint8_t* piece, size_t length, uint64_t count);
        void add_text(Bytes text, Pattern pattern);
    };
    void merge_threads();

    std::vector<Counts> counts_;
};

}  // namespace pyllm
