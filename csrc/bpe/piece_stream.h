// The pieces of a text on their way to a hash table.
#pragma once

#include "piece_key.h"
#include "pretokenizer.h"

namespace pyllm {

struct StreamedPiece {
    const uint8_t* data;
    size_t length;
    PieceKey key;  // of pieces of at most PieceKey::max_length bytes, as is hash
    uint64_t hash;
    bool has_key() const { return length <= PieceKey::max_length; }
};

// Calls consume(piece) for each piece of the text, in order, and prefetch(hash) some pieces before: cutting and hashing
// run ahead of the table through a ring, long enough for the table's cache line to arrive.
template <Pattern pattern, class Prefetch, class Consume>
inline void stream_pieces(const uint8_t* text, const uint8_t* end, Prefetch&& prefetch, Consume&& consume) {
    constexpr size_t ring_size = 16;
    StreamedPiece ring[ring_size];
    size_t arrived = 0;
    for_each_piece<pattern>(text, end, [&](const uint8_t* p, const uint8_t* q) {
        StreamedPiece& piece = ring[arrived % ring_size];
        if (arrived >= ring_size) consume(piece);
        ++arrived;
        piece.data = p;
        piece.length = q - p;
        if (piece.has_key()) {
            piece.key = piece_key(p, piece.length, end);
            piece.hash = hash_of(piece.key);
            prefetch(piece.hash);
        }
    });
    for (size_t i = arrived < ring_size ? 0 : arrived - ring_size; i < arrived; ++i) consume(ring[i % ring_size]);
}

}  // namespace pyllm
