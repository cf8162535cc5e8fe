"""A user's own reward: a plain function reward(prompts, completions, **columns) -> list[float]."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pyllm.files import file_size
from pyllm.tasks.answers import answer_reward

Reward = Callable[..., Sequence[float]]

OURS: dict[str, Reward] = {"answer": answer_reward}
EXPECTED = f"expected FILE.py:FUNCTION, or one of ours: {', '.join(OURS)}"


def load_reward(name: str) -> Reward:
    """A reward function.

    Args:
        name: "file.py:function", or "answer": see `answer_reward`.

    Returns:
        The function, which takes any columns: those that it has no parameter for are left out.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read the file.
        ValueError: the file cannot be loaded, or has no such function.
    """
    if name in OURS:
        return OURS[name]
    file, colon, function_name = name.rpartition(":")
    if not colon or not file or not function_name:
        raise ValueError(f"{name!r} names no reward function: {EXPECTED}")
    path = Path(file)
    file_size(path)
    module_name = f"_pyllm_reward_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is not a Python file: {EXPECTED}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where a dataclass in it looks for its module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise ValueError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    function = getattr(module, function_name, None)
    if function is None:
        own = [one for one, value in vars(module).items() if inspect.isfunction(value) and one[0] != "_"]
        raise ValueError(f"{path} has no function {function_name}; it has {', '.join(own) or 'none'}")
    if not callable(function):
        raise ValueError(f"{function_name} in {path} is no function but {type(function).__name__}")
    return with_known_columns(function, name)


def with_known_columns(function: Callable[..., Any], name: str) -> Reward:
    """A reward function that takes any columns, and leaves out those that the given one has no parameter for.

    Args:
        function: takes prompts and completions, and columns by name.
        name: of it, for errors.

    Raises:
        ValueError: it does not take prompts and completions, or is asynchronous.
    """
    if inspect.iscoroutinefunction(function):
        raise ValueError(f"the reward function {name} is asynchronous, expected a plain one")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions do not tell
        return function
    places = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if len(places) < 2 and not any(one.kind is one.VAR_POSITIONAL for one in parameters):
        raise ValueError(
            f"the reward function {name} takes {len(places)} arguments by place, expected prompts and completions"
        )
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return function
    known = {one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    known -= {one.name for one in places[:2]}

    def reward(prompts: Sequence[str], completions: Sequence[str], **columns: Any) -> Sequence[float]:
        told = {column: values for column, values in columns.items() if column in known}
        rewards: Sequence[float] = function(prompts, completions, **told)
        return rewards

    return reward
