"""The folder of a whole run, small, as its stages would have written it."""

import json
from pathlib import Path
from typing import Any

from pyllm.train.run_folder import RunFolder

TASKS = {
    "addition": {"count": 500, "ended": 0.99, "well_formed": 0.985, "commonest": 0.012, "tokens": 22.25},
    "letter_counting": {"count": 400, "ended": 1.0, "well_formed": 1.0, "commonest": 0.66, "tokens": 31.0},
}
CORRECT = {
    "base": (0.0, 0.21),
    "sft": (0.36, 0.648),
    "grpo": (0.968, 0.65),
    "imitation": (0.71, 0.655),
    "ppo": (0.95, 0.6),
}
PROMPTS = [f"What is {number} + 38?" for number in range(47, 57)]


def whole_run(path: Path, text: str = "a text") -> RunFolder:
    """A run with everything that a report can tell of.

    Args:
        path: of its folder.
        text: whatever its models write.
    """
    folder = RunFolder(path)
    path.mkdir(parents=True)
    folder.write_config("run", {"text": [], "warc": [], "megabytes": 12.0, "depth": 4, "seed": 7})
    folder.write_config("model", {"n_layer": 1, "n_head": 1, "n_embd": 10, "vocab_size": 1000, "context": 100})
    folder.write_config("pretrain", {"data": [str(folder.tokens)], "derivation": {"lr": "0.1: because: it is"}})
    for stage in ("sft", "grpo", "imitation", "reward", "ppo", "overoptimisation"):
        folder.write_config(stage, {"lr": 0.01, "derivation": {"lr": f"0.01: of {stage}"}})
    with folder.metrics_writer("run") as write:
        write(0, command="pyllm run --depth 4", commit="v1-2-gabc")
        write(0, part="documents", seconds=30.0)
        write(0, part="tokens", seconds=10, tokens=2_000_000)
        write(0, part="pretrain", seconds=100.0)
        write(0, part="pretrain", seconds=50.0)  # after it was stopped
        write(0, ngram_bits_per_byte=1.5625, ngram_order=4)
        for number in range(5):
            write(4, story=f"{text} {number}")
    with folder.metrics_writer("pretrain") as write:
        write(0, validation_loss=3.0, validation_tokens=1024, validation_bits_per_byte=4.5)
        for step in range(1, 5):
            write(step, loss=3 - step / 2, tokens=step * 100, seconds=step * 50.0, share_of_peak=step / 10)
        write(4, validation_loss=2.0, validation_bits_per_byte=1.25, validation_tokens=5000, training_loss=1.5)
        write(4, sample=text)
    with folder.metrics_writer("sft") as write:
        for step in range(1, 5):
            write(step, loss=1 / step, tokens=step * 100, seconds=step * 1.0, share_of_peak=0.5)
        write(4, validation_loss=0.5, replay_loss=2.125, held_out_accuracy=0.35)
    for stage, end in (("grpo", 0.95), ("imitation", 0.7)):
        with folder.metrics_writer(stage) as write:
            write(0, held_out_accuracy=0.35)
            for step in range(1, 9):
                practice = {
                    "reward": step / 8,
                    "by_steps": step / 10,
                    "answer_tokens": 10.0 + step,
                    "entropy": 1 / step,
                }
                metrics: dict[str, Any] = practice if stage == "grpo" else {}
                write(step, loss=0.0, **metrics, tokens=step * 50, seconds=step * 2.0, share_of_peak=0.4)
            write(8, held_out_accuracy=end)
    _learn_from_preferences(folder, text)
    (path / "examination").mkdir()
    for stage in CORRECT:
        write_examination(folder, stage, text)
    return folder


def _learn_from_preferences(folder: RunFolder, text: str) -> None:
    """A reward model, PPO, and PPO that goes too far."""
    with folder.metrics_writer("reward") as write:
        write(0, validation_loss=0.6931, validation_accuracy=0.5)
        for step in range(1, 5):
            write(step, loss=0.7 / step, tokens=step * 100, seconds=step * 1.0)
        accuracies = {"validation_accuracy": 0.885, "validation_accuracy_of_longer": 0.91}
        write(4, validation_loss=0.31, **accuracies, validation_calibration_error=0.125)
    bins = [{"sure": 0.6, "right": 0.7, "share": 0.5}, {"sure": 0.9, "right": 0.95, "share": 0.5}]
    (folder.path / "reward_calibration.json").write_text(json.dumps(bins))
    for stage, gold in (("ppo", (1.5, 2.0, 2.75)), ("overoptimisation", (2.75, 2.5, 0.25))):
        with folder.metrics_writer(stage) as write:
            for step in range(1, 9):
                told = {"reward": step / 4, "gold_reward": 1 + step / 8, "kl": step * 1.5, "kl_coefficient": 0.1}
                write(step, loss=0.1, **told, entropy=1 / step, explained_variance=0.5, clipped=0.1, seconds=step * 1.0)
            for number, value in enumerate(gold):
                scores = {"reward": number / 2, "gold_reward": value, "preferred": 0.5, "gold_preferred": 0.5}
                figures = {**scores, "kl": number * 6.25 + 25 * (stage != "ppo")}
                write(number * 4, **{f"held_out_{name}": figure for name, figure in figures.items()})
            write(8, sample=text)
    best = [{"n": n, "kl": kl, "reward": 0.1 * n, "gold_reward": 1.5 + n / 10} for n, kl in ((1, 0.0), (2, 0.193))]
    (folder.path / "ppo_best_of_n.json").write_text(json.dumps({"problems": 9, "samples": 2, "best_of": best}))


def write_examination(folder: RunFolder, stage: str, text: str) -> None:
    """examination/STAGE.json."""
    tasks = {name: {**scores, "correct": CORRECT[stage][at]} for at, (name, scores) in enumerate(TASKS.items())}
    answers = [{"prompt": prompt, "answer": f"{text} of {stage}", "finish": "stop"} for prompt in PROMPTS]
    answers[0]["finish"] = "length"
    content = {"stage": stage, "seconds": 10.5, "tasks": tasks, "answers": answers}
    (folder.path / "examination" / f"{stage}.json").write_text(json.dumps(content))
