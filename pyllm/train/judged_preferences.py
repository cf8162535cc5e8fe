"""Preferences from a judge: of a model's answers to a prompt, the pairs that a function tells apart most clearly.

Two answers drawn at random are often as good as each other, so that a pair of them teaches little; people, too, were
shown 4 to 9 (Ouyang et al. 2022, InstructGPT, section 3.5). Labels can be flipped, as people err.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import UseAppendAction

from pyllm.chat import END_OF_TURN, has_chat_tokens, plain_prompt
from pyllm.engine import Engine
from pyllm.files import json_lines, make_folder, write_whole
from pyllm.model import GPT
from pyllm.options import OptionalInt, OptionalPath, OptionalSwitch, OptionalText
from pyllm.progress import Progress
from pyllm.tasks import Problem
from pyllm.threads import set_num_threads
from pyllm.tokenizer import Tokenizer
from pyllm.train.grpo_config import MOST_NEW_TOKENS, practice_of
from pyllm.train.practice import Practice, RewardPractice
from pyllm.train.rollouts import completion_of, prompt_of
from pyllm.train.training_config import check_positive

PROMPTS = 500  # unless the data are fewer
PROMPTS_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """What is asked, who answers, and who judges.

    Args:
        model: who answers: a run's folder (its last stage's last checkpoint), a checkpoint, or any folder with
            config.json and model.safetensors; default: the run that was last at work in runs/.
        data: prompts: JSON lines {"prompt", ...}; see the README, or pyllm.tasks.files.
        reward: with data, who judges: "file.py:function", a function reward(prompts, completions, **columns) ->
            list[float]; or "answer", which compares what an answer comes to with the column answer. Tasks have their
            own.
        tasks: a task of pyllm.tasks, in place of data; may be given several times. They take turns.
        out: the file of preferences; it must not be there yet.
        prompts: how many, at most all of the data. Default: 500.
        samples: answers to a prompt.
        pairs: of a prompt's answers, at most: those whose rewards differ most. 1: the best and the worst.
        flipped: the share of pairs whose labels are turned round.
        max_new_tokens: the most of an answer. Default: the tasks' own, and 256 for data.
        temperature: of the answers.
        seed: of the answers, the tasks' prompts, and which labels are flipped.
        threads: default: all cores given to the process.
        progress: show progress; default: on a terminal or in a notebook.
    """

    model: OptionalPath = None
    data: OptionalPath = None
    reward: OptionalText = None
    tasks: UseAppendAction[tuple[str, ...]] = ()
    out: Path = Path("runs/preferences.jsonl")
    prompts: OptionalInt = None
    samples: int = 4
    pairs: int = 1
    flipped: float = 0.0
    max_new_tokens: OptionalInt = None
    temperature: float = 1.0
    seed: int = 0
    threads: OptionalInt = None
    progress: OptionalSwitch = None

    @property
    def validation_data(self) -> Path | None:
        """What is held out: another look at the same file, so that none of it is."""
        return self.data


@dataclass
class JudgedCounts:
    """What became of prompts.

    Attributes:
        prompts: how many.
        pairs: of their answers.
        ties: prompts without a pair: no answer is better than another one that reads differently; empty ones do not
            count.
        too_long: they leave no room for an answer.
    """

    prompts: int = 0
    pairs: int = 0
    ties: int = 0
    too_long: int = 0

    def __str__(self) -> str:
        left_out = [
            f"{count:,} {what}"
            for count, what in ((self.ties, "without two answers of which one is better"), (self.too_long, "too long"))
            if count
        ]
        prompts = f"{self.prompts:,} {'prompt' if self.prompts == 1 else 'prompts'}"
        return f"{self.pairs:,} {'pair' if self.pairs == 1 else 'pairs'} of {prompts}" + (
            f" ({', '.join(left_out)})" if left_out else ""
        )


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn, and labels flipped: see JudgeConfig."""

    samples: int
    max_new_tokens: int
    pairs: int = 1
    flipped: float = 0.0
    temperature: float = 1.0
    seed: int = 0


