"""A task of a user's problems: those of a file, judged by a reward function."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pyllm.tasks.rewards import Reward
from pyllm.tasks.task import Problem, Task


class FileTask(Task):
    """Problems that were read from files.

    Args:
        training: to practise on.
        examination: to be examined in; where one of the two is empty, the other one stands for it.
        reward: judges: see pyllm.tasks.rewards.
        max_new_tokens: the most of an answer.

    Raises:
        ValueError: there is no problem.
    """

    name = "file"
    is_multiline = True

    def __init__(
        self, training: Sequence[Problem], examination: Sequence[Problem], reward: Reward, max_new_tokens: int = 256
    ) -> None:
        if not training and not examination:
            raise ValueError("a task of files needs at least one problem")
        self._problems = {False: tuple(training or examination), True: tuple(examination or training)}
        self._reward = reward
        self.max_new_tokens = max_new_tokens

    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        return rng.choice(self._problems[held_out])

    def problems(self, count: int, seed: int, held_out: bool = False) -> list[Problem]:
        """So many different problems; all of them where there are no more."""
        own = self._problems[held_out]
        return random.Random(f"{self.name}, {seed}").sample(own, len(own))[:count]

    def reward(self, problem: Problem, completion: str) -> float:
        columns = {name: [value] for name, value in problem.columns.items()}
        return float(self._reward([problem.question], [completion], **columns)[0])

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        """Whether there is an answer at all: nobody has said what it should look like."""
        return bool(completion.strip())
