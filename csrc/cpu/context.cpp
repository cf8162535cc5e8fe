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
    pyllm_plan_destroy(context->recording);
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

int pyllm_plan_begin(pyllm_context* context) {
    pyllm_plan_destroy(context->recording);
    context->recording = new (std::nothrow) pyllm_plan;
    return context->recording ? 0 : context->fail("there is no memory for a plan");
}

int pyllm_plan_end(pyllm_context* context, pyllm_plan** plan) {
    if (!context->recording) return context->fail("no plan has been begun");
    *plan = context->recording;
    context->recording = nullptr;
    return 0;
}

int pyllm_plan_run(pyllm_context* context, const pyllm_plan* plan) {
    for (const pyllm::Step& step : plan->steps)
        if (int failed = step.prepare()) return failed;
#pragma omp parallel num_threads(context->threads)
    {
        const pyllm::Team team = {omp_get_thread_num(), omp_get_num_threads()};
        int64_t rows = 0;
        for (const pyllm::Step& step : plan->steps) {
            if (!rows || rows != step.rows || !pyllm::rows_are_shared(rows, team)) team.barrier();
            step.work(team);
            rows = step.rows;
        }
    }
    for (const pyllm::Step& step : plan->steps)
        if (step.conclude)
            if (int failed = step.conclude()) return failed;
    return 0;
}

int pyllm_plan_destroy(pyllm_plan* plan) {
    delete plan;
    return 0;
}
