"""What is told of one stage of training: its figures, its curves, what its model writes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyllm import checkpoint
from pyllm.model import ModelConfig
from pyllm.report.blocks import Block, Command, Curve, File, Folded, Line, Panel, Paragraph, Plot, Quote, Section, Table
from pyllm.report.commands import again
from pyllm.report.examination import label
from pyllm.report.preferences import REWARD_MODELS, curves_of_reward_model, figures_of_reward_model
from pyllm.report.record import Lines, Record, is_number, numbers
from pyllm.train.display import duration

TITLES = {
    "pretrain": "Base model",
    "imitation": "Imitation",
    "reward": "Reward model",
    "overoptimisation": "PPO, pushed on",
}
TRAINING = "training (faint: each step)"
LONGEST_SAMPLE = 1000  # characters
TOKEN_LOSS = "nats a token"
OF_PAIRS = ("dpo", "reward")  # stages whose loss is of pairs
EVALUATED = {  # what stands first among the evaluations, and what it is called among the figures
    "training_loss": ("training loss, of some of its tokens", TOKEN_LOSS),
    "validation_loss": ("validation loss, of all of it", TOKEN_LOSS),
    "training_bits_per_byte": ("training bits a byte, of some of its tokens", ""),
    "validation_bits_per_byte": ("validation bits a byte, of all of it", ""),
}
PRACTICE = "reward"  # the metric that stages have which learn from rewards
HELD_OUT = ("held_out_accuracy", "held_out_reward")  # the first one that both arms have is compared
BEHAVIOUR = {  # of stages that practise: metric to title, axis, colour
    "by_steps": ("Answers by steps", "share of the answers", "green"),
    "answer_tokens": ("Length of an answer", "tokens", "purple"),
    "entropy": ("Entropy", "nats a token", "orange"),
    "kl": ("Divergence from the model before", "nats a token", "sky"),
    "explained_variance": ("What the critic explains", "share of the returns' variance", "green"),
    "clipped": ("Ratios that are clipped", "share of the tokens", "purple"),
}
PAIRS = (("by_steps", "answer_tokens"), ("entropy", "kl"), ("explained_variance", "clipped"))  # beside each other


def stage_section(record: Record, stage: str) -> Section:
    """A stage that has settings and lines."""
    lines = record.lines[stage]
    practises = bool(numbers(lines, PRACTICE))
    blocks: list[Block] = [Table((), _figures(record, stage, lines, practises))]
    if stage in REWARD_MODELS:
        blocks += curves_of_reward_model(record, stage)
    blocks += _curves(record, stage, lines, practises)
    if (command := again(record, stage)) is not None:
        blocks.append(Command("Again", command))
    if stage == "pretrain":
        blocks += _stories(record)
    blocks += _samples(lines)
    blocks.append(_evaluations(lines))
    return Section(TITLES.get(stage) or label(stage), blocks)


def _figures(record: Record, stage: str, lines: Lines, practises: bool) -> list[tuple[Line, ...]]:
    settings = record.tables[stage]
    rows: list[tuple[Line, ...]] = []
    if files := settings.get("data"):
        rows.append(("data", ", ".join(Path(path).name for path in ([files] if isinstance(files, str) else files))))
    if "model" in record.tables and stage == record.stages[0]:
        rows.append(("parameters", f"{ModelConfig(**record.tables['model']).num_parameters():,}"))
    if done := [line for line in lines if is_number(line.get("loss"))]:
        last = done[-1]
        rows.append(("steps", f"{last['step']:,}"))
        if is_number(last.get("tokens")) and is_number(last.get("seconds")):
            rows += [
                ("tokens trained on", f"{last['tokens']:,}"),
                ("time of training", duration(last["seconds"])),
                ("tokens a second", f"{last['tokens'] / max(last['seconds'], 1e-9):,.0f}"),
            ]
        if shares := sorted(value for _, value in numbers(lines, "share_of_peak")):
            share = shares[len(shares) // 2]
            rows.append(("share of the peak of our matrix product (median step)", f"{share:.0%}"))
        if practises:
            rows += _figures_of_practice(lines)
        else:
            rows.append(("training loss, last step", f"{last['loss']:.4f} {_unit(stage)}"))
    evaluated = _last_evaluation(lines)
    if stage in REWARD_MODELS:
        rows += figures_of_reward_model(record, stage)
    for name, (title, unit) in EVALUATED.items():
        if name in evaluated:
            of_tokens = unit == TOKEN_LOSS
            rows.append((title, f"{evaluated[name]:.4f} {_unit(stage) if of_tokens else unit}".strip()))
    if stage == "pretrain":
        rows += _against_counting(record, evaluated)
    if found := checkpoint.found(record.folder.checkpoints, stage):
        path = found[-1].path
        rows.append(("model", File(path.name, str(path.relative_to(record.folder.path)))))
    return rows


def _unit(stage: str) -> str:
    return "nats a pair" if stage in OF_PAIRS else TOKEN_LOSS


def _figures_of_practice(lines: Lines) -> list[tuple[Line, ...]]:
    """What the first steps and the last ones have: single steps tell little."""
    rows: list[tuple[Line, ...]] = []
    for name, title, form in (
        ("reward", "reward", ".3f"),
        ("gold_reward", "what the judge makes of it", ".3f"),
        ("by_steps", "answers by steps", ".1%"),
        ("answer_tokens", "tokens in an answer", ".1f"),
        ("kl", "divergence, nats an answer", ".1f"),
    ):
        if name == "kl" and not numbers(lines, "kl_coefficient"):
            continue
        values = [value for _, value in numbers(lines, name)]
        if values:
            some = max(1, min(10, len(values) // 4))
            first, last = sum(values[:some]) / some, sum(values[-some:]) / some
            of = f"{some} steps" if some > 1 else "step"
            rows.append((f"{title}, first {of} and last", f"{first:{form}} → {last:{form}}"))
    seconds = [line["seconds"] for line in lines if is_number(line.get("seconds"))]
    rollouts = sum(value for _, value in numbers(lines, "rollout_seconds"))
    if rollouts and seconds:
        rows.append(("time of generation, of all", f"{rollouts / max(seconds[-1], 1e-9):.0%}"))
    if speeds := sorted(value for _, value in numbers(lines, "rollout_tokens_per_second")):
        rows.append(("tokens a second in generation (median)", f"{speeds[len(speeds) // 2]:,.0f}"))
    return rows


def _against_counting(record: Record, evaluated: Mapping[str, Any]) -> list[tuple[Line, ...]]:
    """The bits a byte of an n-gram model, and how the model's compare."""
    counted = next(iter(record.told("ngram_bits_per_byte", float)), None)
    if counted is None:
        return []
    order = next(iter(record.told("ngram_order", int)), 4)
    rows: list[tuple[Line, ...]] = [(f"bits a byte of a {order}-gram model of the same tokens", f"{counted:.4f}")]
    if is_number(ours := evaluated.get("validation_bits_per_byte")) and counted:
        rows.append(("the model's bits a byte / those of the 4-grams", f"{ours / counted:.2f}"))
    return rows


