"""What a task is: problems to practise on and to be examined in, each with an expert's answer and a judge."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to ask.

    Attributes:
        messages: of a conversation that ends with the user's turn; see pyllm.chat.
        solution: what an expert answers.
        columns: what a judge must know, by name, such as {"answer": "85"}; plain JSON values.
    """

    messages: tuple[Mapping[str, Any], ...]
    solution: str
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """The text of the last turn."""
        content: str = self.messages[-1]["content"]
        return content

    @property
    def conversation(self) -> list[Mapping[str, Any]]:
        """The messages, answered by the expert."""
        return [*self.messages, {"role": "assistant", "content": self.solution}]


class Task(ABC):
    """Something that a model practises or is examined in.

    What is held out is never in a problem for training, in its question or in its answer: the two sides are split by a
    hash of the thing itself (pyllm.data.miniweb.held_out), whatever the seed.
    """

    name: ClassVar[str]  # of lower-case words joined by "_"
    max_new_tokens: int  # that a right answer needs, with reserve
    is_multiline: ClassVar[bool] = False  # whether an answer has several lines

    @abstractmethod
    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        """A problem: one for examinations alone, or one for training."""

    @abstractmethod
    def reward(self, problem: Problem, completion: str) -> float:
        """How right an answer is: 1 for right, 0 for wrong, or something between."""

    @abstractmethod
    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        """Whether an answer has the form that was asked for, right or wrong."""

    def metrics(self, problem: Problem, completion: str) -> dict[str, float]:
        """What else is worth knowing of an answer, to be averaged over many: how it was found, say."""
        return {}

    def commonest_answer(self, problems: list[Problem]) -> str | None:
        """The completion that is right for most of these problems; None where always answering alike is no strategy."""
        return None

    def problems(self, count: int, seed: int, held_out: bool = False) -> list[Problem]:
        """So many problems; the first ones are the same for any count, and another seed has others."""
        side = "examination" if held_out else "training"
        return [
            self.problem(random.Random(f"{self.name}, {side}, {seed}, {index}"), held_out) for index in range(count)
        ]
