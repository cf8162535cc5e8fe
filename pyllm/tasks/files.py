r"""A user's files: conversations to learn from, problems to practise on, pairs of answers of which one is preferred.

Each loader takes JSON lines or a JSON list, also compressed, and finds out by the columns of each record what it is:

    {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
    {"instruction": "...", "input": "...", "output": "..."}    as Stanford Alpaca's; "input" may be empty
    {"question": "...", "answer": "... #### 72"}               as GSM8K's
    {"prompt": "...", "completion": "..."}                     the prompt may be messages, too
    {"prompt": "...", "chosen": "...", "rejected": "..."}      also with instruction and input
    {"chosen": "\n\nHuman: ...\n\nAssistant: ...", "rejected": "\n\nHuman: ...\n\nAssistant: ..."}
                                                               as Anthropic's HH, https://arxiv.org/abs/2204.05862

Records that are something else are counted and skipped; the first of them is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyllm.chat import Message, check_messages, text_of
from pyllm.patterns import utf8
from pyllm.tasks.answers import FINAL, final_answer, without_marks
from pyllm.tasks.records import Tell, read_records, tell_on_stderr
from pyllm.tasks.task import Problem

ANSWERS = ("completion", "response", "solution")  # columns in which an answer may stand beside a prompt
RESERVED = ("prompts", "completions")  # what a reward function gets under these names is not a column

_TURN = re.compile(r"\n\n(Human|Assistant):")
_ROLES = {"Human": "user", "Assistant": "assistant"}


class Preference(NamedTuple):
    """Two answers to a conversation that ends with the user's turn."""

    messages: list[Message]
    chosen: str
    rejected: str


def load_conversations(path: Path | str, tell: Tell = tell_on_stderr) -> list[list[Message]]:
    """The conversations of a file, each with something that the assistant says.

    Of a preference it is the chosen answer. GSM8K's solutions lose their marks for a calculator.

    Args:
        path: see the module.
        tell: called with a sentence if records were skipped.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read the file.
        ValueError: it holds no conversation.
    """
    expected = 'conversations such as {"messages": [...]} or {"instruction": ..., "output": ...}'
    return read_records(path, _conversation, expected, tell)


def load_problems(path: Path | str, tell: Tell = tell_on_stderr) -> list[Problem]:
    """The problems of a file: what is asked, an expert's answer if there is one, and all other columns.

    GSM8K's column `answer` is what stands behind "####".

    Args:
        path: see the module; a prompt alone, {"prompt": "..."}, will do.
        tell: called with a sentence if records were skipped.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read the file.
        ValueError: it holds no problem.
    """
    return read_records(path, _problem, 'problems such as {"prompt": ...} or {"question": ..., "answer": ...}', tell)


def load_preferences(path: Path | str, tell: Tell = tell_on_stderr) -> list[Preference]:
    """The pairs of a chosen and a rejected answer of a file.

    Args:
        path: see the module.
        tell: called with a sentence if records were skipped.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read the file.
        ValueError: it holds no pair.
    """
    expected = 'preferences such as {"prompt": ..., "chosen": ..., "rejected": ...}'
    return read_records(path, _preference, expected, tell)


def _conversation(record: Mapping[str, Any]) -> list[Message]:
    if "messages" in record:
        messages = _messages(record["messages"])
        if not any(message["role"] == "assistant" and message["content"] for message in messages):
            raise ValueError("the assistant says nothing in it")
        return messages
    if "chosen" in record and "rejected" in record:
        preference = _pair(record)
        return [*preference.messages, {"role": "assistant", "content": preference.chosen}]
    messages, _ = _asked(record)
    solution = _solution(record)
    if not solution.strip():
        raise ValueError(f"it has no answer to its prompt; its columns are {_columns(record)}")
    return [*messages, {"role": "assistant", "content": solution}]


def _problem(record: Mapping[str, Any]) -> Problem:
    if "messages" in record:
        messages = _messages(record["messages"])
        used, solution = {"messages"}, ""
        if messages[-1]["role"] == "assistant":
            solution = text_of(messages.pop()["content"])
        _check_asked(messages)
    else:
        messages, used = _asked(record)
        solution = _solution(record)
    columns = {name: value for name, value in record.items() if name not in used}
    for name in RESERVED:
        if name in columns:
            raise ValueError(f"its column {name!r} has a name that reward functions need for something else")
    answer = columns.get("answer")
    if isinstance(answer, str) and FINAL in answer:
        columns["answer"] = final_answer(answer)
    return Problem(tuple(messages), solution, columns)