def _curves(record: Record, stage: str, lines: Lines, practises: bool) -> list[Block]:
    if practises:
        return _curves_of_practice(stage, lines)
    steps, evaluations = numbers(lines, "loss"), numbers(lines, "validation_loss")
    if not steps:
        return []
    curves = [_curve(TRAINING, steps, "blue", noisy=True)]
    if evaluations:
        curves.append(_curve("validation", evaluations, "red", marked=True))
    panels = [Panel("Loss", "step", _unit(stage), curves)]
    if bits := numbers(lines, "validation_bits_per_byte"):
        order = next(iter(record.told("ngram_order", int)), 4)
        counted = list(record.told("ngram_bits_per_byte", float))[:1] if stage == "pretrain" else []
        levels = [(value, f"{order}-gram model") for value in counted]
        curve = _curve("the model", bits, "red", marked=True)
        panels.append(Panel("Bits a byte of validation text", "step", "bits a byte", [curve], levels=levels))
    if replayed := numbers(lines, "replay_loss"):
        curve = _curve("held-back text of pretraining", replayed, "orange", marked=True)
        panels.append(Panel("What is forgotten: loss on pretraining text", "step", "nats a token", [curve]))
    return [Plot(f"{stage}_loss", f"losses of {stage}", panels)]


def _curves_of_practice(stage: str, lines: Lines) -> list[Block]:
    is_ppo = bool(numbers(lines, "kl_coefficient"))
    panels = []
    for name, title in ((PRACTICE, "Reward"), ("gold_reward", "What the judge makes of it")):
        if steps := numbers(lines, name):
            reward = [_curve(TRAINING, steps, "blue", noisy=True)]
            if held_out := numbers(lines, f"held_out_{name}"):
                reward.append(_curve("held-out problems", held_out, "red", marked=True))
            panels.append(Panel(title, "step", "mean of the answers", reward))
    blocks: list[Block] = [Plot(f"{stage}_reward", f"reward of {stage}", panels)]
    found = {name: points for name in BEHAVIOUR if (points := numbers(lines, name))}
    for pair in PAIRS:
        panels = []
        for name in (one for one in pair if one in found):
            title, up, colour = BEHAVIOUR[name]
            up = "nats an answer" if name == "kl" and is_ppo else up
            curves = [_curve(TRAINING, found[name], colour, noisy=True)]
            if held_out := numbers(lines, f"held_out_{name}"):
                curves.append(_curve("held-out problems", held_out, "red", marked=True))
            panels.append(Panel(title, "step", up, curves, shares=name == "by_steps"))
        if panels:
            titles = " and ".join(panel.title.lower() for panel in panels)
            blocks.append(
                Plot(f"{stage}_{'_'.join(one for one in pair if one in found)}", f"{titles} in {stage}", panels)
            )
    if is_ppo:
        return blocks
    remark = (
        "Training: answers drawn at random, as they are practised on, and so less often right. Held-out problems: the "
        "likeliest answers, while it trains, to problems that are not practised on; the examination has others of "
        "these. The loss is not shown: advantages have a mean of zero within a group, so that its value is about 0 "
        "whatever is learned; its gradient is not."
    )
    return [*blocks, Paragraph(remark, quiet=True)]


