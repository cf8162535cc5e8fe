"""A report as Markdown, as GitHub shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyllm.markdown import markdown_table
from pyllm.report.blocks import (
    Answer,
    Block,
    Code,
    Command,
    Comparison,
    File,
    Folded,
    Line,
    Paragraph,
    Picture,
    Plot,
    Quote,
    Report,
    Section,
    Table,
)
from pyllm.train.display import printable

LONGEST_ANSWER = 600  # characters in a table; report.html has all of them
# An underscore between letters means nothing; the last line is what begins a heading, a list or a rule.
SPECIAL = re.compile(
    r"[\\`*\[\]<>|~$&]|(?<![^\W_])_|_(?![^\W_])|://|www\."
    r"|^\s*(?:#+|[+-]|=+|-+|\d+[.)])(?=\s|$)",
    re.MULTILINE,
)


def markdown(report: Report) -> str:
    """The whole file."""
    return "\n".join([f"# {escaped(report.title)}\n", *_all(report.blocks, 2)])


def escaped(text: str) -> str:
    """A text as it stands, whatever it holds: no markup, no link."""
    return SPECIAL.sub(_as_entities, printable(text))


def _as_entities(match: re.Match[str]) -> str:
    return "".join(
        c if c.isalnum() or c.isspace() else f"&#{ord(c)};" if c in "<>|&:./" else "\\" + c for c in match[0]
    )


def _all(blocks: Iterable[Block], level: int) -> list[str]:
    return [line for block in blocks for line in _lines(block, level)]


def _lines(block: Block, level: int) -> list[str]:
    match block:
        case Section():
            return [f"{'#' * level} {escaped(block.title)}\n", *_all(block.blocks, level + 1)]
        case Paragraph():
            return [f"{_inline(block.line)}\n"]
        case Command():
            return [f"{escaped(block.purpose)}: {_code(block.command)}\n"]
        case Table():
            rows = [tuple(map(_inline, row)) for row in block.rows]
            header = block.header or ("",) * len(rows[0])
            return [*markdown_table(tuple(map(escaped, header)), rows), ""]
        case Quote():
            return [*([f"{escaped(block.label)}:\n"] if block.label else []), _indented(block.text), ""]
        case Comparison():
            table = [(_cell(asked), *map(_answer, answers)) for asked, answers in block.rows]
            return [*markdown_table(("asked", *map(escaped, block.models)), table), ""]
        case Plot():
            return [f"![{escaped(block.alt)}](plots/{block.name}.png)\n"]
        case Picture():
            return [f"![{escaped(block.alt)}]({_target(block.path)})\n"]
        case Folded():
            return [f"<details><summary>{escaped(block.title)}</summary>\n", *_all(block.blocks, level), "</details>\n"]


def _inline(line: Line) -> str:
    match line:
        case str():
            return escaped(line).replace("\n", " ")
        case Code():
            return _code(line.text).replace("|", "\\|")
        case File():
            return f"[{escaped(line.name)}]({_target(line.path)})"
        case _:
            return "".join(map(_inline, line))


def _target(path: str) -> str:
    """A path as a link's target."""
    return path if re.fullmatch(r"[\w./-]+", path) else "<" + re.sub(r"([<>\\])", r"\\\1", printable(path)) + ">"


def _code(text: str) -> str:
    """Between more backticks than stand together in it."""
    text = printable(text).replace("\n", " ")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _indented(text: str) -> str:
    """A text as an indented block, which nothing in it can end."""
    return "\n".join("    " + line for line in printable(text).split("\n"))


def _answer(answer: Answer | None) -> str:
    if answer is None:
        return ""
    note = f" *({escaped(answer.note)})*" if answer.note else ""
    return _cell(answer.text) + note


def _cell(text: str) -> str:
    shown = text.strip() if len(text) <= LONGEST_ANSWER else text[:LONGEST_ANSWER].strip() + " ..."
    return escaped(shown).replace("\n", "<br>")
