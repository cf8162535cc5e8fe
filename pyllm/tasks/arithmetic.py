"""Additions: of two or three digits, free to answer at once or step by step; of two digits, as is asked for.

A small model soon knows most sums of two digits by heart; whether it is worth thinking shows where it does not.
"""

from __future__ import annotations

import random
import re
from abc import abstractmethod

from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.data.miniweb.homework_steps import worked_in_digits
from pyllm.data.miniweb.wording import fill, pick
from pyllm.tasks.task import Problem, Task

AT_ONCE_SHARE = 0.7  # of the solutions of an addition that says nothing of steps

FREE_QUESTIONS = [
    "What is {problem}?",
    "What is {problem}?",
    "How much is {problem}?",
    "What do I get for {problem}?",
    "What is the answer to {problem}?",
    "(Can|Could) you (solve|calculate|work out) {problem} for me?",
    "Can you tell me what {problem} is?",
    "(Please help|Help) me with {problem}.",
    "I have to do {problem} for school. What is (it|the answer)?",
    "(My son|My daughter|My friend|Our teacher) asks what {problem} is. What should I say?",
    "For my homework: what is {problem}?",
    "I need the answer to {problem}.",
    "(Please calculate|Calculate|Please solve|Solve) {problem}.",
    "(Do you know|Who knows) how much {problem} is?",
]
STEPS_QUESTIONS = [
    "What is {problem}, step by step?",
    "(Please solve|Solve|Please calculate) {problem} step by step.",
    "How much is {problem}? (Show|Tell) me the steps.",
    "(Can|Could) you show me how to do {problem}, step by step?",
    "Please help me with {problem}. What are the steps?",
    "How do I work out {problem}, step by step?",
    "(Could|Can) you do {problem} for me, with all the steps?",
    "(My son|My daughter) does not understand {problem}. How do I explain it, step by step?",
    "I have to do {problem} for school. How does it go, step by step?",
]
AT_ONCE_QUESTIONS = [
    "What is {problem}? (Answer|Reply) with the number alone.",
    "What is {problem}? Just the number, please.",
    "How much is {problem}? Give me only the number.",
    "How much is {problem}? I only need the number.",
    "(Give|Tell) me only the number: what is {problem}?",
    "(Please calculate|Calculate) {problem} and answer with the number alone.",
    "Without any steps, just the number: how much is {problem}?",
]

_NUMBER = re.compile(r"-?\d+(?:,\d{3})*")
_ANSWER = re.compile(r"answer is (-?\d+)", re.IGNORECASE)
_STEP = re.compile(r"(?<!\d)\d \+ \d(?: \+ 1)? = \d|\bones: ", re.IGNORECASE)
_WORKED = re.compile(
    r"\d+ \+ \d+: (?:\d \+ \d(?: \+ 1)? = \d+(?:, write \d(?:, carry 1)?)?\. )+The answer is \d+\.", re.ASCII
)
_AT_ONCE = re.compile(r"\d+ \+ \d+ = \d+\.", re.ASCII)


def final_number(completion: str) -> int | None:
    """The number that an answer comes to: what its last "answer is" names, or its last number; None: it has none."""
    found = _ANSWER.findall(completion) or _NUMBER.findall(completion)
    try:
        return int(found[-1].replace(",", "")) if found else None
    except ValueError:  # more digits than Python reads
        return None


def answered_by_steps(completion: str) -> bool:
    """Whether an answer works the sum out column by column, in digits or in words."""
    return _STEP.search(completion) is not None


class _Addition(Task):
    questions: list[str]
    digits: tuple[int, ...] = (2,)  # of each number; one of these

    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        while True:
            digits = pick(rng, self.digits)
            left, right = (rng.randrange(10 ** (digits - 1), 10**digits) for _ in range(2))
            if is_held_out("operands", operands_key(left, "+", right)) == held_out:
                break
        question = fill(rng, pick(rng, self.questions), {"problem": f"{left} + {right}"})
        columns = {"left": left, "right": right, "answer": str(left + right)}
        return Problem(({"role": "user", "content": question},), self._solution(rng, left, right), columns)

    def reward(self, problem: Problem, completion: str) -> float:
        return float(final_number(completion) == int(problem.columns["answer"]))

    def metrics(self, problem: Problem, completion: str) -> dict[str, float]:
        return {"by_steps": float(answered_by_steps(completion))}

    @abstractmethod
    def _solution(self, rng: random.Random, left: int, right: int) -> str:
        """What an expert answers."""


class Addition(_Addition):
    """A sum of two or three digits; the question leaves open how it is to be found, the experts of training do both.

    An answer at once is "347 + 285 = 632.", as the pages have it; the other is as that of `AdditionSteps`.
    """

    name = "addition"
    digits = (2, 3, 3, 3)
    max_new_tokens = 96
    questions = FREE_QUESTIONS

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return any(form.fullmatch(completion.strip()) for form in (_AT_ONCE, _WORKED))

    def _solution(self, rng: random.Random, left: int, right: int) -> str:
        at_once = rng.random() < AT_ONCE_SHARE
        return f"{left} + {right} = {left + right}." if at_once else worked_in_digits(left, "+", right)


class AdditionSteps(_Addition):
    """A sum asked for step by step: "47 + 38: 7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. The answer is 85."."""

    name = "addition_steps"
    max_new_tokens = 96
    questions = STEPS_QUESTIONS

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return _WORKED.fullmatch(completion.strip()) is not None

    def _solution(self, rng: random.Random, left: int, right: int) -> str:
        return worked_in_digits(left, "+", right)


class AdditionAtOnce(_Addition):
    """A sum whose number alone is asked for: "85"."""

    name = "addition_at_once"
    max_new_tokens = 16
    questions = AT_ONCE_QUESTIONS

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        return re.fullmatch(r"\d+\.?", completion.strip(), re.ASCII) is not None

    def _solution(self, rng: random.Random, left: int, right: int) -> str:
        return str(left + right)
