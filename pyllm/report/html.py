"""A report as one HTML file that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

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
from pyllm.report.html_style import STYLE
from pyllm.train.display import printable


@dataclass(frozen=True)
class Images:
    """The bytes of PNG files.

    Attributes:
        plots: for light and for dark surroundings, by the plot's name.
        picture: of a picture's path; None: it is not there.
    """

    plots: Mapping[str, tuple[bytes, bytes]]
    picture: Callable[[str], bytes | None]


def page(report: Report, images: Images) -> str:
    """The whole file."""
    sections = [block.title for block in report.blocks if isinstance(block, Section)]
    contents = "".join(f'<li><a href="#{_anchor(title)}">{escaped(title)}</a></li>' for title in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(report.title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escaped(report.title)}</h1>\n"
        + (f'<nav aria-label="contents"><ul>{contents}</ul></nav>\n' if len(sections) > 1 else "")
        + _all(report.blocks, 2, images)
        + "</main>\n</body>\n</html>\n"
    )


def escaped(text: str) -> str:
    """A text as it stands, whatever it holds."""
    return html.escape(printable(text))


def _anchor(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def _all(blocks: Iterable[Block], level: int, images: Images) -> str:
    return "".join(_element(block, level, images) + "\n" for block in blocks)


def _element(block: Block, level: int, images: Images) -> str:
    match block:
        case Section():
            anchor = f' id="{_anchor(block.title)}"' if level == 2 else ""
            heading = f"<h{level}>{escaped(block.title)}</h{level}>"
            return f"<section{anchor}>\n{heading}\n{_all(block.blocks, level + 1, images)}</section>"
        case Paragraph():
            kind = ' class="quiet"' if block.quiet else ""
            return f"<p{kind}>{_inline(block.line)}</p>"
        case Command():
            return f'<p class="command">{escaped(block.purpose)}: <code>{escaped(block.command)}</code></p>'
        case Table():
            return _table(block)
        case Quote():
            label = f"<figcaption>{escaped(block.label)}</figcaption>" if block.label else ""
            return f'<figure class="quote">{label}<blockquote>{escaped(block.text)}</blockquote></figure>'
        case Comparison():
            return "\n".join(_asked(asked, block.models, answers) for asked, answers in block.rows)
        case Plot():
            light, dark = map(_data_uri, images.plots[block.name])
            source = f'<source srcset="{dark}" media="(prefers-color-scheme: dark)">'
            return f'<figure><picture>{source}<img src="{light}" alt="{escaped(block.alt)}"></picture></figure>'
        case Picture():
            content = images.picture(block.path)
            if content is None:
                return f"<p>{escaped(block.alt)}: {_inline(Code(block.path))}</p>"
            return f'<figure><img class="light" src="{_data_uri(content)}" alt="{escaped(block.alt)}"></figure>'
        case Folded():
            inside = _all(block.blocks, level, images)
            return f"<details>\n<summary>{escaped(block.title)}</summary>\n{inside}</details>"


def _inline(line: Line) -> str:
    match line:
        case str():
            return escaped(line)
        case Code():
            return f"<code>{escaped(line.text)}</code>"
        case File():  # not a link: this page may be anywhere
            return f"<code>{escaped(line.path)}</code>"
        case _:
            return "".join(map(_inline, line))


def _table(table: Table) -> str:
    def row(cells: Iterable[str], name: str) -> str:
        shown = (
            f"<{name}>{cell}</{name}>" if place < table.words else f'<{name} class="number">{cell}</{name}>'
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(shown)}</tr>\n"

    head = f"<thead>{row(map(escaped, table.header), 'th')}</thead>\n" if table.header else ""
    body = "".join(row(map(_inline, cells), "td") for cells in table.rows)
    kind = "" if table.header else ' class="facts"'
    return f'<div class="wide"><table{kind}>\n{head}<tbody>\n{body}</tbody>\n</table></div>'


def _asked(asked: str, models: Iterable[str], answers: Iterable[Answer | None]) -> str:
    shown = ""
    for model, answer in zip(models, answers, strict=True):
        if answer is not None:
            note = f' <span class="note">{escaped(answer.note)}</span>' if answer.note else ""
            text = escaped(answer.text.strip()) or '<span class="note">nothing</span>'
            shown += f"<div><dt>{escaped(model)}</dt><dd>{text}{note}</dd></div>\n"
    return f'<article class="asked">\n<p>{escaped(asked)}</p>\n<dl>\n{shown}</dl>\n</article>'


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
