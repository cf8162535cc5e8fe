"""A step of GRPO by its parts, and how much of it is spent outside our kernels: in Python, NumPy and cffi.

    python bench/grpo_step.py [--model FOLDER]

8 prompts, additions, 16 answers each. Without --model: a new model of the default run's size, whose answers are noise;
they are as long as an answer by steps, and every other one counts as right, so that all are learned from. With it: a
run's model as it is. Each kernel call is timed from outside, so that what cffi itself takes counts as kernels' time;
it is some microseconds a call.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from pairing import Bench, Row, shown
from practice_workers import PARTS

STEPS = 25
ANSWER_TOKENS = 41  # of a two-digit addition step by step, as its task's solutions are, with single digits
MOST_OUTSIDE = 0.15
COLUMNS = {
    "measure": "part",
    "pyllm": "a step",
    "ratio": "share",
    "limit": "outside kernels",
    "peer": "of the whole step",
    "target": "target",
    "met": "met",
}


def add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="", metavar="FOLDER", help="a run or a model's folder; default: a new model")


def main() -> None:
    with Bench("A step of GRPO", __doc__, add_model_option, workers="practice_workers", columns=COLUMNS) as bench:
        from pyllm.train import RunConfig

        (worker,) = bench.sides("pyllm")
        model = bench.options.model
        shape = worker.call(
            "make_grpo", model=model, depth=RunConfig().depth, vocab_size=2048, tokens=96 if model else ANSWER_TOKENS
        )
        steps = worker.call("steps", count=3 if bench.options.quick else STEPS)
        add_parts(bench, PARTS["grpo"], steps)
        tell(bench, shape, steps)


def add_parts(bench: Bench, parts: Sequence[str], steps: Sequence[Mapping[str, Any]]) -> None:
    """Rows for each part of a step, and for all of it."""
    whole = statistics.median(step["seconds"] for step in steps)
    for part in parts:
        seconds = statistics.median(step["parts"][part][0] for step in steps)
        outside = [step["parts"][part][0] - step["parts"][part][1] for step in steps]
        share = statistics.median(one / step["parts"][part][0] for one, step in zip(outside, steps, strict=True))
        of_all = statistics.median(one / step["seconds"] for one, step in zip(outside, steps, strict=True))
        details = {"seconds": seconds, "outside": share, "outside_of_step": of_all}
        bench.add(
            Row(part, shown(seconds), f"{of_all:.1%}", f"{seconds / whole:.1%}", limit=f"{share:.1%}", details=details)
        )
    outside_all = statistics.median(
        1 - sum(in_kernels for _, in_kernels in step["parts"].values()) / step["seconds"] for step in steps
    )
    bench.add(
        Row(
            "the whole step",
            shown(whole),
            f"{outside_all:.1%}",
            "100%",
            limit=f"{outside_all:.1%}",
            target=f"≤ {MOST_OUTSIDE:.0%}",
            met=bench.verdict(outside_all <= MOST_OUTSIDE),
            details={"seconds": whole, "outside": outside_all, "steps": len(steps)},
        )
    )


def tell(bench: Bench, shape: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> None:
    """A note on the models and on how much was done."""
    generated, learned = (statistics.median(step[name] for step in steps) for name in ("generated", "learned"))
    bench.note(
        f"{shape['parameters']:,} parameters, {shape['n_layer']} layers of {shape['n_embd']} channels; "
        f"{generated:,.0f} tokens generated a step, {learned:,.0f} learned from; medians of {len(steps)} steps, "
        "2 threads"
    )


if __name__ == "__main__":
    main()
