"""nanoGPT's CPU recipe on tinyshakespeare, a byte a token: validation loss and speed beside PyTorch's, AdamW and Muon.

    python bench/tinyshakespeare.py --peers-python PEERS/bin/python --text tinyshakespeare.txt --out tinyshakespeare

4 layers, 4 heads, 128 channels, no biases, context 64, batches of 12 rows, 2,000 steps (model_workers.Text has the
rest). All sides start from the same parameters and see the same batches. The loss is over the whole validation part, in
nats a byte; the text is ASCII, so it is nanoGPT's loss a character, though with 256 ids in place of 65.

The plot beside --out shows the validation loss with AdamW and with Muon, each with the schedule for as many steps as
take the time of 2,000 of AdamW's; time is steps times the median time of one.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from compute import FMA_LIMIT, Size, add_isa_option, chosen_isa, fma_limit
from pairing import Bench, Row, Work
from worker_process import Worker

SIZE = Size(n_layer=4, n_head=4, n_embd=128, vocab_size=256, batch=12, length=64, context=64)
STEPS, EVALUATIONS = 2000, 20
MOST_LOSS, LEAST_RATIO, LEAST_SHARE = 1.88, 1.4, 0.6
PEERS = {"torch eager": False, "torch.compile": True}


def add_text_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", type=Path, required=True, metavar="FILE", help="tinyshakespeare.txt")


def made(bench: Bench, library: str, steps: int = STEPS, **arguments: object) -> Worker | None:
    worker = bench.worker(library)
    if worker:
        worker.call("make", **SIZE.arguments(), bias=False, betas=(0.9, 0.99), max_norm=1.0, **arguments)
        text = str(bench.options.text.resolve())
        worker.call("read_text", path=text, batch=SIZE.batch, length=SIZE.length, steps=steps)
    return worker


def loss_and_speed(bench: Bench, isa: str, steps: int, timed_steps: int) -> None:
    path = str(bench.folder / "parameters.npz")
    ours = made(bench, "pyllm", save_to=path)
    peers = {label: made(bench, "torch", load_from=path, compiled=compiled) for label, compiled in PEERS.items()}
    assert ours
    workers = {"pyllm": ours} | {label: peer for label, peer in peers.items() if peer}
    losses = {}
    for label, worker in workers.items():
        worker.call("train_on_text", steps=steps)
        losses[label] = worker.call("validation_loss")
    loss, *others = losses.values()
    bench.add(
        Row(
            f"validation loss after {steps:,} steps",
            f"{loss:.4f}",
            f"torch eager {others[0]:.4f}" if others else "",
            target=f"≤ {MOST_LOSS:g}",
            met=bench.verdict(loss <= MOST_LOSS),
            details={"losses": losses},
        )
    )
    timings = {label: worker.timing("train_on_text", steps=timed_steps) for label, worker in workers.items()}
    bench.compare(
        "steps a second, threads: 2",
        timings.pop("pyllm"),
        timings,
        work=Work(timed_steps, "steps/s"),
        limit=fma_limit(bench, isa, 2, timed_steps * SIZE.step_flops),
        least_ratio=LEAST_RATIO,
        least_share=LEAST_SHARE,
    )
    for worker in workers.values():
        worker.close()


def curves(bench: Bench, steps: int, timed_steps: int) -> None:
    """The validation losses of AdamW and Muon at equal time, as a row and a plot."""
    workers = [made(bench, "pyllm", optimizer=name) for name in ("AdamW", "Muon")]
    rounds = bench.rounds(*(worker.timing("train_on_text", steps=timed_steps) for worker in workers if worker))
    if not rounds.seconds[0]:
        return
    found: dict[str, Any] = {}
    for side, name in enumerate(("AdamW", "Muon")):
        step_seconds = rounds.median() * (rounds.ratio(side) if side else 1.0) / timed_steps
        count = round(steps * rounds.median() / timed_steps / step_seconds)
        worker = made(bench, "pyllm", count, optimizer=name)
        assert worker
        points = worker.call("curve", steps=count, evaluations=EVALUATIONS)
        found[name] = {"steps": count, "points": [(done * step_seconds, loss) for done, loss in points]}
    seconds = found["AdamW"]["points"][-1][0]
    adamw, muon = (found[name]["points"][-1][1] for name in ("AdamW", "Muon"))
    bench.add(
        Row(
            f"validation loss at equal time, {seconds:.1f} s of training",
            f"Muon {muon:.4f} ({found['Muon']['steps']:,} steps)",
            f"AdamW {adamw:.4f} ({found['AdamW']['steps']:,} steps)",
            details=found,
        )
    )
    if bench.out:
        plot(found, bench.out.with_suffix(".png"))


def plot(found: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, run in found.items():
        axes.plot(*zip(*run["points"], strict=True), marker=".", label=f"{name}, {run['steps']:,} steps")
    axes.set(xlabel="seconds of training", ylabel="validation loss, nats a byte", title="tinyshakespeare")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    with Bench("tinyshakespeare", __doc__, add_text_option, add_isa_option, workers="model_workers") as bench:
        isa = chosen_isa(bench, FMA_LIMIT)
        steps = 100 if bench.options.quick else STEPS
        loss_and_speed(bench, isa, steps, steps // 20)
        curves(bench, steps, steps // 20)


if __name__ == "__main__":
    main()
