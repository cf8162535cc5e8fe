// Causal attention.  out = softmax(scale q k^T) v for each head, without a (T, T) matrix (Milakov and Gimelshein,
// "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention", 2022).
//
// The floor is arithmetic: 4 D operations for each visible (query, key) pair forward, 10 D backward, where the scores
// are computed anew from logsumexp; and an exponential for each. A block of queries meets the keys chunk by chunk, so
// that the scores of block x chunk stay in the first two cache levels; each row carries its maximum and its sum along.
// All products run through the tile of tile.h: k and v of one head are packed once, in the orders that the products
// read. Score tiles beyond the diagonal, or before the first key that a tile's rows see, are not computed.
//
// A task is a batch row and a key head with all query heads that share it; backward, dk and dv then belong to one
// thread, and every sum has the same order for any number of threads.
#include <math.h>

#include <algorithm>

#include "loops.h"
#include "tile.h"

namespace pyllm {
namespace {

constexpr int64_t block_rows = lanes == 16 ? 4 * tile_rows : 8 * tile_rows;  // queries worked on together
constexpr int64_t chunk_keys = lanes == 16 ? 224 : lanes == 8 ? 144 : 96;    // a multiple of both sides of a tile
constexpr int64_t keys_ahead = 16;  // decoding: how far ahead of their use keys and values are asked for
static_assert(chunk_keys % tile_rows == 0 && chunk_keys % tile_columns == 0, "a chunk is whole tiles both ways");

// out (tile_rows, tile_columns) = or += a b, all of it: buffers are padded to whole tiles.
template <bool adds>
inline void multiply_into(int64_t depth, const float* a, int64_t a_row, int64_t a_depth, const float* b, float* out,
                          int64_t stride) {
    Floats sums[tile_rows][tile_vectors] = {};
    multiply_tile<tile_rows, tile_vectors>(depth, a, a_row, a_depth, b, tile_columns, sums);
#pragma GCC unroll 16
    for (int i = 0; i < tile_rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < tile_vectors; j++) {
            float* place = out + i * stride + j * lanes;
            store(place, adds ? load(place) + sums[i][j] : sums[i][j]);
        }
}

// One head of a batch row as a matrix.
struct Head {
    float* data;
    int64_t positions, head_dim, stride;

