// The activation functions on vectors, for activation.cpp and for the epilogue of matmul.cpp.
#pragma once

#include "context.h"
#include "vector.h"

namespace pyllm {

// erf to 2 units in the last place: below 0.921875 x P(x^2); above, 1 - e^Q(x), where Q is fitted to log erfc (the
// coefficients are N. Juffa's).
inline Floats error_function(Floats x) {
    const Floats a = maximum(x, -x);
    const Floats s = x * x;
    Floats q = splat(-1.72853470e-5f);
    Floats u = splat(3.83197126e-4f);
    q = q * a + u;
    q = q * a + -3.88396438e-3f;
    q = q * a + 2.42546219e-2f;
    q = q * a + -1.06777877e-1f;
    q = q * a + -6.34846687e-1f;
    q = q * a + -1.28717512e-1f;
    q = q * a - a;
    const Floats large = 1.0f - exponential(q);
    Floats p = splat(-5.96761703e-4f);
    p = p * s + 4.99119423e-3f;
    p = p * s + -2.67681349e-2f;
    p = p * s + 1.12819925e-1f;
    p = p * s + -3.76125336e-1f;
    p = p * s + 1.28379166e-1f;
    const Floats small = p * x + x;
    return a > 0.921875f ? (x < 0.0f ? -large : large) : small;
}

constexpr float sqrt_2_over_pi = 0.79788456080286536f, inverse_sqrt_2 = 0.70710678118654752f;
constexpr float gelu_cubic = 0.044715f;

// x (1 + tanh u) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3), which is x sigmoid(2u).
inline Floats gelu_tanh(Floats x) {
    return x * sigmoid(2 * sqrt_2_over_pi * x * (1.0f + gelu_cubic * x * x));
}
inline Floats gelu_tanh_derivative(Floats x) {
    const Floats s = sigmoid(2 * sqrt_2_over_pi * x * (1.0f + gelu_cubic * x * x));
    return s + x * s * (1.0f - s) * (2 * sqrt_2_over_pi) * (1.0f + 3 * gelu_cubic * x * x);
}

// x Phi(x), Phi the normal distribution
inline Floats gelu_erf(Floats x) {
    return 0.5f * x * (1.0f + error_function(x * inverse_sqrt_2));
}
inline Floats gelu_erf_derivative(Floats x) {
    constexpr float density = 0.39894228040143268f;  // 1 / sqrt(2 pi)
    return 0.5f * (1.0f + error_function(x * inverse_sqrt_2)) + x * density * exponential(-0.5f * x * x);
}

inline Floats activate(Floats x, int activation) {
    switch (activation) {
        case PYLLM_GELU_TANH: return gelu_tanh(x);
        case PYLLM_GELU_ERF: return gelu_erf(x);
        case PYLLM_RELU_SQUARED: return maximum(x, splat(0)) * maximum(x, splat(0));
        default: return x;
    }
}
inline Floats activation_derivative(Floats x, int activation) {
    switch (activation) {
        case PYLLM_GELU_TANH: return gelu_tanh_derivative(x);
        case PYLLM_GELU_ERF: return gelu_erf_derivative(x);
        case PYLLM_RELU_SQUARED: return 2.0f * maximum(x, splat(0));
        default: return splat(1);
    }
}

}  // namespace pyllm
