"""The whole way, `pyllm run` as it is without an option, for three seeds: what its models can do, and how long it took.

    python bench/default_run.py --minimum-gflops 0 --out default_run

The problems are held out: no page, conversation or practice asks for them. `--keep FOLDER` leaves the runs there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pairing import Bench, Row

from pyllm.tasks.examination import examine
from pyllm.train import RunConfig, recipe, run
from pyllm.train.run_folder import RunFolder
from pyllm.train.trained_models import model_folder, open_model

SEEDS = (0, 1, 2)
COLUMNS = {"measure": "measure", "pyllm": "mean ± deviation", "peer": "seeds 0, 1, 2", "target": "target", "met": "met"}
FOLLOW_UPS = ("addition", "addition_steps", "facts")  # what it is good at, with short answers
QUICK = {"megabytes": 1.0, "pretrain_tokens": 60_000, "sft_steps": 12, "grpo_steps": 2}

Done = tuple[RunFolder, float]  # a run, and the seconds that it took


def main() -> None:
    def options(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--keep", type=Path, help="leave the runs in this folder")

    with Bench("From web pages to an assistant", __doc__, options, columns=COLUMNS) as bench:
        folder = bench.options.keep or bench.folder
        runs = [_run(folder, seed, QUICK if bench.options.quick else {}) for seed in SEEDS]

        def add(
            measure: str,
            figure: Callable[[Done], float | None],
            show: str = ".1%",
            target: str = "",
            met: Callable[[list[float]], bool] | None = None,
        ) -> None:
            figures = [value for one in runs if (value := figure(one)) is not None]
            if not figures:
                return
            spread = f" ± {format(statistics.stdev(figures), show)}" if len(figures) > 1 else ""
            bench.add(
                Row(
                    measure,
                    f"{format(statistics.mean(figures), show)}{spread}",
                    ", ".join(format(one, show) for one in figures),
                    target=target,
                    met="" if met is None else bench.verdict(met(figures)),
                    details={"figures": figures},
                )
            )

        def mean_at_least(least: float) -> Callable[[list[float]], bool]:
            return lambda figures: statistics.mean(figures) >= least

        def mean_at_most(most: float) -> Callable[[list[float]], bool]:
            return lambda figures: statistics.mean(figures) <= most

        add("base: validation bits a byte", _bits, ".4f")
        add("base: bits a byte / those of 4-grams", _ratio, ".3f", "≤ 0.8", mean_at_most(0.8))
        for stage in ("base", "sft", "grpo", "imitation"):
            for task in _examination(runs[0][0], stage)["tasks"]:
                wanted, most = TARGETS.get((stage, task)), AT_MOST.get((stage, task))
                target, met = "", None
                if wanted is not None:
                    target, met = f"≥ {wanted:.0%}", mean_at_least(wanted)
                elif most is not None:
                    target, met = f"≤ {most:.0%}", mean_at_most(most)
                add(f"{stage}: {task}, right", _score(stage, task, "correct"), target=target, met=met)
                add(f"{stage}: {task}, always the commonest answer", _score(stage, task, "commonest"))
            add(f"{stage}: stories, share of what was asked for", _score(stage, "stories", "reward"))
        follow_ups = {folder: _follow_ups(folder, seed) for seed, (folder, _) in zip(SEEDS, runs, strict=True)}
        for task in FOLLOW_UPS:
            add(
                f"grpo: {task}, as a chat's second question, right",
                lambda done, task=task: follow_ups[done[0]][task]["correct"],
            )
        add("sft: answers that end", _overall("sft", "ended"), target="≥ 98%", met=mean_at_least(0.98))
        add("sft: answers in the asked form", _overall("sft", "well_formed"), target="≥ 98%", met=mean_at_least(0.98))
        add("grpo: additions by steps", _score("grpo", "addition", "by_steps"))
        add("sft: additions by steps", _score("sft", "addition", "by_steps"))
        add("minutes in all", lambda done: done[1] / 60, ".2f", "≤ 12", lambda found: max(found) <= 12)


# What the issue of each stage asks for; GRPO begins where SFT ends.
AT_MOST: Mapping[tuple[str, str], float] = {("sft", "addition"): 0.4}
TARGETS: Mapping[tuple[str, str], float] = {
    ("sft", "facts"): 0.9,
    ("sft", "stories"): 0.8,
    ("sft", "addition_steps"): 0.98,
    ("grpo", "addition"): 0.95,
}


def _run(folder: Path, seed: int, settings: Mapping[str, Any]) -> Done:
    start = time.monotonic()
    result = run(RunConfig(name=f"seed{seed}", runs=folder, seed=seed, progress=False, **settings))
    return RunFolder(result.run), time.monotonic() - start


def _follow_ups(folder: RunFolder, seed: int) -> dict[str, Any]:
    """How the assistant answers a chat's second question, by task."""
    model, tok = open_model(model_folder(folder.path), trainable=False)
    counts = {name: recipe.EXAMINATION[name] for name in FOLLOW_UPS}
    tasks: dict[str, Any] = examine(model, tok, FOLLOW_UPS, counts, seed, follow_up=True)["tasks"]
    return tasks


def _examination(folder: RunFolder, stage: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder.examinations / f"{stage}.json").read_bytes())
    return found


def _score(stage: str, task: str, name: str) -> Callable[[Done], float | None]:
    return lambda done: _examination(done[0], stage)["tasks"][task].get(name)


def _overall(stage: str, name: str) -> Callable[[Done], float]:
    def share(done: Done) -> float:
        tasks = _examination(done[0], stage)["tasks"].values()
        return float(sum(one[name] * one["count"] for one in tasks) / sum(one["count"] for one in tasks))

    return share


def _bits(done: Done) -> float | None:
    lines = [line for line in done[0].read_metrics("pretrain") if "validation_bits_per_byte" in line]
    return float(lines[-1]["validation_bits_per_byte"]) if lines else None


def _ratio(done: Done) -> float | None:
    found = [line["ngram_bits_per_byte"] for line in done[0].read_metrics("run") if "ngram_bits_per_byte" in line]
    bits = _bits(done)
    return bits / found[-1] if found and bits is not None else None


if __name__ == "__main__":
    main()
