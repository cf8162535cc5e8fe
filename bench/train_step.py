"""A training step (forward, backward, AdamW) beside PyTorch's, eager and compiled; the faster of the two counts.

    python bench/train_step.py --peers-python PEERS/bin/python

GPT-2 models in float32, PyTorch with its fused AdamW and scaled_dot_product_attention. pyllm's step takes the norm of
the gradients and clips, as its default is; PyTorch's does neither. That both do the same is checked first: the losses
of some steps from the same parameters, both without clipping. FLOPs: see compute.Size. Peak memory is that of the whole
process after the steps; of PyTorch's two, the smaller one is shown.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from compute import FMA_LIMIT, SIZES, Size, add_isa_option, check_agreement, chosen_isa, fma_limit
from pairing import Bench, Row, Timing, Work
from worker_process import Worker, WorkerError

LEAST_RATIO = {"tiny": 1.5, "small": 1.3, "gpt2-124M, T = 64": 1.4, "gpt2-124M, T = 256": 1.5}
LEAST_SHARE = {"small": 0.7, "gpt2-124M, T = 256": 0.7}
MOST_MEMORY = {"tiny": 0.55, "small": 0.55, "gpt2-124M, T = 64": 0.8, "gpt2-124M, T = 256": 0.8}  # times PyTorch's
LEAST_SCALING, MOST_TAKEN, MOST_OUTSIDE = 1.85, 2.3, 0.05
PEERS = {"torch eager": False, "torch.compile": True}


def made(bench: Bench, library: str, size: Size, threads: int = 2, **arguments: object) -> Worker | None:
    """A process with a model that has trained two steps; None, with a note, where a peer cannot."""
    worker = bench.worker(library, threads)
    if worker:
        try:
            worker.call("make", **size.arguments(), **arguments)
            worker.call("losses", steps=2)
        except WorkerError as error:
            if library == "pyllm":
                raise
            bench.note(f"skipped: {error}"[:200])
            return None
    return worker


def check_losses(bench: Bench) -> None:
    """Raises where PyTorch's losses from the same parameters are others."""
    ours, *peers = bench.sides("pyllm", "torch")
    path = str(bench.folder / "parameters.npz")
    ours.call("make", **SIZES["tiny"].arguments(), save_to=path, max_norm=None)
    for peer in peers:
        peer.call("make", **SIZES["tiny"].arguments(), load_from=path)
        check_agreement(ours, peer, "losses", within=1e-3, steps=5)
        bench.note("tiny: the losses of 5 steps from the same parameters are PyTorch's")
    for worker in (ours, *peers):
        worker.close()


def speed_and_memory(bench: Bench, isa: str, name: str, size: Size) -> None:
    ours = made(bench, "pyllm", size)
    assert ours
    made_peers = {label: made(bench, "torch", size, compiled=compiled) for label, compiled in PEERS.items()}
    peers = {label: peer for label, peer in made_peers.items() if peer}
    bench.compare(
        f"{name}, B = {size.batch}, T = {size.length}",
        ours.timing("seconds"),
        {label: peer.timing("seconds") for label, peer in peers.items()},
        work=Work(size.tokens, "tokens/s"),
        limit=fma_limit(bench, isa, 2, size.step_flops),
        least_ratio=LEAST_RATIO[name],
        least_share=LEAST_SHARE.get(name),
    )
    memory, *others = megabytes = [worker.call("peak_memory") for worker in (ours, *peers.values())]
    row = Row(f"{name}, peak memory (ratio: pyllm / peer)", f"{memory:.0f} MB", details={"megabytes": megabytes})
    if others:
        least, label = min(zip(others, peers, strict=True))
        row.peer, row.ratio = f"{label} {least:.0f} MB", f"{memory / least:.2f}×"
        row.target, row.met = f"≤ {MOST_MEMORY[name]:g}×", bench.verdict(memory <= MOST_MEMORY[name] * least)
    bench.add(row)
    for worker in (ours, *peers.values()):
        worker.close()


def time_outside(bench: Bench, name: str, size: Size) -> None:
    worker = made(bench, "pyllm", size)
    assert worker
    share = worker.call("share_outside", steps=3 if bench.options.quick else 15)
    bench.add(
        Row(
            f"{name}, share of a step's time outside csrc",
            f"{share:.1%}",
            target=f"≤ {MOST_OUTSIDE:.0%}",
            met=bench.verdict(share <= MOST_OUTSIDE),
            details={"share": share},
        )
    )
    worker.close()


def add_ratio(bench: Bench, measure: str, first: Timing, second: Timing, *, least: float = 0, most: float = 0) -> None:
    """A row for how many times as long as the first timing the second one takes; the target is one of the two."""
    rounds = bench.rounds(first, second)
    row = Row(measure, "", target=f"≥ {least:g}×" if least else f"≤ {most:g}×", met=bench.verdict(False, rounds))
    if rounds.seconds[0]:
        ratio = rounds.ratio()
        row.pyllm, row.met = f"{ratio:.2f}×", bench.verdict(ratio >= least if least else ratio <= most, rounds)
        row.details = {"seconds": rounds.seconds, "ratio": ratio, "repeated": rounds.repeated}
    bench.add(row)


def scaling(bench: Bench, name: str, size: Size) -> None:
    one, two = (made(bench, "pyllm", size, threads) for threads in (1, 2))
    assert one and two
    measure = f"{name}, speed-up from 1 to 2 threads"
    add_ratio(bench, measure, two.timing("seconds"), one.timing("seconds"), least=LEAST_SCALING)
    for worker in (one, two):
        worker.close()


@contextmanager
def taken_core() -> Iterator[None]:
    """Keeps the last core busy with a process that never waits."""
    core = max(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\nwhile True: pass"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


def with_a_core_taken(bench: Bench, name: str, size: Size) -> None:
    worker = made(bench, "pyllm", size)
    assert worker
    quiet = worker.timing("seconds", steps=1 if bench.options.quick else 3)

    def taken() -> float:
        with taken_core():
            return quiet()

    measure = f"{name}, 2 threads with one core taken by another process, times the quiet step"
    add_ratio(bench, measure, quiet, taken, most=MOST_TAKEN)
    worker.close()


def main() -> None:
    with Bench("Training step", __doc__, add_isa_option, workers="model_workers") as bench:
        isa = chosen_isa(bench, FMA_LIMIT)
        check_losses(bench)
        for name, size in list(SIZES.items())[: 1 if bench.options.quick else None]:
            speed_and_memory(bench, isa, name, size)
        name = "tiny" if bench.options.quick else "small"
        for rows in (time_outside, scaling, with_a_core_taken):
            rows(bench, name, SIZES[name])


if __name__ == "__main__":
    main()
