"""What a model practises on and is examined in.

`TASKS` has them by name. It is made when it is first asked for, as the words of the small internet come with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyllm.tasks.task import Problem, Task

if TYPE_CHECKING:
    from pyllm.tasks.registry import TASKS

__all__ = ["TASKS", "Problem", "Task"]


def __getattr__(name: str) -> Any:
    if name != "TASKS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pyllm.tasks.registry import TASKS

    return TASKS