def practice_against_imitation(record: Record) -> list[Block]:
    """Both arms on one plot, over the compute that they took; nothing where one is missing."""
    arms = {stage: record.lines.get(stage, []) for stage in ("grpo", "imitation")}
    name = next((name for name in HELD_OUT if all(numbers(lines, name) for lines in arms.values())), None)
    if name is None:
        return []
    compute = "flops" if all(numbers(lines, "flops") for lines in arms.values()) else "seconds"
    divisor, across = (1e12, "compute, TFLOP") if compute == "flops" else (1, "seconds of training")
    curves = []
    labels = {"grpo": ("practice: GRPO", "green"), "imitation": ("imitation: SFT on an expert's solutions", "purple")}
    for stage, lines in arms.items():
        points = [(_at(lines, compute, step) / divisor, value) for step, value in numbers(lines, name)]
        curves.append(_curve(*labels[stage][:1], points, labels[stage][1], marked=True))
    up = "mean reward" if name == "held_out_reward" else "share that is right"
    panel = Panel("Held-out problems", across, up, curves, shares=name != "held_out_reward")
    ends = [numbers(lines, name)[-1][1] for lines in arms.values()]
    form = ".3f" if name == "held_out_reward" else ".1%"
    told = f"From the same SFT model on: practice ends at {ends[0]:{form}}, imitation at {ends[1]:{form}}."
    blocks: list[Block] = [Paragraph(told), Plot("practice_and_imitation", "practice against imitation", [panel])]
    if (command := again(record)) is not None:
        blocks.append(Command("Again", command))
    return [Section("Practice against imitation", blocks)]


def _at(lines: Lines, name: str, step: float) -> float:
    """How much there has been of something that only grows, up to a step."""
    return max((value for place, value in numbers(lines, name) if place <= step), default=0.0)


def _curve(
    label: str, points: Sequence[tuple[float, float]], colour: str, noisy: bool = False, marked: bool = False
) -> Curve:
    places, values = zip(*points, strict=True)
    return Curve(label, places, values, colour, noisy, marked)


def _stories(record: Record) -> list[Block]:
    told = record.examinations.get("base", {}).get("stories")
    stories = list(record.told("story", str)) or (told if isinstance(told, list) else [])
    if not stories:
        return []
    blocks: list[Block] = [Quote(_short(str(story)), f"Story {number}") for number, story in enumerate(stories, 1)]
    if found := checkpoint.found(record.folder.checkpoints, "pretrain"):
        blocks.append(Command("More", f"pyllm sample --n 5 --model {shlex.quote(str(found[-1].path))}"))
    return [Section("Stories, not picked", blocks)]


def _samples(lines: Lines) -> list[Block]:
    samples = [line for line in lines if isinstance(line.get("sample"), str)]
    if not samples:
        return []
    shown = (samples[0]["step"], samples[-1]["step"])
    quotes, before = [], None
    for line in (line for line in samples if line["step"] in shown):
        step = line["step"]
        quotes.append(Quote(_short(line["sample"]), "" if step == before else f"After step {step:,}"))
        before = step
    return [Section("Samples, the first and the last", quotes)]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SAMPLE else text[:LONGEST_SAMPLE] + " ..."


def _last_evaluation(lines: Lines) -> dict[str, Any]:
    evaluations = _evaluated(lines)
    return {name: value for name, value in evaluations[-1].items() if is_number(value)} if evaluations else {}


def _evaluated(lines: Lines) -> Lines:
    """What was measured between two steps."""
    return [line for line in lines if "loss" not in line and any(map(is_number, _measured(line).values()))]


def _measured(line: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of an evaluation, but those of the training data, which only the last one has."""
    return {name: value for name, value in line.items() if name != "step" and not name.startswith("training_")}


def _evaluations(lines: Lines) -> Block:
    evaluations = _evaluated(lines)
    if not evaluations:
        return Paragraph("No evaluations.", quiet=True)
    first = ("validation_loss", "validation_bits_per_byte", "validation_tokens")
    others = [name for line in evaluations for name, value in _measured(line).items() if is_number(value)]
    columns = [name for name in dict.fromkeys((*first, *others)) if name in others]
    header = ("step", *(name.replace("_", " ") for name in columns))
    rows = [tuple(_number(line.get(name)) for name in ("step", *columns)) for line in evaluations]
    told = "While it trains, on tokens spread evenly over the validation data; at the end, on all of them."
    remark = [Paragraph(told, quiet=True)] if "validation_tokens" in columns else []
    return Folded("Evaluations", [*remark, Table(header, rows, words=0)])


def _number(value: object) -> str:
    return "" if not is_number(value) else f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