    Head(const pyllm_heads& heads, int64_t batch, int64_t head)
        : data(heads.data + batch * heads.batch_stride + head * heads.head_stride),
          positions(heads.positions),
          head_dim(heads.head_dim),
          stride(heads.position_stride) {}
    float* row(int64_t position) const { return data + position * stride; }
};

// Panels of tile_columns positions, (D, tile_columns) each: the right factor of a product over D.
void pack_turned(const Head& head, float* out) {
    for (int64_t position = 0; position < head.positions; position += tile_columns)
        interleave<tile_columns>(head.row(position), head.stride, head.positions - position, head.head_dim,
                                 out + position * head.head_dim);
}

// Panels of tile_columns of D, (`count` positions, tile_columns) each, `panel` apart: the right factor of a product
// over positions.
void pack_plain(const Head& head, int64_t begin, int64_t count, int64_t panel, float* out) {
    for (int64_t column = 0; column < head.head_dim; column += tile_columns)
        gather<tile_columns>(head.row(begin) + column, head.stride, head.head_dim - column, count,
                             out + column / tile_columns * panel);
}

// Tiles of tile_rows positions, (D, tile_rows) each: the left factor of a product over D.
void pack_rows(const Head& head, int64_t begin, int64_t count, float* out) {
    for (int64_t row = 0; row < count; row += tile_rows)
        interleave<tile_rows>(head.row(begin + row), head.stride, count - row, head.head_dim,
                              out + row * head.head_dim);
}

inline float dot(const float* a, const float* b, int64_t count) {
    Floats total = {};
    for_vectors(0, count, [&](int64_t i, auto size, int) { total += load(a + i, size) * load(b + i, size); });
    return sum(total);
}

// A block of queries against a chunk of keys: which keys each row and each tile of rows sees.
struct View {
    const int32_t* first;  // of this batch row's queries, or null
    int64_t offset;        // of query 0 among the keys
    int64_t keys;
    int64_t query, rows;                // of the block
    int64_t key, columns;               // of the chunk; columns: whole tiles
    int64_t begin(int64_t row) const {  // the first key that a row sees, in the chunk
        const int64_t seen = first ? first[query + row] - key : -key;
        return seen < 0 ? 0 : seen < columns ? seen : columns;
    }
    int64_t end(int64_t row) const {
        const int64_t seen = offset + query + row + 1 - key;
        const int64_t most = columns < keys - key ? columns : keys - key;
        return seen < 0 ? 0 : seen < most ? seen : most;
    }
    int64_t start() const {  // of the first chunk that the block's rows see
        return first && first[query] > 0 ? first[query] / chunk_keys * chunk_keys : 0;
    }
    int64_t last(int64_t tile) const { return tile + tile_rows <= rows ? tile + tile_rows - 1 : rows - 1; }
};

// scores[row][key] = a_tiles b_panels for every tile of which a row may see a key; the chunk's panels are at b.
void score_tiles(const View& view, int64_t depth, const float* a, const float* b, float* scores) {
    for (int64_t tile = 0; tile < view.rows; tile += tile_rows) {
        const int64_t begin = view.begin(tile) / tile_columns * tile_columns, end = view.end(view.last(tile));
        for (int64_t key = begin; key < end; key += tile_columns)
            multiply_into<false>(depth, a + tile * depth, 1, tile_rows, b + key * depth,
                                 scores + tile * chunk_keys + key, chunk_keys);
    }
}

// What a row sees of a chunk, begin ... end - 1, as whole vectors; the lanes outside are `rest`. The buffers are
// padded, so there is something to load.
struct Seen {
    int64_t begin, end;
    int64_t first() const { return begin / lanes * lanes; }
    int64_t last() const { return begin < end ? rounded_up(end, lanes) : first(); }  // one behind
    Floats masked(Floats values, int64_t i, float rest) const {
        if (i >= begin && i + lanes <= end) return values;
        const Ints lane = lane_numbers();
        return (lane >= static_cast<int>(begin - i)) & (lane < static_cast<int>(end - i)) ? values : splat(rest);
    }
};

// row[0 ... columns) = 0 where no vector of `seen` is
inline void clear_outside(float* row, Seen seen, int64_t columns) {
    if (seen.first() > 0) memset(row, 0, seen.first() * sizeof(float));
    if (seen.last() < columns) memset(row + seen.last(), 0, (columns - seen.last()) * sizeof(float));
}

inline float largest(const float* values, Seen seen) {
    Floats most = splat(-INFINITY);
    for (int64_t i = seen.first(); i < seen.last(); i += lanes)
        most = maximum(most, seen.masked(load(values + i), i, -INFINITY));
    return maximum(most);
}

// values = e^(scale values - shift), 0 in the lanes outside; returns their sum.
inline float exponentials(float* values, Seen seen, float scale, float shift) {
    Floats total = {};
    for (int64_t i = seen.first(); i < seen.last(); i += lanes) {
        const Floats value = exponential<true>(seen.masked(load(values + i) * scale - shift, i, -INFINITY));
        store(values + i, value);
        total += value;
    }
    return sum(total);
}

struct Forward {
    const pyllm_heads *q, *k, *v, *out;
    const int32_t* first;
    float scale;
    float* logsumexp;

    int64_t padded_keys() const { return rounded_up(k->positions, chunk_keys); }
    int64_t padded_dim() const { return rounded_up(k->head_dim, tile_columns); }
    int64_t memory() const {  // floats for one thread
        const int64_t D = k->head_dim;
        return padded_keys() * (D + padded_dim()) + block_rows * (D + padded_dim() + chunk_keys + 2);
    }