def _preference(record: Mapping[str, Any]) -> Preference:
    pair = _pair(record)
    if pair.chosen == pair.rejected:
        raise ValueError("what is chosen and what is rejected are the same")
    return pair


def _pair(record: Mapping[str, Any]) -> Preference:
    for name in ("chosen", "rejected"):
        if name not in record:
            raise ValueError(f"it has no {name!r}; its columns are {_columns(record)}")
    before: list[list[Message]] = []
    answers = []
    for name in ("chosen", "rejected"):
        told, answer = _ending(record[name], name)
        if told:
            before.append(told)
        if not answer.strip():
            raise ValueError(f"its {name} answer is empty")
        answers.append(answer)
    if len(before) == 2 and before[0] != before[1]:
        raise ValueError("what is chosen and what is rejected differ before their last answer")
    messages = before[0] if before else _asked(record)[0]
    _check_asked(messages)
    return Preference(messages, *answers)


def _ending(value: object, name: str) -> tuple[list[Message], str]:
    """What stands before an answer, if it is told together with it, and the answer."""
    if isinstance(value, list):
        messages = _messages(value)
    elif isinstance(value, str) and _TURN.match(value):
        messages = _transcript(value)
    else:
        return [], _text(value, name)
    if messages[-1]["role"] != "assistant":
        raise ValueError(f"its {name} conversation does not end with the assistant's turn")
    return messages[:-1], text_of(messages[-1]["content"])


def _asked(record: Mapping[str, Any]) -> tuple[list[Message], set[str]]:
    """The messages that ask for an answer, and the columns that they are in."""
    if "prompt" in record:
        prompt, used = record["prompt"], {"prompt"}
        if isinstance(prompt, list):
            messages = _messages(prompt)
        elif isinstance(prompt, str) and _TURN.match(prompt):
            messages = _transcript(prompt)
            if messages[-1] == {"role": "assistant", "content": ""}:
                messages.pop()
        else:
            messages = [_user(_text(prompt, "prompt"))]
    elif "instruction" in record:
        instruction, used = _text(record["instruction"], "instruction"), {"instruction", "input"}
        more = _text(record.get("input") or "", "input")
        messages = [_user(f"{instruction}\n\n{more}" if more.strip() else instruction)]
    elif "question" in record:
        messages, used = [_user(_text(record["question"], "question"))], {"question"}
    else:
        raise ValueError(
            f"it has none of messages, prompt, instruction and question; its columns are {_columns(record)}"
        )
    _check_asked(messages)
    return messages, used


def _solution(record: Mapping[str, Any]) -> str:
    """The expert's answer; "": there is none."""
    if "instruction" in record and "output" in record:
        return _text(record["output"], "output")
    if "question" in record and isinstance(record.get("answer"), str):
        return without_marks(_text(record["answer"], "answer"))
    for name in ANSWERS:
        if name in record:
            return _ending(record[name], name)[1]
    return ""


def _check_asked(messages: list[Message]) -> None:
    if not messages or messages[-1]["role"] == "assistant":
        raise ValueError("there is no message to answer before the assistant's last one")
    if not any(str(message["content"]).strip() for message in messages):
        raise ValueError("its prompt is empty")


def _messages(value: object) -> list[Message]:
    """Checked messages, with their roles and contents alone."""
    check_messages(value)  # type: ignore[arg-type]
    assert isinstance(value, list)
    return [{"role": message["role"], "content": _encodable(message["content"])} for message in value]


def _encodable(content: Any) -> Any:
    if isinstance(content, str):
        return utf8(content).decode()
    return [{"type": part["type"], "text": utf8(part["text"]).decode()} for part in content]


def _transcript(text: str) -> list[Message]:
    """The messages of a transcript of Anthropic's."""
    pieces = _TURN.split(text)
    turns = zip(pieces[1::2], pieces[2::2], strict=True)
    return _messages([{"role": _ROLES[who], "content": said.strip()} for who, said in turns])


def _user(text: str) -> Message:
    return {"role": "user", "content": text}


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"its {name} is a JSON {type(value).__name__}, not a text")
    return utf8(value).decode()


def _columns(record: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, list(record)[:8])) + (", ..." if len(record) > 8 else "") if record else "none"
