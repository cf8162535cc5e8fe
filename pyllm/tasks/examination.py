"""The examination: what a model answers to problems that no training showed, how many are right, and how they look."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyllm.chat import BEGINNING, END_OF_TURN, read_answer, render, text_of
from pyllm.engine import Engine, Sample
from pyllm.model import GPT
from pyllm.tasks.task import Problem, Task
from pyllm.tokenizer import Tokenizer

RIGHT = 1.0  # the reward of an answer that is right
SHOWN = 10  # prompts whose answers stand side by side for all models
SHOWN_SEED = "every model"  # of these prompts

DOCUMENT = "Question: {question}\nAnswer:"  # as the forum's pages have it


def examine(
    model: GPT,
    tok: Tokenizer,
    tasks: Mapping[str, Task] | Sequence[str],
    count: int | Mapping[str, int] = 500,
    seed: int = 0,
    stage: str = "sft",
    as_document: bool = False,
    follow_up: bool = False,
    show: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Asks a model held-out problems, and judges its likeliest answers.

    Args:
        model: any.
        tok: its tokenizer, with the special tokens of conversations unless the prompts are documents.
        tasks: by name; or names of ours.
        count: problems of all tasks together, spread evenly; or by task.
        seed: of the problems.
        stage: of training that the model comes from, for the result.
        as_document: ask in the plain text of a forum's page, as a model must be asked that has seen no conversation.
        follow_up: ask each problem as the second question of a conversation, whose first one is of another of the
            tasks, if it can be of one with short answers, and has an expert's answer.
        show: told, from time to time, what share of the work is done.

    Returns:
        JSON values: stage; seconds; tasks: of each one count, the shares correct, ended (the model ended its answer
        itself) and well_formed, reward (the mean), commonest (the share right for always giving the commonest answer;
        None where that is no strategy), tokens (the mean length of an answer, without its end) and the task's own
        metrics; answers: to ten prompts, which are the same for every model, each with prompt, answer and finish.

    Raises:
        ValueError: there is no such task, or there are fewer problems than tasks; a document is to have a second
            question.
    """
    start = time.monotonic()
    if as_document and follow_up:
        raise ValueError("a document asks one question: leave out either as_document or follow_up")
    if not isinstance(tasks, Mapping):
        from pyllm.tasks.registry import chosen_tasks

        tasks = chosen_tasks(tasks)
    counts = counts_of(tasks, count)
    shown = shown_problems()
    examiner = _Examiner(model, tok, as_document)
    total = sum(counts[name] * task.max_new_tokens for name, task in tasks.items())
    total += sum(task.max_new_tokens for task, _ in shown)
    done = 0
    results = {}
    for name, task in tasks.items():
        problems = task.problems(counts[name], seed, held_out=True)
        if follow_up:
            others = [other for other in tasks.values() if other is not task and not other.is_multiline]
            problems = _behind_others(problems, others or [task])
        results[name] = _judged(task, problems, examiner.ask(task, problems))
        done += counts[name] * task.max_new_tokens
        if show is not None:
            show(done / total)
    answers = []
    for task, problem in shown:
        ((answer, _, finish),) = examiner.ask(task, [problem])
        answers.append({"prompt": problem.question, "answer": answer, "finish": finish})
    if show is not None:
        show(1.0)
    return {"stage": stage, "seconds": time.monotonic() - start, "tasks": results, "answers": answers}


def shown_problems() -> list[tuple[Task, Problem]]:
    """The ten problems that every model answers: a held-out one of each of our tasks, of facts and stories two."""
    from pyllm.tasks.registry import TASKS

    names = [*TASKS, "facts", "stories"][:SHOWN]
    return [
        (TASKS[name], TASKS[name].problem(random.Random(f"{SHOWN_SEED}, {place}"), held_out=True))
        for place, name in enumerate(names)
    ]


def _behind_others(problems: Sequence[Problem], tasks: Sequence[Task]) -> list[Problem]:
    """Problems, each with a held-out one of some other task, in turn, and its solution before it."""
    behind = []
    for place, problem in enumerate(problems):
        task = tasks[place % len(tasks)]
        before = task.problem(random.Random(f"before, {task.name}, {place}"), held_out=True)
        behind.append(replace(problem, messages=(*before.conversation, *problem.messages)))
    return behind


