// Vectors of float32 as GCC's vector extensions have them: + - * / and comparisons work lane by lane, a product and a
// sum contract to one multiply-add, and one source serves every width. The width is the parameter of VectorTypes; each
// instruction set's library is compiled with its own PYLLM_LANES.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>
#if PYLLM_LANES > 4
#include <immintrin.h>
#endif

namespace pyllm {

template <int count>
struct VectorTypes {
    typedef float Floats __attribute__((vector_size(4 * count)));
    typedef int32_t Ints __attribute__((vector_size(4 * count)));
    typedef float UnalignedFloats __attribute__((vector_size(4 * count), aligned(4), may_alias));
};

constexpr int lanes = PYLLM_LANES;
using Floats = VectorTypes<lanes>::Floats;
using Ints = VectorTypes<lanes>::Ints;  // comparisons yield these: -1 where true, else 0
using UnalignedFloats = VectorTypes<lanes>::UnalignedFloats;

inline Floats splat(float value) {
    return value - Floats{};  // value + 0 would turn -0 into 0, so the compiler would have to add
}
inline Floats load(const float* from) {
    return *reinterpret_cast<const UnalignedFloats*>(from);
}
inline void store(float* to, Floats value) {
    *reinterpret_cast<UnalignedFloats*>(to) = value;
}

// The first `count` lanes; the others are `rest`, and are not touched in memory.
inline Floats load_part(const float* from, int64_t count, float rest = 0) {
    alignas(64) float values[lanes];
    for (int i = 0; i < lanes; i++) values[i] = i < count ? from[i] : rest;
    return *reinterpret_cast<const Floats*>(values);
}
inline void store_part(float* to, Floats value, int64_t count) {
    alignas(64) float values[lanes];
    *reinterpret_cast<Floats*>(values) = value;
    for (int i = 0; i < lanes && i < count; i++) to[i] = values[i];
}

// a > b ? a : b and a < b ? a : b: one instruction each, which GCC does not find by itself. (A mask of ones, for GCC 12
// warns of the form without.)
inline Floats maximum(Floats a, Floats b) {
#if PYLLM_LANES == 16
    return _mm512_mask_max_ps(a, 0xffff, a, b);
#elif PYLLM_LANES == 8
    return _mm256_max_ps(a, b);
#else
    return a > b ? a : b;
#endif
}
inline Floats minimum(Floats a, Floats b) {
#if PYLLM_LANES == 16
    return _mm512_mask_min_ps(a, 0xffff, a, b);
#elif PYLLM_LANES == 8
    return _mm256_min_ps(a, b);
#else
    return a < b ? a : b;
#endif
}

// Lane i holds i.
inline Ints lane_numbers() {
    Ints numbers;
    for (int i = 0; i < lanes; i++) numbers[i] = i;
    return numbers;
}

// Across the lanes, always in the same order: halves onto each other.
template <int count, class Combine>
inline float fold(typename VectorTypes<count>::Floats value, Combine combine) {
    if constexpr (count == 1) {
        return value[0];
    } else {
        typename VectorTypes<count / 2>::Floats halves[2];
        memcpy(halves, &value, sizeof halves);  // the compiler keeps it in registers
        return fold<count / 2>(combine(halves[0], halves[1]), combine);
    }
}
inline float sum(Floats value) {
    return fold<lanes>(value, [](auto a, auto b) { return a + b; });
}
inline float maximum(Floats value) {
    return fold<lanes>(value, [](auto a, auto b) { return a > b ? a : b; });
}

inline Floats square_root(Floats value) {
    alignas(64) float values[lanes];
    *reinterpret_cast<Floats*>(values) = value;
    for (int i = 0; i < lanes; i++) values[i] = sqrtf(values[i]);  // which the compiler makes one instruction
    return *reinterpret_cast<const Floats*>(values);
}

// Doubles, as many as fill a register; load_doubles widens floats.
constexpr int double_lanes = lanes / 2;
typedef double Doubles __attribute__((vector_size(4 * lanes)));
typedef int64_t Longs __attribute__((vector_size(4 * lanes)));
inline Doubles load_doubles(const float* from) {
    typedef float Half __attribute__((vector_size(2 * lanes), aligned(4), may_alias));
    return __builtin_convertvector(*reinterpret_cast<const Half*>(from), Doubles);
}

// e^x to 1 unit in the last place or so: x = n ln 2 + r with |r| <= ln 2 / 2, e^r by a polynomial (the coefficients of
// Cephes' expf, Moshier), 2^(n - 1) by the exponent's bits. Below -87 (where e^x leaves the normal numbers) it is 0,
// above 88.7 infinity; NaN stays NaN. `negative`: x is known to be below 88.
template <bool negative = false>
inline Floats exponential(Floats x) {
    constexpr float shifter = 12582912.0f + 126;       // 1.5 * 2^23: adding it rounds; 126: an exponent of 2^-1
    Floats bounded = maximum(splat(-87.3365447f), x);  // in this order NaN stays
    if (!negative) bounded = minimum(splat(89.0f), bounded);
    const Floats shifted = bounded * 1.44269504088896341f + shifter;
    const Floats n = shifted - shifter;
    const Floats r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
    Floats p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    return (p + p) * reinterpret_cast<Floats>(reinterpret_cast<Ints>(shifted) << 23);  // 0 for the least n, -126
}

// 1 / (1 + e^-x)
inline Floats sigmoid(Floats x) {
    return 1.0f / (1.0f + exponential(-x));
}

}  // namespace pyllm
