"""The tasks by their names."""

from __future__ import annotations

from collections.abc import Sequence

from pyllm.tasks.arithmetic import Addition, AdditionAtOnce, AdditionSteps
from pyllm.tasks.facts import Facts
from pyllm.tasks.letters import LetterCounting, Reversing, Spelling
from pyllm.tasks.stories import Stories
from pyllm.tasks.task import Task

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Addition(),
        AdditionSteps(),
        AdditionAtOnce(),
        LetterCounting(),
        Spelling(),
        Reversing(),
        Facts(),
        Stories(),
    )
}


def chosen_tasks(names: Sequence[str]) -> dict[str, Task]:
    """The tasks of these names, in their order.

    Raises:
        ValueError: there is no task of one of the names.
    """
    for name in names:
        if name not in TASKS:
            raise ValueError(f"there is no task {name!r}; the tasks are {', '.join(TASKS)}")
    return {name: TASKS[name] for name in names}