class _Examiner:
    """Asks problems, in conversations or in documents.

    Args:
        model: that is asked.
        tok: its tokenizer.
        as_document: see `examine`.
    """

    def __init__(self, model: GPT, tok: Tokenizer, as_document: bool) -> None:
        self.engine, self.context = Engine(model, tok), model.cfg.context
        self.tok, self.as_document = tok, as_document

    def ask(self, task: Task, problems: Sequence[Problem]) -> list[tuple[str, int, str]]:
        """For each problem the answer, its tokens without the end, and how it finished.

        A prompt that leaves no room in the model's context has an empty answer.
        """
        prompts = [self._prompt(problem) for problem in problems]
        fit = [prompt for prompt in prompts if len(prompt) < self.context]
        samples = iter(self.engine.generate(fit, 1, task.max_new_tokens, temperature=0.0, stop=self._stop(task)))
        return [
            self._told(next(samples), task) if len(prompt) < self.context else ("", 0, "context") for prompt in prompts
        ]

    def _prompt(self, problem: Problem) -> list[int]:
        if not self.as_document:
            return render(problem.messages, self.tok, open_turn=True).ids
        begin = self.tok.special_tokens.get(BEGINNING)
        text = DOCUMENT.format(question=problem.question)
        return [*([] if begin is None else [begin]), *self.tok.encode_ordinary(text)]

    def _stop(self, task: Task) -> list[str]:
        if not self.as_document:
            return [END_OF_TURN]
        end = [BEGINNING] if BEGINNING in self.tok.special_tokens else []
        return [*end, "\nQuestion:"] if task.is_multiline else [*end, "\n"]

    def _told(self, sample: Sample, task: Task) -> tuple[str, int, str]:
        length = len(sample.ids) - (sample.finish == "stop")
        if not self.as_document:
            return text_of(read_answer(sample.ids, self.tok)), length, sample.finish
        ids = sample.ids
        if ids and ids[-1] == self.tok.special_tokens.get(BEGINNING):
            ids = ids[:-1]
        known = [id for id in ids if id < self.tok.vocab_size]
        text = self.tok.decode_bytes(known).decode("utf-8", "replace")
        text = text.partition("\nQuestion:")[0] if task.is_multiline else text.lstrip("\n").partition("\n")[0]
        return text.strip(), length, sample.finish


def _judged(task: Task, problems: Sequence[Problem], answers: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    pairs = [(problem, answer) for problem, (answer, _, _) in zip(problems, answers, strict=True)]
    rewards = [task.reward(problem, answer) for problem, answer in pairs]
    commonest = task.commonest_answer(list(problems))
    own = [task.metrics(problem, answer) for problem, answer in pairs]
    return {
        "count": len(problems),
        "correct": _share(reward >= RIGHT for reward in rewards),
        "reward": sum(rewards) / len(rewards),
        "ended": _share(finish == "stop" for _, _, finish in answers),
        "well_formed": _share(task.is_well_formed(problem, answer) for problem, answer in pairs),
        "commonest": commonest and _share(task.reward(problem, commonest) >= RIGHT for problem in problems),
        "tokens": sum(length for _, length, _ in answers) / len(answers),
        **{name: sum(one[name] for one in own) / len(own) for name in own[0]},
    }


def _share(outcomes: Iterable[bool]) -> float:
    true = list(outcomes)
    return sum(true) / len(true)


def counts_of(tasks: Collection[str], count: int | Mapping[str, int]) -> dict[str, int]:
    """How many problems each task has; see `examine`, also for what it raises."""
    if not tasks:
        raise ValueError("there is nothing to examine: name at least one task")
    if isinstance(count, Mapping):
        if missing := [name for name in tasks if count.get(name, 0) < 1]:
            raise ValueError(f"count must give every task at least 1 problem, but gives {missing[0]} none")
        return {name: count[name] for name in tasks}
    if count < len(tasks):
        raise ValueError(f"count must be at least {len(tasks)}, the number of tasks, got {count}")
    each, more = divmod(count, len(tasks))
    return {name: each + (place < more) for place, name in enumerate(tasks)}
