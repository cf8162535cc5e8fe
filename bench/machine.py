"""What the machine is, and whether it gives us all of its cores right now.

Some virtual machines run two cores as one for minutes at a time: every timing with two threads then doubles, whatever
is measured. The peak rate of fused multiply-adds tells: it needs no memory, and the cores share nothing for it.
`python bench/machine.py` prints it.
"""

import os
import platform
import subprocess
from pathlib import Path

ROUNDS = 5

# Each thread keeps 12 independent chains of multiply-adds going on 8 floats each: enough to hide a latency of 4 cycles
# on 2 units. The vectors are the compiler's own, so that the code is AVX2 + FMA where the CPU has them, and otherwise
# the best it does have. Prints GFLOP/s, the median over rounds.
PROGRAM = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef float Vector __attribute__((vector_size(32)));
enum { chains = 12, steps = 10000000, most_rounds = 64, most_threads = 256 };

static int threads, rounds;
static double seconds[most_rounds];
static pthread_barrier_t barrier;
static volatile float result[most_threads];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

// Binds this thread to the number-th of the cores given to the process.
static void bind(int number) {
    cpu_set_t allowed, one;
    CPU_ZERO(&one);
    sched_getaffinity(0, sizeof allowed, &allowed);
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &allowed) && number-- == 0) CPU_SET(core, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static void *work(void *argument) {
    const int number = (int)(long)argument;
    bind(number);
    const Vector scale = (Vector){} + 0.999999f, shift = (Vector){} + 1e-7f;
    Vector sum[chains];
    for (int i = 0; i < chains; i++) sum[i] = (Vector){} + (float)(i + number);
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        const double start = now();
        for (long step = 0; step < steps; step++) {
#pragma GCC unroll 12
            for (int i = 0; i < chains; i++) sum[i] = sum[i] * scale + shift;
        }
        pthread_barrier_wait(&barrier);
        if (number == 0) seconds[round] = now() - start;
    }
    for (int i = 1; i < chains; i++) sum[0] += sum[i];
    result[number] = sum[0][0];
    return 0;
}

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    pthread_t handles[most_threads];
    if (count != 3) return 2;
    threads = atoi(arguments[1]);
    rounds = atoi(arguments[2]);
    if (threads < 1 || threads > most_threads || rounds < 1 || rounds > most_rounds) return 2;
    pthread_barrier_init(&barrier, 0, threads);
    for (long i = 0; i < threads; i++) pthread_create(&handles[i], 0, work, (void *)i);
    for (int i = 0; i < threads; i++) pthread_join(handles[i], 0);
    qsort(seconds, rounds, sizeof *seconds, ascending);
    printf("%.1f\n", 2e-9 * 8 * chains * (double)steps * threads / seconds[rounds / 2]);
    return 0;
}
"""


class FmaPeak:
    """The machine's peak rate of float32 multiply-adds, as a small C program measures it.

    Args:
        folder: where to compile the program.
    """

    def __init__(self, folder: Path) -> None:
        self.problem: str | None = None  # why there is nothing to measure with
        self._program = folder / "fma_peak"
        source = folder / "fma_peak.c"
        source.write_text(PROGRAM)
        command = ["gcc", "-O3", "-march=native", "-ffp-contract=fast", "-pthread", source, "-o", self._program]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            self.problem = "there is no gcc to compile the measurement of the machine's peak with"
        except subprocess.CalledProcessError as error:
            self.problem = f"gcc cannot compile the measurement of the machine's peak: {error.stderr.strip()[:200]}"

    def gflops(self, threads: int, rounds: int = ROUNDS) -> float:
        """GFLOP/s on `threads` cores, the median of some rounds of about 20 ms."""
        output = subprocess.run(
            [self._program, str(threads), str(rounds)], check=True, capture_output=True, text=True
        ).stdout
        return float(output)


def describe() -> dict[str, str | int]:
    """The CPU, its cores given to this process, the operating system and Python's version."""
    cpu = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def main() -> None:
    import tempfile

    machine = describe()
    print(*(f"{name}: {value}" for name, value in machine.items()), sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        peak = FmaPeak(Path(folder))
        if peak.problem:
            raise SystemExit(peak.problem)
        for threads in sorted({1, 2, int(machine["cores"])}):
            if threads <= int(machine["cores"]):
                print(f"float32 multiply-adds, {threads} threads: {peak.gflops(threads):.1f} GFLOP/s")


if __name__ == "__main__":
    main()
