"""Answers to problems in words, and a user's own reward functions."""

import random

import pytest

from pyllm.tasks.answers import answer_reward, final_answer, is_same_answer, number_in, without_marks
from pyllm.tasks.file_task import FileTask
from pyllm.tasks.rewards import load_reward, with_known_columns
from pyllm.tasks.task import Problem


def test_marks_and_final_answers():
    text = "48/2 = <<48/2=24>>24 clips.\nSo 24+48 = $<<24+48=72>>72.\n#### 72"
    assert without_marks(text) == "48/2 = 24 clips.\nSo 24+48 = $72.\n#### 72"
    assert final_answer(text) == "72"
    assert final_answer("The answer is: 7 apples.") == "7 apples."
    assert number_in("so 5-3 = 2") == 2 and number_in("it fell to -3") == -3
    assert number_in("1, 2, 3", last=False) == 1
    assert number_in("none") is None and number_in("9" * 100) is None


@pytest.mark.parametrize(
    ("completion", "truth", "same"),
    [
        ("#### 1,000", "1000", True),
        ("#### $1000.00", "1000", True),
        ("#### 1000.5", "1000", False),
        ("#### 72 clips", "#### 72", True),
        ("72", "72.0", True),
        ("She has 48 + 24 = 72 clips.", "72", True),
        ("#### 72\n#### 73", "72", False),
        ("The answer is 72. I counted 3 times.", "72", True),
        ("I do not know.", "72", False),
        ("", "72", False),
        ("####", "72", False),
        ("7 2", "72", False),
        ("-5", "5", False),
        ("50%", "50", True),
        ("The answer is Paris.", "paris", True),
        ("It is Paris.", "Paris", False),
        ("", "", False),
    ],
)
def test_what_is_the_same_answer(completion, truth, same):
    assert is_same_answer(completion, truth) == same


def test_the_reward_of_answers():
    assert answer_reward(["a", "b"], ["#### 3", "#### 4"], answer=["3", 5], level=[1, 2]) == [1.0, 0.0]
    assert load_reward("answer") is answer_reward


def write(path, text):
    path.write_text(text)
    return path


def test_a_users_function_gets_the_columns_that_it_knows(tmp_path):
    path = write(
        tmp_path / "mine.py",
        "def short(prompts, completions):\n    return [-len(one) for one in completions]\n"
        "def column(prompts, completions, level, other=None):\n    assert other is None\n    return level\n"
        "def all_columns(prompts, completions, **columns):\n    return [len(columns)] * len(prompts)\n"
        "class Judge:\n    def __call__(self, prompts, completions):\n        return [1.0]\n"
        "judge = Judge()\nNUMBER = 3\nasync def later(prompts, completions):\n    return []\n"
        "def alone(completions):\n    return []\n",
    )
    assert load_reward(f"{path}:short")(["a"], ["bcd"], level=[3], more=[4]) == [-3]
    assert load_reward(f"{path}:column")(["a"], ["bcd"], level=[3], more=[4]) == [3]
    assert load_reward(f"{path}:all_columns")(["a"], ["bcd"], level=[3], more=[4]) == [2]
    assert load_reward(f"{path}:judge")(["a"], ["bcd"], level=[3]) == [1.0]
    with pytest.raises(ValueError, match=r"mine.py has no function shrt; it has short, column, all_columns"):
        load_reward(f"{path}:shrt")
    with pytest.raises(ValueError, match=r"NUMBER in .*mine.py is no function but int"):
        load_reward(f"{path}:NUMBER")
    with pytest.raises(ValueError, match=r"mine.py:later is asynchronous"):
        load_reward(f"{path}:later")
    with pytest.raises(ValueError, match=r"takes 1 arguments by place, expected prompts and completions"):
        load_reward(f"{path}:alone")
    with pytest.raises(TypeError, match="level"):
        load_reward(f"{path}:column")(["a"], ["bcd"])


@pytest.mark.parametrize("name", ["", ":", "mine.py", "mine.py:", ":reward", "answers"])
def test_names_of_no_function(name):
    with pytest.raises(
        ValueError, match=r"names no reward function: expected FILE.py:FUNCTION, or one of ours: answer"
    ):
        load_reward(name)


def test_files_that_cannot_be_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_reward(f"{tmp_path}/none.py:reward")
    with pytest.raises(ValueError, match="is not a Python file"):
        load_reward(f"{write(tmp_path / 'a.txt', 'x = 1')}:reward")
    for text, reason in (
        ("def (", "SyntaxError"),
        ("import nothing_of_it", "ModuleNotFound"),
        ("exit(3)", "SystemExit"),
    ):
        with pytest.raises(ValueError, match=f"broken.py cannot be loaded: {reason}"):
            load_reward(f"{write(tmp_path / 'broken.py', text)}:reward")


def test_functions_that_do_not_tell_their_parameters():
    assert with_known_columns(max, "max") is max
    assert with_known_columns(lambda *lists: [1.0], "mine")(["a"], ["b"], level=[1]) == [1.0]


def test_a_task_of_files():
    problems = [Problem(({"role": "user", "content": str(place)},), "", {"answer": str(place)}) for place in range(9)]
    task = FileTask(problems[:4], problems[4:], answer_reward, 12)
    assert task.max_new_tokens == 12
    asked = [problem.question for problem in task.problems(20, 0, held_out=True)]
    assert sorted(asked) == list("45678") and asked != sorted(asked)
    assert [problem.question for problem in task.problems(3, 0, held_out=True)] == asked[:3]
    assert {task.problem(random.Random(seed)).question for seed in range(50)} == set("0123")
    assert task.reward(problems[7], "It is 7.") == 1 and task.reward(problems[7], "It is 8.") == 0
    assert task.is_well_formed(problems[7], "7") and not task.is_well_formed(problems[7], " ")
    assert len(FileTask([], problems, answer_reward).problems(20, 0)) == 9
    with pytest.raises(ValueError, match="needs at least one problem"):
        FileTask([], [], answer_reward)