    void pack(int64_t batch, int64_t group, float* memory) const {
        pack_turned(Head(*k, batch, group), memory);
        pack_plain(Head(*v, batch, group), 0, k->positions, padded_keys() * tile_columns,
                   memory + padded_keys() * k->head_dim);
    }

    // One block of queries of one head; `memory` holds the packed keys and values, then room to work.
    void block(int64_t batch, int64_t head, int64_t query, float* memory) const {
        const int64_t D = k->head_dim, Dp = padded_dim(), offset = k->positions - q->positions;
        const float *keys = memory, *values = keys + padded_keys() * D;
        float *queries = memory + padded_keys() * (D + Dp), *scores = queries + block_rows * D;
        float *sums = scores + block_rows * chunk_keys, *most = sums + block_rows * Dp, *totals = most + block_rows;
        const int64_t rows = q->positions - query < block_rows ? q->positions - query : block_rows;
        const Head q_head(*q, batch, head), out_head(*out, batch, head);
        pack_rows(q_head, query, rows, queries);
        memset(sums, 0, block_rows * Dp * sizeof(float));
        for (int64_t i = 0; i < rows; i++) most[i] = -INFINITY, totals[i] = 0;
        View view = {first ? first + batch * q->positions : nullptr, offset, k->positions, query, rows, 0, 0};
        const int64_t seen = offset + query + rows;
        view.key = view.start();
        for (; view.key < seen; view.key += chunk_keys) {
            view.columns = seen - view.key < chunk_keys ? rounded_up(seen - view.key, tile_columns) : chunk_keys;
            score_tiles(view, D, queries, keys + view.key * D, scores);
            for (int64_t i = 0; i < rows; i++) normalise(view, i, Dp, scores + i * chunk_keys, sums, most, totals);
            for (int64_t tile = 0; tile < rows; tile += tile_rows) {
                const int64_t begin = view.begin(tile), end = view.end(view.last(tile));
                for (int64_t column = 0; column < Dp && begin < end; column += tile_columns)
                    multiply_into<true>(end - begin, scores + tile * chunk_keys + begin, chunk_keys, 1,
                                        values + column * padded_keys() + (view.key + begin) * tile_columns,
                                        sums + tile * Dp + column, Dp);
            }
        }
        for (int64_t i = 0; i < rows; i++) {
            const float inverse = totals[i] > 0 ? 1 / totals[i] : 0;
            float* to = out_head.row(query + i);
            for_vectors(0, D,
                        [&](int64_t d, auto size, int) { store(to + d, load(sums + i * Dp + d) * inverse, size); });
            logsumexp[(batch * q->heads + head) * q->positions + query + i] = most[i] + logf(totals[i]);
        }
    }

    // A row's scores become weights relative to its maximum so far, and what it summed before is brought to that.
    void normalise(const View& view, int64_t i, int64_t Dp, float* scores, float* sums, float* most,
                   float* totals) const {
        const Seen seen = {view.begin(i), view.end(i)};
        if (seen.begin < seen.end) {
            const float highest = fmaxf(most[i], largest(scores, seen) * scale);
            if (highest > most[i]) {
                if (most[i] > -INFINITY) {
                    const float factor = expf(most[i] - highest);
                    totals[i] *= factor;
                    for (int64_t d = 0; d < Dp; d += lanes) store(sums + i * Dp + d, load(sums + i * Dp + d) * factor);
                }
                most[i] = highest;
            }
            totals[i] += exponentials(scores, seen, scale, most[i]);
        }
        const int64_t tile = i / tile_rows * tile_rows;
        clear_outside(scores, seen, rounded_up(view.end(view.last(tile)), tile_columns));
    }
};

// One new position of a row of the cache: a dot product of its query with each key, then the sum of the values by these
// weights. Bound by reading keys and values once, from whatever level of the caches they are in.
struct Decode {
    pyllm_heads q, k, v, keys, values, out;
    const int32_t *rows, *first, *lengths;
    float scale;

    int64_t row(int64_t i) const { return rows ? rows[i] : i; }

