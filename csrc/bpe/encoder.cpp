#include "encoder.h"

#include <algorithm>
#include <stdexcept>

#include "threads.h"

namespace pyllm {

namespace {

std::string_view chars(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::array<uint32_t, 256> byte_tokens(const std::vector<std::string>& tokens) {
    std::array<uint32_t, 256> ids;
    ids.fill(~0u);
    for (uint32_t id = 0; id < tokens.size(); ++id) {
        if (tokens[id].size() == 1) ids[static_cast<uint8_t>(tokens[id][0])] = id;
    }
    for (int byte = 0; byte < 256; ++byte) {
        if (ids[byte] == ~0u) {
            throw std::invalid_argument("the vocabulary has no token for the single byte " + std::to_string(byte) +
                                        "; byte-level BPE needs all 256");
        }
    }
    return ids;
}

std::vector<uint32_t> lengths(const std::vector<std::string>& tokens) {
    std::vector<uint32_t> result;
    for (const std::string& token : tokens) result.push_back(static_cast<uint32_t>(token.size()));
    return result;
}

const std::vector<Merge>& checked(const std::vector<Merge>& merges, const std::vector<std::string>& tokens) {
    for (size_t i = 0; i < merges.size(); ++i) {
        const Merge& merge = merges[i];
        const bool known = std::max({merge.left, merge.right, merge.product}) < tokens.size() &&
                           !tokens[merge.left].empty() && !tokens[merge.right].empty();
        if (!known || tokens[merge.product] != tokens[merge.left] + tokens[merge.right]) {
            throw std::invalid_argument("merge number " + std::to_string(i + 1) +
                                        " does not join two tokens of the vocabulary into a third");
        }
    }
    return merges;
}

}  // namespace

Encoder::Encoder(std::vector<std::string> tokens, const std::vector<Merge>& merges, bool whole_pieces,
                 const std::vector<std::pair<uint32_t, std::string>>& special_tokens)
    : tokens_(std::move(tokens)), rules_(byte_tokens(tokens_), lengths(tokens_), checked(merges, tokens_)) {
    std::vector<std::string_view> texts(tokens_.begin(), tokens_.end());
    for (const auto& [id, text] : special_tokens) {
        if (id > MergeRules::max_token) throw std::invalid_argument("a token id must be below 2097151");
        if (id >= texts.size()) texts.resize(id + 1);
        texts[id] = text;
    }
    for (const std::string_view text : texts) {
        token_starts_.push_back(static_cast<uint32_t>(token_bytes_.size()));
        token_bytes_ += text;
        if (token_bytes_.size() > (1u << 30)) throw std::invalid_argument("the vocabulary's tokens exceed 1 GiB");
    }
    token_starts_.push_back(static_cast<uint32_t>(token_bytes_.size()));
    token_bytes_.append(16, '\0');
    if (whole_pieces) {
        MergeScratch scratch;
        TokenBuffer out;
        for (uint32_t id = 0; id < tokens_.size(); ++id) {
            const std::string& token = tokens_[id];
            if (token.empty()) continue;
            out.clear();
            rules_.append(reinterpret_cast<const uint8_t*>(token.data()), token.size(), out, scratch);
            if (out.size() != 1 || *out.data() != id) whole_pieces_.emplace(token, id);
        }
    }
}

Encoder::Lease::Lease(const Encoder& encoder) : encoder_(encoder) {
    std::lock_guard<std::mutex> lock(encoder.pool_mutex_);
    if (encoder.pool_.empty()) {
        const bool large = encoder.scratches_ < large_caches;
        scratch_ = std::make_unique<EncodeScratch>(large ? large_cache_bits : small_cache_bits);
        ++encoder.scratches_;
    } else {
        scratch_ = std::move(encoder.pool_.back());
        encoder.pool_.pop_back();
    }
}

Encoder::Lease::~Lease() {
    constexpr size_t most_kept = 1 << 22;  // one giant text must not hold its memory for good
    if (scratch_->tokens.capacity() > most_kept) scratch_->tokens.release();
    std::lock_guard<std::mutex> lock(encoder_.pool_mutex_);
    if (encoder_.pool_.size() < most_pooled) {
        encoder_.pool_.push_back(std::move(scratch_));
    } else {
        --encoder_.scratches_;
    }
}

void Encoder::append_uncached(const uint8_t* piece, size_t length, TokenBuffer& out, EncodeScratch& scratch) const {
    if (!whole_pieces_.empty()) {
        const auto found = whole_pieces_.find(chars({piece, length}));
        if (found != whole_pieces_.end()) return out.append(&found->second, 1);
    }
    rules_.append(piece, length, out, scratch.merging);
}

inline void Encoder::append(const StreamedPiece& piece, TokenBuffer& out, EncodeScratch& scratch) const {
    if (!piece.has_key()) return append_uncached(piece.data, piece.length, out, scratch);
    if (const PieceCache::Entry* entry = scratch.cache.find(piece.key, piece.hash)) {
        out.reserve_more(PieceCache::most_tokens);
        std::memcpy(out.end(), entry->tokens, sizeof entry->tokens);
        out.advance(entry->count());
        return;
    }
    const size_t before = out.size();
    append_uncached(piece.data, piece.length, out, scratch);
    const size_t count = out.size() - before;
    if (count <= PieceCache::most_tokens) scratch.cache.add(piece.key, piece.hash, out.data() + before, count);
}

void Encoder::encode(Bytes text, Pattern pattern, TokenBuffer& out, EncodeScratch& scratch) const {
    with_pattern(pattern, [&](auto constant) {
        stream_pieces<constant.value>(
            text.data(), text.data() + text.size(), [&](uint64_t hash) { scratch.cache.prefetch(hash); },
            [&](const StreamedPiece& piece) { append(piece, out, scratch); });
    });
}

void Encoder::encode_piece(Bytes piece, TokenBuffer& out, EncodeScratch& scratch) const {
    if (!piece.empty()) append_uncached(piece.data(), piece.size(), out, scratch);
}

EncodedTexts Encoder::encode_batch(const std::vector<Bytes>& texts, Pattern pattern, size_t threads,
                                   const std::function<void()>& poll) const {
    constexpr size_t block_size = 1 << 18;       // ids
    constexpr size_t bytes_at_a_time = 1 << 16;  // what a thread takes before it asks again
    EncodedTexts result;
    result.tokens.resize(texts.size());
    std::mutex mutex;
    size_t next = 0;
    std::atomic<bool> stop{false};

    auto work = [&](size_t) {
        Lease lease(*this);
        EncodeScratch& scratch = *lease;
        std::shared_ptr<uint32_t[]> block;
        size_t used = 0, room = 0;
        while (!stop) {
            size_t first, last;
            {
                std::lock_guard<std::mutex> lock(mutex);
                first = last = next;
                for (size_t bytes = 0; last < texts.size() && bytes < bytes_at_a_time; ++last) {
                    bytes += texts[last].size();
                }
                next = last;
            }
            if (first == last) return;
            for (size_t i = first; i < last; ++i) {
                scratch.tokens.clear();
                encode(texts[i], pattern, scratch.tokens, scratch);
                const size_t count = scratch.tokens.size();
                if (count > room - used || !block) {
                    room = std::max(block_size, count);
                    used = 0;
                    block.reset(new uint32_t[room]);
                }
                std::copy_n(scratch.tokens.data(), count, block.get() + used);
                result.tokens[i] = {block, block.get() + used, count};
                used += count;
            }
        }
    };
    threads = std::min(threads, texts.size());
    if (threads > 1) {
        run_threads(threads, stop, work, poll);
    } else {
        work(0);
    }
    return result;
}

template <class Integer>
std::string Encoder::decode(const Integer* ids, size_t count) const {
    size_t total = 0;
    for (size_t i = 0; i < count; ++i) {
        const auto id = static_cast<uint64_t>(ids[i]);  // a negative id becomes a huge one
        if (id >= vocab_size() || token_starts_[id] == token_starts_[id + 1]) {
            throw std::out_of_range(std::to_string(ids[i]));
        }
        total += token_starts_[id + 1] - token_starts_[id];
    }
    std::string result(total + 16, '\0');
    char* out = result.data();
    for (size_t i = 0; i < count; ++i) {
        const char* bytes = token_bytes_.data() + token_starts_[ids[i]];
        const size_t length = token_starts_[ids[i] + 1] - token_starts_[ids[i]];
        if (length <= 16) {
            std::memcpy(out, bytes, 16);
        } else {
            std::memcpy(out, bytes, length);
        }
        out += length;
    }
    result.resize(total);
    return result;
}

template std::string Encoder::decode(const int32_t*, size_t) const;
template std::string Encoder::decode(const int64_t*, size_t) const;

}  // namespace pyllm
