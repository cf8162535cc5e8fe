"""The ladder: matrix product and attention from the definition to the kernel in csrc, a step at a time.

    python bench/ladder/run.py

Each step is one short file, which opens with what it changes and what that should gain. The runner compiles it with
the library's flags, checks it against NumPy in float64, and times all steps in turns: 1,024 x 1,024 x 1,024 for the
product; 12 heads of 64 and 1,024 causal positions for attention, 4 D operations for each pair that sees one another.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

FOLDER = Path(__file__).parent
sys.path.append(str(FOLDER.parent))

from compute import FMA_LIMIT, add_isa_option, chosen_isa, fma_limit, gflop  # noqa: E402
from machine import VECTORS, describe  # noqa: E402
from pairing import Bench, Row  # noqa: E402

import pyllm  # noqa: E402
from pyllm import ops  # noqa: E402
from pyllm.ops.library import use_library  # noqa: E402

COLUMNS = {"measure": "step", "pyllm": "rate", "limit": "of the peak", "ratio": "gain", "target": "expected"}
FLAGS = ["-std=gnu++17", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-w"]
HEAD_DIM = 64
Kernel = Callable[..., numpy.ndarray[Any, Any]]


@dataclass
class Family:
    """What a ladder computes: how a step is called, the answer in float64, arrays of a size, their FLOPs."""

    name: str
    call: Callable[[Any], Kernel]
    answer: Kernel
    library: Kernel
    arrays: Callable[..., list[numpy.ndarray[Any, Any]]]
    flops: float
    sizes: tuple[tuple[int, ...], ...]  # to check at; the last one is timed


@dataclass
class Step:
    title: str
    expected: str
    threads: int
    kernel: Kernel


def random(*shape: int) -> numpy.ndarray[Any, Any]:
    return numpy.random.default_rng(shape).standard_normal(shape, dtype=numpy.float32)


def called(function: Any, *arguments: numpy.ndarray[Any, Any] | int) -> None:
    """Calls a C function with pointers to arrays, and longs."""
    function(*(ctypes.c_long(a) if isinstance(a, int) else a.ctypes.data_as(ctypes.c_void_p) for a in arguments))


def matmul_of(library: Any) -> Kernel:
    def product(a: numpy.ndarray[Any, Any], b: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
        out = numpy.empty((len(a), b.shape[1]), numpy.float32)
        called(library.matmul, a, b, out, *out.shape, len(b))
        return out

    return product


def library_matmul(a: numpy.ndarray[Any, Any], b: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    out = numpy.empty((len(a), b.shape[1]), numpy.float32)
    ops.matmul(a, b, out)
    return out


def attention_of(library: Any) -> Kernel:
    def attention(*arrays: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
        out = numpy.empty_like(arrays[0])
        called(library.attention, *arrays, out, *out.shape[:2])
        return out

    return attention


def library_attention(*arrays: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    out = numpy.empty_like(arrays[0])
    logsumexp = numpy.empty((1, *out.shape[:2]), numpy.float32)
    ops.attention_forward(*(array[None].transpose(0, 2, 1, 3) for array in (*arrays, out)), logsumexp)
    return out


def attention_answer(*arrays: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    q, k, v = (array.astype(numpy.float64) for array in arrays)
    scores = q @ k.transpose(0, 2, 1) / HEAD_DIM**0.5
    scores[:, numpy.triu(numpy.ones(scores.shape[1:], bool), 1)] = -numpy.inf
    weights = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ v


FAMILIES = (
    Family(
        "matmul",
        matmul_of,
        lambda a, b: a.astype(numpy.float64) @ b,
        library_matmul,
        lambda M, K, N: [random(M, K), random(K, N)],
        2.0 * 1024**3,
        ((1, 1, 1), (67, 301, 133), (1024, 1024, 1024)),
    ),
    Family(
        "attention",
        attention_of,
        attention_answer,
        library_attention,
        lambda heads, T: list(random(3, heads, T, HEAD_DIM)),
        4.0 * HEAD_DIM * 12 * 1024 * 1025 / 2,
        ((1, 1), (2, 67), (12, 1024)),
    ),
)


def compiled(source: Path, isa: str, folder: Path) -> Any:
    """A step as a shared library, with the flags of the kernels' library."""
    size, flags = VECTORS[isa]
    target = folder / f"{source.stem}.so"
    include = [f"-I{FOLDER.parents[1] / 'csrc/cpu'}", f"-DPYLLM_LANES={size // 4}"]
    subprocess.run(["g++", *FLAGS, *flags, *include, "-shared", "-fPIC", source, "-o", target], check=True)
    return ctypes.CDLL(str(target))