    int check(pyllm_context* context) const {
        for (int64_t i = 0; i < q.batch; i++) {
            const int64_t least = first ? first[i] : 0;
            if (row(i) < 0 || row(i) >= keys.batch)
                return context->fail("query %lld: row %lld of a cache of %lld rows", static_cast<long long>(i),
                                     static_cast<long long>(row(i)), static_cast<long long>(keys.batch));
            if (lengths[i] < 1 || lengths[i] > keys.positions || least < 0 || least >= lengths[i])
                return context->fail("row %lld: length %d, first key %lld in a cache of %lld positions",
                                     static_cast<long long>(row(i)), lengths[i], static_cast<long long>(least),
                                     static_cast<long long>(keys.positions));
        }
        return 0;
    }

    // Puts the new key and value of a query into the cache.
    void keep(int64_t i) const {
        for (int64_t group = 0; group < k.heads; group++) {
            std::copy_n(Head(k, i, group).row(0), k.head_dim, Head(keys, row(i), group).row(lengths[i] - 1));
            std::copy_n(Head(v, i, group).row(0), k.head_dim, Head(values, row(i), group).row(lengths[i] - 1));
        }
    }

    // The first position that a query sees, in the keys or values of one of its heads.
    const float* start(const pyllm_heads& cached, int64_t i, int64_t head) const {
        return Head(cached, row(i), head / (q.heads / k.heads)).row(first ? first[i] : 0);
    }

    // Asks for the beginning of what is read next; the rest is asked for on the way.
    void fetch(const float* from, int64_t stride, int64_t count) const {
        for (int64_t t = 0; t < keys_ahead && t < count; t++)
            for (int64_t d = 0; d < q.head_dim; d += 16) __builtin_prefetch(from + t * stride + d);
    }

    void attend(int64_t i, int64_t head, float* weights) const {
        const int64_t count = lengths[i] - (first ? first[i] : 0);
        const float *key = start(keys, i, head), *from = start(values, i, head);
        fetch(from, values.position_stride, count);
        const float* query = Head(q, i, head).row(0);
        score(query, key, keys.position_stride, count, weights);
        const Seen seen = {0, count};
        const float total = exponentials(weights, seen, scale, largest(weights, seen) * scale);
        float* to = Head(out, i, head).row(0);
        int64_t d = 0;
        for (; d + 4 * lanes <= q.head_dim; d += 4 * lanes)
            add_values<4>(weights, total, from + d, values.position_stride, count, to + d, Whole{});
        for_vectors(d, q.head_dim, [&](int64_t at, auto size, int) {
            add_values<1>(weights, total, from + at, values.position_stride, count, to + at, size);
        });
    }

    // scores[t] = the query times key t, four keys at a time.
    void score(const float* query, const float* key, int64_t stride, int64_t count, float* scores) const {
        int64_t t = 0;
        for (; t + 4 <= count; t += 4, key += 4 * stride) {
            Floats sums[4] = {};
            for_vectors(0, q.head_dim, [&](int64_t d, auto size, int) {
                const Floats part = load(query + d, size);
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++) {
                    sums[j] += part * load(key + j * stride + d, size);
                    __builtin_prefetch(key + (keys_ahead + j) * stride + d);
                }
            });
            const Quad four = sums_of(sums[0], sums[1], sums[2], sums[3]);
            memcpy(scores + t, &four, sizeof four);
        }
        for (; t < count; t++, key += stride) scores[t] = dot(query, key, q.head_dim);
    }

    // out = the sum over t of weights[t] value[t] / total, for vectors of D; even and odd t in sums of their own.
    template <int vectors, class Size>
    static void add_values(const float* weights, float total, const float* value, int64_t stride, int64_t count,
                           float* out, Size size) {
        Floats sums[2][vectors] = {};
        int64_t t = 0;
        for (; t + 2 <= count; t += 2, value += 2 * stride)
#pragma GCC unroll 2
            for (int odd = 0; odd < 2; odd++)
#pragma GCC unroll 4
                for (int j = 0; j < vectors; j++) {
                    sums[odd][j] += weights[t + odd] * load(value + odd * stride + j * lanes, size);
                    __builtin_prefetch(value + (keys_ahead + odd) * stride + j * lanes);
                }
        if (t < count)
            for (int j = 0; j < vectors; j++) sums[0][j] += weights[t] * load(value + j * lanes, size);
        for (int j = 0; j < vectors; j++) store(out + j * lanes, (sums[0][j] + sums[1][j]) / splat(total), size);
    }
};

struct Backward {
    const pyllm_heads *q, *k, *v, *out, *dout, *dq, *dk, *dv;
    const int32_t* first;
    float scale;
    const float* logsumexp;

