"""`pyllm evaluate`: how many questions a model answers rightly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from tyro.conf import UseAppendAction

from pyllm.markdown import markdown_table
from pyllm.options import OptionalPath, OptionalText
from pyllm.progress import Progress


def evaluate(
    *,
    model: OptionalPath = None,
    tokenizer: OptionalPath = None,
    data: OptionalPath = None,
    ask: Literal["letters", "endings"] = "letters",
    reward: OptionalText = None,
    max_new_tokens: int = 256,
    tasks: UseAppendAction[tuple[str, ...]] = (),
    count: int = 500,
    seed: int = 0,
    document: bool = False,
    follow_up: bool = False,
    most: int = 0,
) -> None:
    """Examine a model: in our tasks, on problems that no training shows, or on a file of problems or multiple choice.

    Args:
        model: a run's folder (its last stage's last checkpoint), a checkpoint, or any folder with config.json and
            model.safetensors; default: the run that was last at work in runs/.
        tokenizer: a tokenizer.json; default: the one in the folder.
        data: questions with choices, as HellaSwag's (ctx, endings, label) or MMLU's (question, choices, answer), in
            JSON lines or CSV; default: our tasks.
        ask: for questions with --data that have answers and not endings: list the choices and look for the likeliest
            letter, or look for the likeliest answer.
        reward: --data has problems to be answered, in place of choices, and this judges the answers: FILE.py:FUNCTION,
            a function reward(prompts, completions, **columns) -> list[float], or "answer", which compares what an
            answer comes to with the column answer, such as GSM8K's.
        max_new_tokens: the most tokens of such an answer.
        tasks: one of ours, and how many of its problems: "facts=100"; without a number, its part of the count. May be
            given several times. Default: all.
        count: problems of all tasks together that have no number.
        seed: of the problems.
        document: ask as a page of a forum does, for a base model that has seen no conversation.
        follow_up: ask each problem of our tasks as the second question of a conversation, behind one of another task.
        most: so many questions of --data; 0: all.
    """
    from pyllm.tasks.examination import examine
    from pyllm.tasks.file_task import FileTask
    from pyllm.tasks.files import load_problems
    from pyllm.tasks.multiple_choice import Question, evaluate_choices, load_questions
    from pyllm.tasks.registry import chosen_tasks
    from pyllm.tasks.rewards import load_reward
    from pyllm.train.trained_models import model_folder, open_model

    if follow_up and (document or data is not None):
        raise ValueError("--follow-up is for conversations about our tasks: leave out --document and --data")
    if most < 0:
        raise ValueError(f"--most must be at least 0, got {most}")
    counts = _counts(tasks, count)
    chosen = chosen_tasks(list(counts))
    questions: list[Question] = []
    if data is not None and reward is not None:
        problems = load_problems(data)
        chosen = {data.name: FileTask([], problems, load_reward(reward), max_new_tokens)}
        counts = {data.name: most or len(problems)}
    elif data is not None:
        questions = load_questions(data)[: most or None]
    elif reward is not None:
        raise ValueError("--reward judges the answers to problems of a file: pass --data, too")
    folder = model_folder(model)
    gpt, tok = open_model(folder, tokenizer, chat=not questions and not document, trainable=False)
    with Progress("evaluate", "%", 100, show=True) as progress:

        def show(share: float) -> None:
            progress.update(round(100 * share))

        if questions:
            rows = _choices_rows(evaluate_choices(gpt, tok, questions, ask, show))
        else:
            result = examine(gpt, tok, chosen, counts, seed, as_document=document, follow_up=follow_up, show=show)
            rows = _tasks_rows(result)
    print(f"Model: {folder}")
    print("\n".join(markdown_table(*rows)))


def _counts(tasks: Sequence[str], count: int) -> dict[str, int]:
    """How many problems of each task: its own number, or an even part of the count."""
    from pyllm.tasks.examination import counts_of
    from pyllm.tasks.registry import TASKS

    counts = {}
    for one in tasks or TASKS:
        name, equals, number = one.partition("=")
        if equals and not (re.fullmatch("[0-9]{1,9}", number) and int(number)):
            raise ValueError(f"--tasks {one}: expected a number of problems behind =, such as {name}=100")
        if name in counts:
            raise ValueError(f"the task {name} is given twice")
        counts[name] = int(number) if equals else 0
    others = [name for name, own in counts.items() if not own]
    return counts | (counts_of(others, count) if others else {})


def _choices_rows(result: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = ("questions", "right", "right per byte", "by chance")
    right = f"{_percent(result['accuracy'])} ± {_percent(result['standard_error'])}"
    chance = _percent(result["chance"])
    return header, [(f"{result['questions']:,}", right, _percent(result["accuracy_per_byte"]), chance)]


def _tasks_rows(result: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = ("task", "problems", "right", "commonest answer", "ended", "in the asked form", "tokens")
    rows: list[tuple[str, ...]] = []
    for name, one in result["tasks"].items():
        commonest = "" if one["commonest"] is None else _percent(one["commonest"])
        shares = (_percent(one["correct"]), commonest, _percent(one["ended"]), _percent(one["well_formed"]))
        rows.append((name, f"{one['count']:,}", *shares, f"{one['tokens']:.1f}"))
    return header, rows


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
