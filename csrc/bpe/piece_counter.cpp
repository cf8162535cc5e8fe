#include "piece_counter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "threads.h"

namespace pyllm {

namespace {

// A file as blocks that end at safe cuts.
class FileBlocks {
  public:
    explicit FileBlocks(const std::string& path) : path_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (file_ < 0) fail();
    }
    ~FileBlocks() { close(file_); }
    FileBlocks(const FileBlocks&) = delete;

    // Fills `block` and returns the length of its text; 0 at the end of the file. Safe to call from many threads.
    size_t next(std::vector<uint8_t>& block) {
        constexpr size_t step = 1 << 20;
        std::lock_guard<std::mutex> lock(mutex_);
        size_t size = rest_.size();
        block.resize(std::max(block.size(), size + step));
        std::copy(rest_.begin(), rest_.end(), block.begin());
        rest_.clear();
        size_t searched = 0;
        while (!at_end_) {
            if (block.size() - size < step) block.resize(block.size() * 2);
            const ssize_t got = read(file_, block.data() + size, step);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail();
            at_end_ = got == 0;
            size += got;
            if (at_end_ || size - searched < step / 2) continue;  // a pipe gives little at a time
            const uint8_t* begin = block.data() + searched;
            const uint8_t* cut = last_safe_cut(begin, block.data() + size - 1, block.data() + size);
            if (cut != begin) {
                rest_.assign(cut, static_cast<const uint8_t*>(block.data() + size));
                return cut - block.data();
            }
            searched = size - 8;  // behind it there was no cut; a character has at most 4 bytes
        }
        return size;
    }

  private:
    [[noreturn]] void fail() const { throw FileError(errno, path_); }

    std::string path_;
    int file_;
    std::mutex mutex_;
    std::vector<uint8_t> rest_;
    bool at_end_ = false;
};

}  // namespace

void ShortPieceTable::grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    ++bits_;
    size_ = 0;
    for (const Entry& entry : old) {
        if (entry.key.high) add(entry.key, hash_of(entry.key), entry.count);
    }
}

void PieceCounter::Counts::add_long(const uint8_t* piece, size_t length, uint64_t count) {
    long_pieces[std::string(reinterpret_cast<const char*>(piece), length)] += count;
}

void PieceCounter::add_piece(Bytes piece, uint64_t count) {
    if (piece.size() > PieceKey::max_length) return counts_[0].add_long(piece.data(), piece.size(), count);
    if (piece.empty()) return;
    const PieceKey key = piece_key(piece.data(), piece.size(), piece.data() + piece.size());
    counts_[0].short_pieces.add(key, hash_of(key), count);
}

void PieceCounter::Counts::add_text(Bytes text, Pattern pattern) {
    with_pattern(pattern, [&](auto constant) {
        stream_pieces<constant.value>(
            text.data(), text.data() + text.size(), [&](uint64_t hash) { short_pieces.prefetch(hash); },
            [&](const StreamedPiece& piece) {
                if (piece.has_key()) {
                    short_pieces.add(piece.key, piece.hash, 1);
                } else {
                    add_long(piece.data, piece.length, 1);
                }
            });
    });
}

void PieceCounter::add_texts(const std::vector<Bytes>& texts, Pattern pattern) {
    std::atomic<size_t> next{0};
    std::atomic<bool> stop{false};
    run_threads(
        std::min(counts_.size(), texts.size()), stop,
        [&](size_t thread) {
            for (size_t i; !stop && (i = next++) < texts.size();) counts_[thread].add_text(texts[i], pattern);
        },
        [] {});
}

uint64_t PieceCounter::add_file(const std::string& path, Pattern pattern, const Progress& progress) {
    FileBlocks blocks(path);
    std::atomic<uint64_t> bytes{0};
    std::atomic<bool> stop{false};
    run_threads(
        counts_.size(), stop,
        [&](size_t thread) {
            std::vector<uint8_t> block;
            for (size_t size; !stop && (size = blocks.next(block)) > 0;) {
                counts_[thread].add_text({block.data(), size}, pattern);
                bytes += size;
            }
        },
        [&] { progress(bytes); });
    return bytes;
}

void PieceCounter::merge_threads() {
    Counts& total = counts_[0];
    for (size_t i = 1; i < counts_.size(); ++i) {
        for (const auto& entry : counts_[i].short_pieces.entries()) {
            if (entry.key.high) total.short_pieces.add(entry.key, hash_of(entry.key), entry.count);
        }
        counts_[i].short_pieces.clear();
        for (const auto& [piece, count] : counts_[i].long_pieces) total.long_pieces[piece] += count;
        counts_[i].long_pieces.clear();
    }
}

std::vector<CountedPiece> PieceCounter::pieces() {
    merge_threads();
    std::vector<CountedPiece> result;
    result.reserve(counts_[0].short_pieces.size() + counts_[0].long_pieces.size());
    for (const auto& entry : counts_[0].short_pieces.entries()) {
        if (entry.key.high) {
            result.push_back({{reinterpret_cast<const char*>(&entry.key), entry.key.length()}, entry.count});
        }
    }
    for (const auto& [piece, count] : counts_[0].long_pieces) result.push_back({piece, count});
    std::sort(result.begin(), result.end(),
              [](const CountedPiece& a, const CountedPiece& b) { return a.count > b.count; });
    return result;
}

}  // namespace pyllm