    int64_t padded_keys() const { return rounded_up(k->positions, chunk_keys); }
    int64_t padded_dim() const { return rounded_up(k->head_dim, tile_columns); }
    int64_t memory() const {  // floats for one thread
        const int64_t D = k->head_dim, Dp = padded_dim();
        return padded_keys() * (2 * D + 3 * Dp) + block_rows * (2 * D + 3 * Dp + 2 * chunk_keys + 1);
    }

    // All of a batch row's key head: its dk and dv, and dq of the query heads that share it.
    void group(int64_t batch, int64_t group, float* memory) const {
        const int64_t D = k->head_dim, Dp = padded_dim(), keys = padded_keys(), shared = q->heads / k->heads;
        float *k_turned = memory, *v_turned = k_turned + keys * D, *k_plain = v_turned + keys * D;
        float *dk_sums = k_plain + keys * Dp, *dv_sums = dk_sums + keys * Dp;
        const Head k_head(*k, batch, group), v_head(*v, batch, group);
        pack_turned(k_head, k_turned);
        pack_turned(v_head, v_turned);
        pack_plain(k_head, 0, k->positions, keys * tile_columns, k_plain);
        memset(dk_sums, 0, 2 * keys * Dp * sizeof(float));
        for (int64_t head = group * shared; head < (group + 1) * shared; head++)
            for (int64_t query = 0; query < q->positions; query += block_rows) block(batch, head, query, memory);
        write(dk_sums, k->positions, Head(*dk, batch, group), 0);
        write(dv_sums, k->positions, Head(*dv, batch, group), 0);
    }

    void write(const float* sums, int64_t rows, const Head& to, int64_t position) const {
        for (int64_t i = 0; i < rows; i++)
            memcpy(to.row(position + i), sums + i * padded_dim(), to.head_dim * sizeof(float));
    }

