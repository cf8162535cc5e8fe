#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <new>

float* pyllm_context::buffer(pyllm::Buffer which, size_t count) {
    if (count > capacity[which] || !memory[which]) {
        free(memory[which]);
        const size_t bytes = (count * sizeof(float) / 64 + 1) * 64;  // never 0: null means that there is no memory
        memory[which] = static_cast<float*>(aligned_alloc(64, bytes));
        capacity[which] = memory[which] ? bytes / sizeof(float) : 0;
        if (!memory[which]) fail("there is not enough memory for a workspace of %zu bytes", bytes);
    }
    return memory[which];
}

int pyllm_context::fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, sizeof error, format, arguments);
    va_end(arguments);
    return 1;
}

int pyllm_widest_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return PYLLM_ISA_AVX512;
    if (avx2) return PYLLM_ISA_AVX2;
#endif
    return PYLLM_ISA_BASELINE;
}

int pyllm_context_create(pyllm_context** context) {
    *context = new (std::nothrow) pyllm_context;
    return *context ? 0 : 1;
}

int pyllm_context_destroy(pyllm_context* context) {
    for (float* memory : context->memory) free(memory);
    delete context;
    return 0;
}

int pyllm_context_set_threads(pyllm_context* context, int32_t threads) {
    if (threads < 1) return context->fail("the number of threads must be at least 1, got %d", threads);
    context->threads = threads;
    return 0;
}

const char* pyllm_error(pyllm_context* context) {
    return context->error;
}
