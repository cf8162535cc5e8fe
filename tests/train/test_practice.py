"""What is practised on, and what becomes of a reward function that does something wrong."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import pytest

from pyllm.tasks.registry import TASKS
from pyllm.tasks.task import Problem
from pyllm.train.practice import RewardError, RewardPractice, TaskPractice


def problem(question: str, **columns: Any) -> Problem:
    return Problem(({"role": "user", "content": question},), "", columns)


PROBLEMS = [problem(f"What is {number} + 1?", answer=number + 1) for number in range(7)]


def practice(reward: Callable[..., Any]) -> RewardPractice:
    return RewardPractice(PROBLEMS, PROBLEMS[:0], reward, "mine.py:reward", seed=3)


def test_tasks_take_turns_and_hold_out() -> None:
    two = TaskPractice([TASKS["addition"], TASKS["spelling"]], seed=5)
    assert [two.problem(index) for index in range(4)] == [two.problem(index) for index in range(4)]
    assert "answer" in two.problem(2).columns and two.problem(2) != two.problem(0)
    held_out = two.held_out(5)
    assert len(held_out) == 5 and {"left", "right"} <= set(held_out[4].columns) - set(held_out[1].columns)
    both = two.judge(range(5), held_out, [one.solution for one in held_out])
    assert [one.reward for one in both] == [1.0] * 5 and all(one.metrics == {"accuracy": 1.0} for one in both)
    (wrong,) = TaskPractice([TASKS["addition"]], 0).judge([0], [held_out[0]], ["7 + 8 = 15, I think: 3"])
    assert wrong.reward == 0 and wrong.metrics == {"accuracy": 0.0, "by_steps": 1.0}
    with pytest.raises(ValueError, match="there is nothing to practise: name at least one task"):
        TaskPractice([], 0)


def test_a_users_problems_come_in_epochs() -> None:
    mine = practice(lambda prompts, completions, **columns: [])
    epochs = [[mine.problem(epoch * 7 + place).question for place in range(7)] for epoch in range(3)]
    questions = sorted(one.question for one in PROBLEMS)
    assert all(sorted(epoch) == questions for epoch in epochs) and epochs[0] != epochs[1] != epochs[2]


def test_a_users_reward_gets_all_at_once() -> None:
    calls = []

    def reward(prompts: list[str], completions: list[str], **columns: list[Any]) -> Any:
        calls.append((prompts, completions, columns))
        return numpy.array(
            [float(text == str(answer)) for text, answer in zip(completions, columns["answer"], strict=True)]
        )

    some = [*PROBLEMS[:2], problem("Who?", hint="x")]
    judgements = practice(reward).judge([4, 5, 6], some, ["1", "1", "2"])
    assert [one.reward for one in judgements] == [1.0, 0.0, 0.0]
    prompts = ["What is 0 + 1?", "What is 1 + 1?", "Who?"]
    assert calls == [(prompts, ["1", "1", "2"], {"answer": [1, 2, None], "hint": [None, None, "x"]})]


def raising(prompts: Sequence[str], completions: Sequence[str], **columns: Any) -> list[float]:
    return [1 / len(text) for text in completions]


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (raising, r"raised ZeroDivisionError: division by zero, on prompt 5 \('What is 1 \+ 1\?'\)$"),
        (lambda prompts, completions, **c: [1.0, math.nan], r"returned nan for prompt 5 \('What is 1 \+ 1\?'\), exp"),
        (
            lambda prompts, completions, **c: [1.0, -math.inf],
            r"returned -inf for prompt 5 .*, expected a finite number",
        ),
        (lambda prompts, completions, **c: [1.0, "good"], r"returned str 'good' for prompt 5 \("),
        (lambda prompts, completions, **c: [1.0, None], r"returned NoneType None for prompt 5 \("),
        (lambda prompts, completions, **c: [1.0], r"returned 1 rewards for 2 completions, expected one for each$"),
        (lambda prompts, completions, **c: 3, r"returned int, expected a list of 2 numbers$"),
        (lambda prompts, completions: [1.0, 1.0], r"raised TypeError: .*unexpected keyword argument 'answer', on prom"),
    ],
)
def test_a_reward_that_fails_is_named_with_its_prompt(reward: Callable[..., Any], message: str) -> None:
    with pytest.raises(RewardError, match=r"^the reward function mine\.py:reward " + message):
        practice(reward).judge([4, 5], PROBLEMS[:2], ["yes", ""])


def test_a_reward_that_only_fails_on_many() -> None:
    def reward(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        if len(prompts) > 1:
            raise RuntimeError
        return [1.0]

    with pytest.raises(RewardError, match=r"raised RuntimeError, on 2 completions$"):
        practice(reward).judge([4, 5], PROBLEMS[:2], ["a", "b"])