    void block(int64_t batch, int64_t head, int64_t query, float* memory) const {
        const int64_t D = k->head_dim, Dp = padded_dim(), keys = padded_keys();
        const float *k_turned = memory, *v_turned = k_turned + keys * D, *k_plain = v_turned + keys * D;
        float *dk_sums = memory + keys * (2 * D + Dp), *dv_sums = dk_sums + keys * Dp;
        float *queries = dv_sums + keys * Dp, *douts = queries + block_rows * D;
        float *q_plain = douts + block_rows * D, *dout_plain = q_plain + block_rows * Dp;
        float *dq_sums = dout_plain + block_rows * Dp, *weights = dq_sums + block_rows * Dp;
        float *dscores = weights + block_rows * chunk_keys, *deltas = dscores + block_rows * chunk_keys;
        const int64_t rows = q->positions - query < block_rows ? q->positions - query : block_rows;
        const Head q_head(*q, batch, head), dout_head(*dout, batch, head), out_head(*out, batch, head);
        pack_rows(q_head, query, rows, queries);
        pack_rows(dout_head, query, rows, douts);
        pack_plain(q_head, query, rows, block_rows * tile_columns, q_plain);
        pack_plain(dout_head, query, rows, block_rows * tile_columns, dout_plain);
        memset(dq_sums, 0, block_rows * Dp * sizeof(float));
        for (int64_t i = 0; i < rows; i++) deltas[i] = dot(dout_head.row(query + i), out_head.row(query + i), D);
        const float* row_logsumexp = logsumexp + (batch * q->heads + head) * q->positions + query;
        View view = {first ? first + batch * q->positions : nullptr, 0, k->positions, query, rows, 0, 0};
        const int64_t seen = query + rows;
        for (view.key = view.start(); view.key < seen; view.key += chunk_keys) {
            view.columns = seen - view.key < chunk_keys ? rounded_up(seen - view.key, tile_columns) : chunk_keys;
            score_tiles(view, D, queries, k_turned + view.key * D, weights);
            score_tiles(view, D, douts, v_turned + view.key * D, dscores);
            for (int64_t i = 0; i < rows; i++) {
                float *row_weights = weights + i * chunk_keys, *row_dscores = dscores + i * chunk_keys;
                const Seen seen = {view.begin(i), view.end(i)};
                gradients(row_weights, row_dscores, seen, row_logsumexp[i], deltas[i]);
                clear_outside(row_weights, seen, rounded_up(view.columns, tile_rows));
                clear_outside(row_dscores, seen, rounded_up(view.columns, tile_rows));
            }
            for (int64_t tile = 0; tile < rows; tile += tile_rows) {
                const int64_t begin = view.begin(tile), end = view.end(view.last(tile));
                for (int64_t column = 0; column < Dp && begin < end; column += tile_columns)
                    multiply_into<true>(end - begin, dscores + tile * chunk_keys + begin, chunk_keys, 1,
                                        k_plain + column * keys + (view.key + begin) * tile_columns,
                                        dq_sums + tile * Dp + column, Dp);
            }
            for (int64_t key = 0; key < view.columns; key += tile_rows) {
                int64_t begin = view.key + key - query, end = rows;  // the rows that see any of these keys
                begin = begin < 0 ? 0 : begin;
                while (end > begin && view.begin(end - 1) >= key + tile_rows) end--;
                if (begin >= end) continue;
                const float* row_weights = weights + begin * chunk_keys + key;
                const float* row_dscores = dscores + begin * chunk_keys + key;
                for (int64_t column = 0; column < Dp; column += tile_columns) {
                    const int64_t panel = column * block_rows + begin * tile_columns;
                    const int64_t place = (view.key + key) * Dp + column;
                    multiply_into<true>(end - begin, row_weights, 1, chunk_keys, dout_plain + panel, dv_sums + place,
                                        Dp);
                    multiply_into<true>(end - begin, row_dscores, 1, chunk_keys, q_plain + panel, dk_sums + place, Dp);
                }
            }
        }
        write(dq_sums, rows, Head(*dq, batch, head), query);
    }

    // weights: scores -> p = e^(scale score - logsumexp); dscores: dp -> scale p (dp - delta); 0 in the lanes outside.
    void gradients(float* weights, float* dscores, Seen seen, float row_logsumexp, float delta) const {
        for (int64_t i = seen.first(); i < seen.last(); i += lanes) {
            const Floats score = load(weights + i) * scale - row_logsumexp;
            const Floats weight = exponential<true>(seen.masked(score, i, -INFINITY));
            store(weights + i, weight);
            store(dscores + i, weight * (load(dscores + i) - delta) * scale);
        }
    }
};

// The first keys must not decrease along T, for whole tiles are left out by the first of their rows, and each query
// must see its own key.
int check_first(pyllm_context* context, const int32_t* first, int64_t batch, int64_t queries, int64_t offset) {
    for (int64_t b = 0; first && b < batch; b++)
        for (int64_t t = 0; t < queries; t++) {
            const int32_t least = t ? first[b * queries + t - 1] : 0, value = first[b * queries + t];
            if (value < least || value > offset + t)
                return context->fail("first is %d at position %lld of batch row %lld, expected %d ... %lld", value,
                                     static_cast<long long>(t), static_cast<long long>(b), least,
                                     static_cast<long long>(offset + t));
        }
    return 0;
}

}  // namespace
}  // namespace pyllm

