// What a machine can do at most: float32 multiply-adds, and memory traffic.
//
//     machine fma|read|copy|triad|update THREADS ROUNDS
//
// prints GFLOP/s or GB/s, the median over rounds. VECTOR_BYTES is the width of the vectors of fma; what instructions
// they become is the compiler's business (machine.py passes the flags).
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef float Vector __attribute__((vector_size(VECTOR_BYTES)));
enum { chains = 12, steps = 10000000, most_rounds = 64, most_threads = 256, lanes = VECTOR_BYTES / 4 };
static const size_t count = 48u << 20;  // floats an array: 192 MiB, far more than a cache holds

static int threads, rounds;
static double seconds[most_rounds];
static pthread_barrier_t barrier;
static volatile float result[most_threads];
static float *a, *b, *c;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

// Keeps 12 independent chains of multiply-adds going: enough to hide a latency of 4 cycles on 2 units.
static float multiply_adds(int number) {
    const Vector scale = (Vector){} + 0.999999f, shift = (Vector){} + 1e-7f;
    Vector sum[chains];
    for (int i = 0; i < chains; i++) sum[i] = (Vector){} + (float)(i + number);
    for (long step = 0; step < steps; step++) {
#pragma GCC unroll 12
        for (int i = 0; i < chains; i++) sum[i] = sum[i] * scale + shift;
    }
    for (int i = 1; i < chains; i++) sum[0] += sum[i];
    return sum[0][0];
}

static float read_all(size_t begin, size_t end) {
    Vector sum[8] = {};
    for (size_t i = begin; i < end; i += 8 * lanes)
        for (int j = 0; j < 8; j++) sum[j] += *(const Vector*)(a + i + j * lanes);
    for (int j = 1; j < 8; j++) sum[0] += sum[j];
    return sum[0][0];
}

static float copy(size_t begin, size_t end) {
    memcpy(b + begin, a + begin, (end - begin) * sizeof(float));
    return b[begin];
}

static float triad(size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) c[i] = a[i] + 3.0f * b[i];
    return c[begin];
}

static float update(size_t begin, size_t end) {  // in place: each line is read and written back
    for (size_t i = begin; i < end; i++) a[i] = a[i] * 0.999f + 1e-3f;
    return a[begin];
}

static void* huge_pages(size_t size) {  // as NumPy asks for them
    void* memory = aligned_alloc(2 << 20, size);
    if (memory) madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

static float (*traffic)(size_t begin, size_t end);  // null: multiply-adds

// Binds this thread to the number-th of the cores given to the process.
static void bind(int number) {
    cpu_set_t allowed, one;
    CPU_ZERO(&one);
    sched_getaffinity(0, sizeof allowed, &allowed);
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &allowed) && number-- == 0) CPU_SET(core, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static void* work(void* argument) {
    const int number = (int)(long)argument;
    bind(number);
    const size_t grain = count / (8 * lanes) / threads * 8 * lanes;
    const size_t begin = number * grain, end = begin + grain;
    if (traffic)  // the first touch, by the thread that uses it
        for (size_t i = begin; i < end; i++) a[i] = b[i] = c[i] = 1.0f;
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        const double start = now();
        result[number] = traffic ? traffic(begin, end) : multiply_adds(number);
        pthread_barrier_wait(&barrier);
        if (number == 0) seconds[round] = now() - start;
    }
    return 0;
}

static int ascending(const void* left, const void* right) {
    const double x = *(const double*)left, y = *(const double*)right;
    return (x > y) - (x < y);
}

int main(int arguments, char** argument) {
    static const struct {
        const char* name;
        float (*traffic)(size_t, size_t);
        double amount;  // of one round: floating-point operations of a thread, or bytes of all
    } kinds[] = {{"fma", 0, 2.0 * lanes * chains * steps},
                 {"read", read_all, 4.0},
                 {"copy", copy, 8.0},
                 {"triad", triad, 12.0},
                 {"update", update, 8.0}};
    pthread_t handles[most_threads];
    if (arguments != 4) return 2;
    threads = atoi(argument[2]);
    rounds = atoi(argument[3]);
    if (threads < 1 || threads > most_threads || rounds < 1 || rounds > most_rounds) return 2;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        if (strcmp(argument[1], kinds[kind].name)) continue;
        traffic = kinds[kind].traffic;
        double amount = kinds[kind].amount * threads;
        if (traffic) {
            amount = kinds[kind].amount * (count / (8 * lanes) / threads * 8 * lanes * threads);
            a = huge_pages(count * sizeof(float));
            b = huge_pages(count * sizeof(float));
            c = huge_pages(count * sizeof(float));
            if (!a || !b || !c) return 3;
        }
        pthread_barrier_init(&barrier, 0, threads);
        for (long i = 0; i < threads; i++) pthread_create(&handles[i], 0, work, (void*)i);
        for (int i = 0; i < threads; i++) pthread_join(handles[i], 0);
        qsort(seconds, rounds, sizeof *seconds, ascending);
        printf("%.2f\n", 1e-9 * amount / seconds[rounds / 2]);
        return 0;
    }
    return 2;
}
