"""What the machine is, what it can do at most, and whether it gives us all of its cores right now.

Some virtual machines run two cores as one for minutes at a time: every timing with two threads then doubles, whatever
is measured. The peak rate of fused multiply-adds tells: it needs no memory, and the cores share nothing for it.
`python bench/machine.py` prints that rate at each instruction set, and the memory's.
"""

import os
import platform
import subprocess
from pathlib import Path

ROUNDS = 5
SOURCE = Path(__file__).with_name("machine.c")
TRAFFIC = ("read", "copy", "triad", "update")
# Bytes of the vectors of the kernels' libraries, and the compiler's flags for them, as setup.py has them. The gate's
# are the compiler's own of 32 bytes: AVX2 + FMA where the CPU has them, and otherwise the best that it does have.
GATE = "gate"
VECTORS = {
    GATE: (32, ["-march=native"]),
    "baseline": (16, []),
    "avx2": (32, ["-mavx2", "-mfma"]),
    "avx512": (
        64,
        ["-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"],
    ),
}


class Limits:
    """The machine's peak rates, as a small C program measures them.

    Args:
        folder: where to compile the program.
    """

    def __init__(self, folder: Path) -> None:
        self.problem: str | None = None  # why there is nothing to measure with
        self._folder = folder
        self._programs: dict[str, Path] = {}
        try:
            self._program(GATE)
        except FileNotFoundError:
            self.problem = "there is no gcc to compile the measurement of the machine's limits with"
        except subprocess.CalledProcessError as error:
            self.problem = f"gcc cannot compile the measurement of the machine's limits: {error.stderr.strip()[:200]}"

    def gflops(self, threads: int, isa: str = GATE, rounds: int = ROUNDS) -> float:
        """Float32 multiply-adds in GFLOP/s on `threads` cores, the median of rounds of about 20 ms.

        isa: the instruction set, by its name in pyllm.ops.library, that the vectors are of.
        """
        return self._measured(isa, "fma", threads, rounds)

    def bandwidth(self, kind: str, threads: int, rounds: int = ROUNDS) -> float:
        """Memory traffic in GB/s, the median of rounds of about 20 ms.

        kind: "read" (an array), "copy" (memcpy), "triad" (c = a + 3 b; 3 arrays are counted), or "update" (an array in
        place: what is read and what is written is counted).
        """
        return self._measured(GATE, kind, threads, rounds)

    def _measured(self, isa: str, kind: str, threads: int, rounds: int) -> float:
        command = [self._program(isa), kind, str(threads), str(rounds)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def _program(self, isa: str) -> Path:
        if isa not in self._programs:
            size, flags = VECTORS[isa]
            program = self._folder / f"machine_{isa}"
            command = ["gcc", "-O3", *flags, f"-DVECTOR_BYTES={size}", "-ffp-contract=fast", "-pthread", SOURCE]
            subprocess.run([*command, "-o", program], check=True, capture_output=True, text=True)
            self._programs[isa] = program
        return self._programs[isa]


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

    from pyllm.ops.library import available_isas

    machine = describe()
    print(*(f"{name}: {value}" for name, value in machine.items()), sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        limits = Limits(Path(folder))
        if limits.problem:
            raise SystemExit(limits.problem)
        for threads in sorted({1, min(2, int(machine["cores"])), int(machine["cores"])}):
            print(f"{threads} thread{'s' * (threads > 1)}:")
            for isa in available_isas():
                print(f"  float32 multiply-adds, {isa}: {limits.gflops(threads, isa):.1f} GFLOP/s")
            for kind in TRAFFIC:
                print(f"  memory, {kind}: {limits.bandwidth(kind, threads):.1f} GB/s")


if __name__ == "__main__":
    main()