int pyllm_attention_forward(pyllm_context* context, const pyllm_heads* q, const pyllm_heads* k, const pyllm_heads* v,
                            const int32_t* first, float scale, const pyllm_heads* out, float* logsumexp) {
    using namespace pyllm;
    if (check_first(context, first, q->batch, q->positions, k->positions - q->positions)) return 1;
    const Forward forward = {q, k, v, out, first, scale, logsumexp};
    const int64_t size = rounded_up(forward.memory(), 64);
    float* memory = context->buffer(tiles, size * context->threads);
    if (!memory) return 1;
    const int64_t groups = q->batch * k->heads, shared = q->heads / k->heads;
    const int64_t blocks = parts_of(q->positions, block_rows) * shared;  // of one group
    // Too few groups for the threads are split by blocks, each part packing for itself.
    int64_t parts = groups >= 4 * context->threads ? 1 : parts_of(4 * context->threads, groups);
    parts = context->threads == 1 ? 1 : parts < blocks ? parts : blocks;
#pragma omp parallel for schedule(dynamic) num_threads(context->threads)
    for (int64_t task = 0; task < groups * parts; task++) {
        float* own = memory + size * omp_get_thread_num();
        const int64_t batch = task / parts / k->heads, group = task / parts % k->heads;
        forward.pack(batch, group, own);
        for (int64_t block = task % parts; block < blocks; block += parts)
            forward.block(batch, group * shared + block % shared, block / shared * block_rows, own);
    }
    return 0;
}

int pyllm_attention_backward(pyllm_context* context, const pyllm_heads* q, const pyllm_heads* k, const pyllm_heads* v,
                             const pyllm_heads* out, const float* logsumexp, const pyllm_heads* dout,
                             const int32_t* first, float scale, const pyllm_heads* dq, const pyllm_heads* dk,
                             const pyllm_heads* dv) {
    using namespace pyllm;
    if (q->positions != k->positions) return context->fail("attention_backward needs as many queries as keys");
    if (check_first(context, first, q->batch, q->positions, k->positions - q->positions)) return 1;
    const Backward backward = {q, k, v, out, dout, dq, dk, dv, first, scale, logsumexp};
    const int64_t size = rounded_up(backward.memory(), 64);
    float* memory = context->buffer(tiles, size * context->threads);
    if (!memory) return 1;
#pragma omp parallel for schedule(dynamic) num_threads(context->threads)
    for (int64_t task = 0; task < q->batch * k->heads; task++)
        backward.group(task / k->heads, task % k->heads, memory + size * omp_get_thread_num());
    return 0;
}

int pyllm_attention_decode(pyllm_context* context, const pyllm_heads* q, const pyllm_heads* k, const pyllm_heads* v,
                           const pyllm_heads* keys, const pyllm_heads* values, const int32_t* rows,
                           const int32_t* first, const int32_t* lengths, float scale, const pyllm_heads* out) {
    using namespace pyllm;
    const Decode decode = {*q, *k, *v, *keys, *values, *out, rows, first, lengths, scale};
    const int64_t size = rounded_up(keys->positions, 16);
    const auto prepare = [=] { return decode.check(context) || !context->buffer(tiles, size * context->threads); };
    const auto work = [=](const Team& team) {
        const int64_t heads = decode.q.heads;
        const Range mine = share(decode.q.batch, team.index, team.count);
        for (int64_t i = mine.begin; i < mine.end; i++) decode.keep(i);
        // Queries of one row of the cache see each other's keys; and the heads of a few are shared, too.
        const bool apart = !rows && rows_are_shared(decode.q.batch, team);
        if (!apart) team.barrier();
        const Range tasks =
            apart ? Range{mine.begin * heads, mine.end * heads} : share(decode.q.batch * heads, team.index, team.count);
        for (int64_t task = tasks.begin; task < tasks.end; task++) {
            if (const int64_t next = task + 1; next < tasks.end)
                decode.fetch(decode.start(decode.keys, next / heads, next % heads), decode.keys.position_stride,
                             lengths[next / heads]);
            decode.attend(task / heads, task % heads, context->memory[tiles] + size * team.index);
        }
    };
    return context->run(context->threads, rows ? 0 : q->batch, prepare, work);
}
