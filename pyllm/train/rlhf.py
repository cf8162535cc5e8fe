"""A run's learning from preferences: whose taste it is, and what the reward model gets to know of that.

Nobody but the judge knows what is liked. The reward model sees pairs of answers, some the wrong way round; PPO sees the
reward model. What the judge makes of PPO's answers is told and not learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pyllm.files import json_lines, write_whole
from pyllm.model import GPT
from pyllm.progress import Progress
from pyllm.tasks.registry import TASKS
from pyllm.tasks.rewards import with_known_columns
from pyllm.tasks.story_judge import StoryJudge
from pyllm.tasks.task import Problem
from pyllm.tokenizer import Tokenizer
from pyllm.train import recipe
from pyllm.train.judged_preferences import JudgedCounts, Sampling, preferences_of
from pyllm.train.practice import Practice, RewardPractice
from pyllm.train.run_folder import RunFolder
from pyllm.train.trained_models import open_model

TASK = TASKS["stories"]
PROMPTS = 2000  # that PPO goes through again and again
TRAINING, HELD_OUT = "training.jsonl", "held_out.jsonl"  # in the run's folder of preferences


def story_practice(base: Path, seed: int, held_out: int, prompts: int = PROMPTS) -> RewardPractice:
    """Requests for stories, and the judge of the run; other seeds have other requests.

    Args:
        base: the base model's folder; the judge asks it how likely a text is.
        seed: of the requests and of their order.
        held_out: requests that are held out.
        prompts: requests that are not.
    """
    judge = StoryJudge(*open_model(base, trainable=False))
    reward = with_known_columns(judge, judge.__name__)
    examination = TASK.problems(held_out, seed, held_out=True)
    return RewardPractice(TASK.problems(prompts, seed), examination, reward, judge.__name__, seed)


def answer_length(context: int) -> int:
    """The most tokens of a story for a model of some context."""
    return min(TASK.max_new_tokens, context - 1)


def write_preferences(
    folder: RunFolder, model: GPT, tok: Tokenizer, practice: RewardPractice, seed: int, progress: bool | None
) -> None:
    """Writes pairs to train a reward model on, and pairs of held-out requests, whose labels are right.

    Args:
        folder: of the run; pairs are put into its folder of preferences.
        model: who answers.
        tok: its tokenizer.
        practice: what is asked, and who judges.
        seed: of the answers and the flipped labels.
        progress: show it.

    Raises:
        ValueError: a file would be without a pair.
    """
    sampling = recipe.judging(seed, answer_length(model.cfg.context))
    sides = (
        (folder.preferences / TRAINING, [practice.problem(index) for index in range(len(practice.problems))], sampling),
        (folder.preferences / HELD_OUT, practice.examination, replace(sampling, flipped=0.0)),
    )
    folder.preferences.mkdir(exist_ok=True)
    with Progress("judging answers", "prompts", total=sum(len(side[1]) for side in sides), show=progress) as bar:
        done = 0
        for path, problems, how in sides:
            done += _write(path, model, tok, practice, problems, how, bar, done)


def _write(
    path: Path,
    model: GPT,
    tok: Tokenizer,
    practice: Practice,
    problems: Sequence[Problem],
    sampling: Sampling,
    bar: Progress,
    before: int,
) -> int:
    counts, lines = JudgedCounts(), b""
    for pairs in preferences_of(model, tok, practice, problems, sampling, counts):
        lines += json_lines(pairs)
        bar.update(before + counts.prompts, lambda: [f"{counts.pairs:,} pairs"])
    if not lines:
        raise ValueError(f"there is nothing to learn from: {counts}; --stop-after imitation leaves out what follows")
    write_whole(path, lines)
    return counts.prompts