def steps_of(family: Family, isa: str, folder: Path, cores: int) -> list[Step]:
    """The steps in order, and the library's kernel with one thread and with all."""
    steps = []
    for source in sorted(FOLDER.glob(f"{family.name}_[0-9]*.cpp")):
        words = " ".join(
            line.removeprefix("//").strip() for line in source.read_text().split("#include")[0].split("\n")
        )
        title, expected = re.search(r"(step \d+: .*?)\. .*Expected: (.*?)[.:;] ", words).groups()
        threads = cores if "threads" in source.stem else 1
        steps.append(Step(title, expected, threads, family.call(compiled(source, isa, folder))))
    for threads in sorted({1, cores}):
        steps.append(Step(f"csrc/cpu/{family.name}.cpp", "", threads, family.library))
    return steps


def check(family: Family, step: Step) -> None:
    """Raises where a step's numbers are not NumPy's."""
    for size in family.sizes:
        arrays = family.arrays(*size)
        answer, found = family.answer(*arrays), step.kernel(*arrays)
        error = abs(found - answer).max() / abs(answer).max()
        if not error < 1e-5:
            raise SystemExit(f"{family.name}, {step.title}: the relative error is {error:.1e} at {size}")


def timing(step: Step, arrays: list[numpy.ndarray[Any, Any]], openmp: Any) -> Callable[[], float]:
    def seconds() -> float:
        openmp.omp_set_num_threads(step.threads)
        pyllm.set_num_threads(step.threads)
        start = time.perf_counter()
        step.kernel(*arrays)
        return time.perf_counter() - start

    return seconds


def rows(bench: Bench, family: Family, isa: str, cores: int) -> None:
    openmp = ctypes.CDLL("libgomp.so.1")
    steps = steps_of(family, isa, bench.folder, cores)
    for step in steps:
        check(family, step)
    arrays, work = family.arrays(*family.sizes[-1]), gflop(family.flops)
    limits = {threads: fma_limit(bench, isa, threads, family.flops) for threads in sorted({1, cores})}
    rounds = bench.rounds(*(timing(step, arrays, openmp) for step in steps), *limits.values())
    for side, step in enumerate(steps):
        row = Row(f"{family.name}, {step.title}" + (f", {step.threads} threads" if step.threads > 1 else ""), "")
        row.target, row.details = step.expected, {"seconds": rounds.seconds[side], "repeated": rounds.repeated}
        if rounds.seconds[0]:
            row.pyllm = work.rate(rounds.median(side))
            row.limit = f"{rounds.ratio(len(steps) + list(limits).index(step.threads), side):.1%}"
            row.ratio = f"{rounds.ratio(side - 1, side):.1f}×" if 0 < side < len(steps) - len(limits) else ""
        bench.add(row)


def main() -> None:
    with Bench("The ladder", __doc__, add_isa_option, columns=COLUMNS) as bench:
        isa = chosen_isa(bench, FMA_LIMIT)
        use_library(isa)
        bench.versions["pyllm"] = pyllm.__version__
        for family in FAMILIES:
            rows(bench, family, isa, int(describe()["cores"]))


if __name__ == "__main__":
    main()