def judge(config: JudgeConfig) -> JudgedCounts:
    """Lets a model answer and a judge prefer, and writes the pairs: JSON lines {"prompt", "chosen", "rejected", ...}.

    What has been judged is kept, also where the judge raises or Ctrl-C is pressed.

    Raises:
        OSError: a file is not there, cannot be read or written, or is there already.
        ValueError: a setting or a file is not what it should be; or the judge fails, see pyllm.train.practice.
    """
    from pyllm.tasks.registry import chosen_tasks
    from pyllm.train.trained_models import model_folder, open_model

    _check(config)
    practice, prompts = practice_of(config), config.prompts or PROMPTS
    if isinstance(practice, RewardPractice):
        prompts = min(prompts, len(practice.problems))
    problems = [practice.problem(index) for index in range(prompts)]
    if config.threads is not None:
        set_num_threads(config.threads)
    model, tok = open_model(model_folder(config.model), chat=False, trainable=False)
    if not has_chat_tokens(tok):
        raise ValueError("the model has no special tokens for conversations: tune it first with `pyllm sft`")
    tasks = chosen_tasks(config.tasks).values()
    longest = config.max_new_tokens or max((task.max_new_tokens for task in tasks), default=MOST_NEW_TOKENS)
    longest = min(longest, model.cfg.context - 1)
    shared = ("samples", "pairs", "flipped", "temperature", "seed")
    sampling = Sampling(max_new_tokens=longest, **{name: getattr(config, name) for name in shared})
    make_folder(config.out.parent)
    counts, lines = JudgedCounts(), b""
    with Progress("judging answers", "prompts", total=len(problems), show=config.progress) as bar:
        try:
            for pairs in preferences_of(model, tok, practice, problems, sampling, counts):
                lines += json_lines(pairs)
                write_whole(config.out, lines)
                bar.update(counts.prompts, lambda: [f"{counts.pairs:,} pairs"])
        except BaseException:
            if counts.pairs:
                print(f"{config.out} keeps {counts}", file=sys.stderr)
            raise
    return counts


def preferences_of(
    model: GPT,
    tok: Tokenizer,
    practice: Practice,
    problems: Sequence[Problem],
    sampling: Sampling,
    counts: JudgedCounts,
) -> Iterator[list[dict[str, Any]]]:
    """Preferences, some at a time.

    Args:
        model: who answers.
        tok: its tokenizer.
        practice: who judges.
        problems: what is asked.
        sampling: how.
        counts: what became of the prompts so far is added.

    Yields:
        {"prompt", "chosen", "rejected", "chosen_reward", "rejected_reward", "flipped"}; where the label is flipped,
        what is rejected has the higher reward.
    """
    engine, source = Engine(model, tok), random.Random(f"flipped labels, {sampling.seed}")
    for begin in range(0, len(problems), PROMPTS_AT_ONCE):
        some = range(begin, min(begin + PROMPTS_AT_ONCE, len(problems)))
        prompts = {index: prompt_of(problems[index], tok) for index in some}
        asked = [index for index in some if len(prompts[index]) < model.cfg.context]
        samples = engine.generate(
            [prompts[index] for index in asked],
            n=sampling.samples,
            max_new_tokens=sampling.max_new_tokens,
            temperature=sampling.temperature,
            stop=END_OF_TURN,
            seed=(sampling.seed + begin) % (1 << 64),
        )
        completions = [completion_of(sample, tok) for sample in samples]
        answered = [index for index in asked for _ in range(sampling.samples)]
        judgements = practice.judge(answered, [problems[index] for index in answered], completions)
        pairs = []
        for place, index in enumerate(asked):
            first = place * sampling.samples
            answers = [one for one in range(first, first + sampling.samples) if completions[one].strip()]
            answers.sort(key=lambda one: -judgements[one].reward)
            couples = [
                (better, worse)
                for better, worse in itertools.combinations(answers, 2)
                if judgements[better].reward > judgements[worse].reward and completions[better] != completions[worse]
            ]
            couples.sort(key=lambda couple: judgements[couple[1]].reward - judgements[couple[0]].reward)
            counts.ties += not couples
            for couple in couples[: sampling.pairs]:
                flipped = source.random() < sampling.flipped
                chosen, rejected = reversed(couple) if flipped else couple
                pairs.append(
                    {
                        "prompt": plain_prompt(problems[index].messages),
                        "chosen": completions[chosen],
                        "rejected": completions[rejected],
                        "chosen_reward": judgements[chosen].reward,
                        "rejected_reward": judgements[rejected].reward,
                        "flipped": flipped,
                    }
                )
        counts.prompts += len(some)
        counts.too_long += len(some) - len(asked)
        counts.pairs += len(pairs)
        yield pairs


def _check(config: JudgeConfig) -> None:
    if config.out.exists():
        raise FileExistsError(f"{config.out} is there already: give another name as out, or remove it")
    if bool(config.data) == bool(config.tasks):
        raise ValueError("give either data, a file of prompts, or the names of tasks")
    if config.data and config.reward is None:
        raise ValueError('data need a judge: give a reward, "file.py:function" or "answer"')
    if config.tasks and config.reward is not None:
        raise ValueError("tasks have their own rewards: a reward goes with data")
    check_positive(config, ("prompts", "pairs", "max_new_tokens"))
    if config.samples < 2:
        raise ValueError(f"samples must be at least 2, one to be preferred to another one, got {config.samples}")
    if not 0 <= config.flipped < 0.5:
        raise ValueError(f"flipped must be at least 0 and below 1/2, got {config.flipped}")
    if not 0 < config.temperature < math.inf:
        raise ValueError(f"temperature must be positive, got {config.temperature}: all answers would be the same")
