"""The whole way, `pyllm run` as it is without an option, for three seeds: what its models can do, and how long it took.

    python bench/default_run.py --minimum-gflops 0 --out default_run

The problems are held out: no page, conversation or practice asks for them. `--keep FOLDER` leaves the runs there.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pairing import Bench, Row

from pyllm.tasks.examination import examine
from pyllm.train import RunConfig, recipe, run
from pyllm.train.best_of_n import BEST_OF_N
from pyllm.train.run_folder import RunFolder
from pyllm.train.trained_models import model_folder, open_model

SEEDS = (0, 1, 2)
COLUMNS = {"measure": "measure", "pyllm": "mean ± deviation", "peer": "seeds 0, 1, 2", "target": "target", "met": "met"}
FOLLOW_UPS = ("addition", "addition_steps", "facts")  # what it is good at, with short answers
QUICK = {
    "megabytes": 1.0,
    "pretrain_tokens": 60_000,
    "sft_steps": 12,
    "grpo_steps": 2,
    "preference_prompts": 4,
    "ppo_steps": 2,
}
MOST_KL = 15  # nats an answer, that PPO may go from the model that it begins with

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
        for stage in ("base", "sft", "grpo", "imitation", "ppo"):
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
        held_out = "held-out pairs told the right way round"
        add(f"reward model: {held_out}", _last("reward", "validation_accuracy"), ".1%", "≥ 85%", mean_at_least(0.85))
        for kind in ("longer", "shorter"):
            figure = _last("reward", f"validation_accuracy_of_{kind}")
            add(f"reward model: {held_out}, of those whose better answer is {kind}", figure)
        add("reward model: calibration error", _last("reward", "validation_calibration_error"))
        add("reward model: agreement with the judge on any two answers", _agreement)
        kl = _last("ppo", "held_out_kl")
        add("PPO: nats an answer from the model before", kl, ".1f", f"≤ {MOST_KL}", lambda found: max(found) <= MOST_KL)
        preferred = _last("ppo", "held_out_gold_preferred")
        best = [_best_of_n(one, "gold_preferred") for one in runs]
        target = f"≥ 80%, above {statistics.mean(best):.1%}"
        add(
            "PPO: preferred by the judge to the answers before",
            preferred,
            ".1%",
            target,
            lambda found: statistics.mean(found) >= 0.8 and statistics.mean(found) > statistics.mean(best),
        )
        add(
            "PPO: preferred by the judge where its divergence passes that of best-of-16",
            _preferred_at_the_divergence_of_best_of_n,
        )
        add("best-of-16: nats an answer, at most", lambda done: _best_of_n(done, "kl"), ".2f")
        add("best-of-16: preferred by the judge", lambda done: _best_of_n(done, "gold_preferred"))
        add("PPO: preferred by the reward model", _last("ppo", "held_out_preferred"))
        add("best-of-16: preferred by the reward model", lambda done: _best_of_n(done, "preferred"))
        add("PPO pushed on: nats an answer from the model before", _last("overoptimisation", "held_out_kl"), ".1f")
        add("PPO pushed on: preferred by the reward model", _last("overoptimisation", "held_out_preferred"))
        add("PPO pushed on: preferred by the judge", _last("overoptimisation", "held_out_gold_preferred"))
        add(
            "PPO pushed on: the judge's score, of what it was at its height",
            _rest_of_gold,
            target="below 100%",
            met=lambda found: max(found) < 1,
        )
        add("minutes in all", lambda done: done[1] / 60, ".2f", "≤ 15", lambda found: max(found) <= 15)


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


def _values(done: Done, stage: str, name: str) -> list[float]:
    return [line[name] for line in done[0].read_metrics(stage) if name in line]


def _last(stage: str, name: str) -> Callable[[Done], float | None]:
    def last(done: Done) -> float | None:
        values = _values(done, stage, name)
        return values[-1] if values else None

    return last


def _baseline(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((done[0].path / BEST_OF_N.format("ppo")).read_bytes())
    return found


def _best_of_n(done: Done, name: str) -> float:
    return float(_baseline(done)["best_of"][-1][name])


def _agreement(done: Done) -> float | None:
    return _baseline(done).get("agreement")


def _preferred_at_the_divergence_of_best_of_n(done: Done) -> float | None:
    """Between the two evaluations of PPO around it, on a straight line; None: it never got so far."""
    wanted = _best_of_n(done, "kl")
    points = list(zip(*(_values(done, "ppo", f"held_out_{name}") for name in ("kl", "gold_preferred")), strict=True))
    for (kl, value), (next_kl, next_value) in itertools.pairwise(points):
        if kl <= wanted < next_kl:
            return value + (next_value - value) * (wanted - kl) / (next_kl - kl)
    return None


def _rest_of_gold(done: Done) -> float:
    stages = ("ppo", "overoptimisation")
    rewards = [value for stage in stages for value in _values(done, stage, "held_out_gold_reward")]
    return rewards[-1] / max(rewards)


def _bits(done: Done) -> float | None:
    lines = [line for line in done[0].read_metrics("pretrain") if "validation_bits_per_byte" in line]
    return float(lines[-1]["validation_bits_per_byte"]) if lines else None


def _ratio(done: Done) -> float | None:
    found = [line["ngram_bits_per_byte"] for line in done[0].read_metrics("run") if "ngram_bits_per_byte" in line]
    bits = _bits(done)
    return bits / found[-1] if found and bits is not None else None


if __name__ == "__main__":
    main()
