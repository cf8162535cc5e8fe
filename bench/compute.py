"""What the benches of kernels and models have in common: the instruction set, the machine's limits, sizes, FLOPs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy
from pairing import Bench, Timing, Work
from worker_process import Worker

from pyllm.ops.library import ISAS, available_isas

# What keeps the peers to an instruction set: PyTorch's own kernels, its oneDNN and MKL, OpenBLAS.
PEER_VARIABLES = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "OPENBLAS_CORETYPE")
PEER_VALUES = {"baseline": ("default", "SSE41", "SSE4_2", "Nehalem"), "avx2": ("avx2", "AVX2", "AVX2", "Haswell")}


FMA_LIMIT = "the peak rate of its multiply-adds"


def add_isa_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--isa", choices=ISAS, help="the instruction set that both sides may use; default: the widest there is"
    )


def keep_to(isa: str) -> None:
    """Keeps the workers that start from now on, pyllm and peers, to an instruction set; go from wide to narrow."""
    os.environ["PYLLM_ISA"] = isa
    os.environ.update(zip(PEER_VARIABLES, PEER_VALUES.get(isa, ()), strict=False))


def chosen_isas(bench: Bench) -> tuple[str, ...]:
    """The instruction sets to measure: that of --isa, or the wide ones that the processor has; the widest first."""
    wide = [isa for isa in available_isas() if isa != "baseline"] or ["baseline"]
    return (bench.options.isa,) if bench.options.isa else tuple(reversed(wide))


def chosen_isa(bench: Bench, limit: str = "") -> str:
    """The instruction set to measure, where one will do: that of --isa, or the widest; workers are kept to it.

    limit: what the limit of the table is, if it has one.
    """
    isa = chosen_isas(bench)[0]
    keep_to(isa)
    bench.note(f"Instruction set: {isa}" + f"; the limit is {limit}, measured in the same turns." * bool(limit))
    return isa


def fma_limit(bench: Bench, isa: str, threads: int, flops: float) -> Timing:
    """The seconds that so many operations take at the peak rate of multiply-adds."""
    return lambda: flops / (1e9 * bench.limits.gflops(threads, isa, rounds=3))


def memory_limit(bench: Bench, kind: str, threads: int, size: float) -> Timing:
    """The seconds that so many bytes of traffic take at the machine's rate; kind: see machine.Limits.bandwidth."""
    return lambda: size / (1e9 * bench.limits.bandwidth(kind, threads, rounds=3))


def gflop(flops: float) -> Work:
    """Work of so many floating-point operations."""
    return Work(flops / 1e9, "GFLOP/s")


@dataclass(frozen=True)
class Kernel:
    """A kernel of kernel_workers.py at work on arrays of a size."""

    measure: str
    name: str
    arguments: Mapping[str, Any]
    flops: float


def compare_kernels(
    bench: Bench, kernels: Sequence[Kernel], peers: Sequence[str], least_shares: Mapping[int, float]
) -> None:
    """Rows for kernels at each instruction set and number of threads (least_shares: of the peak, by the latter)."""
    for isa in chosen_isas(bench):
        keep_to(isa)
        for threads, least_share in least_shares.items():
            ours, *others = bench.sides("pyllm", *peers, threads=threads)
            for kernel in kernels:
                for other in others:
                    check_agreement(ours, other, "prepare", kernel=kernel.name, **kernel.arguments)
                bench.compare(
                    f"{kernel.measure}, {isa}, threads: {threads}",
                    ours.timing("seconds"),
                    {other.library: other.timing("seconds") for other in others},
                    work=gflop(kernel.flops),
                    limit=fma_limit(bench, isa, threads, kernel.flops),
                    least_share=least_share,
                )
            for worker in (ours, *others):
                worker.close()


def check_agreement(ours: Worker, peer: Worker, method: str, *, within: float = 1e-4, **arguments: object) -> None:
    """Raises where two sides' methods do not return the same numbers, relative to the greatest of them."""
    left, right = (numpy.array(worker.call(method, **arguments)) for worker in (ours, peer))
    error = abs(left - right).max() / abs(right).max()
    if not error <= within:
        raise SystemExit(f"{method} {arguments}: pyllm and {peer.library} differ by {error:.1e}")


@dataclass(frozen=True)
class Size:
    """A GPT-2 and a batch for it, with learned positions for 1,024 tokens or more, biases and a tied head."""

    n_layer: int
    n_head: int
    n_embd: int
    vocab_size: int
    batch: int
    length: int
    context: int = 1024

    @property
    def tokens(self) -> int:
        return self.batch * self.length

    @property
    def matrix_weights(self) -> int:
        """The weights that every token is multiplied with: 12 C^2 a layer, and the head."""
        return 12 * self.n_layer * self.n_embd**2 + self.vocab_size * self.n_embd

    @property
    def step_flops(self) -> float:
        """A training step's: 6 for each of these weights and token, and attention's 12 L C T a token.

        The latter as if attention were not causal: the usual convention (PaLM, https://arxiv.org/abs/2204.02311).
        """
        return (6 * self.matrix_weights + 12 * self.n_layer * self.n_embd * self.length) * self.tokens

    def arguments(self) -> dict[str, int]:
        """What a worker is told."""
        return asdict(self)


SIZES = {
    "tiny": Size(n_layer=4, n_head=4, n_embd=256, vocab_size=4096, batch=8, length=256),
    "small": Size(n_layer=6, n_head=6, n_embd=384, vocab_size=4096, batch=8, length=256),
    "gpt2-124M, T = 64": Size(n_layer=12, n_head=12, n_embd=768, vocab_size=50257, batch=4, length=64),
    "gpt2-124M, T = 256": Size(n_layer=12, n_head=12, n_embd=768, vocab_size=50257, batch=4, length=256),
}


def quick(bench: Bench, full: int, few: int) -> int:
    """A number that --quick makes smaller."""
    return few if bench.options.quick else full
