"""What reinforcement learning practises on, and who judges the answers: tasks of ours, or a user's problems and reward.

A user's reward is a plain function reward(prompts, completions, **columns) -> list[float], called once for all
completions of a step. It is a stranger's code: what it does wrong becomes one sentence that names it and the prompt.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from numbers import Real
from typing import Any, NamedTuple

from pyllm.data.loader import permuted
from pyllm.tasks import Problem, Task
from pyllm.tasks.rewards import Reward
from pyllm.train.loop import DataError

RIGHT = 1.0  # the reward that a task gives for a right answer
LONGEST_QUOTE = 60  # characters of a prompt in a message


class RewardError(DataError):
    """A reward function has raised, or returned what are no rewards."""


class Judgement(NamedTuple):
    """What came of a completion.

    reward: finite. metrics: figures of which the means are shown, by name; every completion has the same names.
    """

    reward: float
    metrics: Mapping[str, float]


class Practice(ABC):
    """Problems without end, those for examinations apart from them, and a judge.

    Attributes:
        judges: whether judgements mean anything.
    """

    judges = True

    @abstractmethod
    def problem(self, index: int) -> Problem:
        """The problem of a place in the sequence; the same one at every call."""

    @abstractmethod
    def held_out(self, count: int) -> list[Problem]:
        """At most so many problems that are never practised on."""

    @abstractmethod
    def judge(self, indices: Sequence[int], problems: Sequence[Problem], completions: Sequence[str]) -> list[Judgement]:
        """Judges completions.

        Args:
            indices: the place of each one's problem, as for `problem`; in held_out's list, for those.
            problems: of each completion.
            completions: what the assistant has said to the user.

        Raises:
            RewardError: the judge is a user's function that fails.
        """

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """What the sequence of problems depends on, for JSON."""


class TaskPractice(Practice):
    """Tasks in turn, with problems that are made as they are needed.

    Args:
        tasks: at least one.
        seed: of the problems; any other draws of the same task have others.

    Raises:
        ValueError: there is no task.
    """

    def __init__(self, tasks: Sequence[Task], seed: int) -> None:
        if not tasks:
            raise ValueError("there is nothing to practise: name at least one task")
        self.tasks, self.seed = tuple(tasks), seed

    def problem(self, index: int) -> Problem:
        task = self.tasks[index % len(self.tasks)]
        return task.problem(random.Random(f"{task.name}, practice, {self.seed}, {index // len(self.tasks)}"))

    def held_out(self, count: int) -> list[Problem]:
        each = [task.problems(-(-count // len(self.tasks)), self.seed, held_out=True) for task in self.tasks]
        return [problem for together in zip(*each, strict=True) for problem in together][:count]

    def judge(self, indices: Sequence[int], problems: Sequence[Problem], completions: Sequence[str]) -> list[Judgement]:
        judgements = []
        for index, problem, completion in zip(indices, problems, completions, strict=True):
            task = self.tasks[index % len(self.tasks)]
            reward = float(task.reward(problem, completion))
            metrics = dict(task.metrics(problem, completion)) if len(self.tasks) == 1 else {}
            judgements.append(Judgement(reward, {"accuracy": float(reward >= RIGHT), **metrics}))
        return judgements

    def identity(self) -> dict[str, Any]:
        return {"tasks": [task.name for task in self.tasks], "seed": self.seed}


class Shuffled(Practice):
    """A user's problems, shuffled epoch after epoch.

    Args:
        problems: to practise on; at least one.
        examination: those never practised on; may be empty.
        seed: of the order.

    Raises:
        ValueError: there is no problem.
    """

    judges = False

    def __init__(self, problems: Sequence[Problem], examination: Sequence[Problem], seed: int) -> None:
        if not problems:
            raise ValueError("there is nothing to practise: there is no problem")
        self.problems, self.examination, self.seed = tuple(problems), tuple(examination), seed
        self._digest = blake2b(repr(self.problems).encode(), digest_size=8).hexdigest()

    def problem(self, index: int) -> Problem:
        epoch, place = divmod(index, len(self.problems))
        return self.problems[permuted(place, len(self.problems), self.seed, epoch)]

    def held_out(self, count: int) -> list[Problem]:
        return list(self.examination[:count])

    def judge(self, indices: Sequence[int], problems: Sequence[Problem], completions: Sequence[str]) -> list[Judgement]:
        return [Judgement(0.0, {})] * len(completions)

    def identity(self) -> dict[str, Any]:
        return {"problems": self._digest, "seed": self.seed}


class RewardPractice(Shuffled):
    """A user's problems, shuffled epoch after epoch, and his reward function.

    Args:
        problems: to practise on; at least one.
        examination: those never practised on; may be empty.
        reward: the function.
        name: of the function, for messages.
        seed: of the order.

    Raises:
        ValueError: there is no problem.
    """

    judges = True

    def __init__(
        self, problems: Sequence[Problem], examination: Sequence[Problem], reward: Reward, name: str, seed: int
    ) -> None:
        super().__init__(problems, examination, seed)
        self.reward, self.name = reward, name

    def judge(self, indices: Sequence[int], problems: Sequence[Problem], completions: Sequence[str]) -> list[Judgement]:
        try:
            values = self._call(problems, completions)
        except Exception as error:
            place = self._first_that_raises(problems, completions)
            on = f"{len(completions)} completions" if place is None else _quoted(indices[place], problems[place])
            raise RewardError(f"the reward function {self.name} raised {_told(error)}, on {on}") from error
        return [
            Judgement(self._checked(value, index, problem), {})
            for value, index, problem in zip(self._listed(values, len(completions)), indices, problems, strict=True)
        ]

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "reward": self.name}

    def _call(self, problems: Sequence[Problem], completions: Sequence[str]) -> Any:
        names = {name for problem in problems for name in problem.columns}
        columns = {name: [problem.columns.get(name) for problem in problems] for name in sorted(names)}
        return self.reward([problem.question for problem in problems], list(completions), **columns)

    def _first_that_raises(self, problems: Sequence[Problem], completions: Sequence[str]) -> int | None:
        """The first completion on which the function raises when it gets that alone."""
        for place, (problem, completion) in enumerate(zip(problems, completions, strict=True)):
            try:
                self._call([problem], [completion])
            except Exception:
                return place
        return None

    def _listed(self, values: Any, count: int) -> list[Any]:
        try:
            listed = list(values)
        except TypeError:
            raise RewardError(
                f"the reward function {self.name} returned {type(values).__name__}, expected a list of {count} numbers"
            ) from None
        if len(listed) != count:
            raise RewardError(
                f"the reward function {self.name} returned {len(listed)} rewards for {count} completions, "
                "expected one for each"
            )
        return listed

    def _checked(self, value: Any, index: int, problem: Problem) -> float:
        if not isinstance(value, Real) or not math.isfinite(value):
            found = value if isinstance(value, Real) else f"{type(value).__name__} {value!r}"[:LONGEST_QUOTE]
            raise RewardError(
                f"the reward function {self.name} returned {found} for {_quoted(index, problem)}, "
                "expected a finite number"
            )
        return float(value)


def _quoted(index: int, problem: Problem) -> str:
    """A prompt's place and how it begins."""
    question = problem.question
    return f"prompt {index} ({question if len(question) <= LONGEST_QUOTE else question[: LONGEST_QUOTE - 3] + '...'!r})"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
