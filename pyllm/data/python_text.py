"""The text that every Python carries: a corpus that needs no download."""

import hashlib
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

LEFT_OUT = {"site-packages", "dist-packages", "encodings"}  # the last: tables of characters, line after line


def python_text() -> Iterator[bytes]:
    """The language reference's help topics and the .py files of the standard library.

    In an order that is fixed but mixed, so that a part of the text is like any other: help, code and tests of all
    kinds, in the end that is kept for validation, too.
    """
    parts: dict[str, Callable[[], bytes]] = {}
    try:
        from pydoc_data.topics import topics
    except ImportError:  # some distributions leave it out
        pass
    else:
        parts |= {f"topic {name}": text.encode for name, text in topics.items()}
    library = Path(sysconfig.get_path("stdlib"))
    for path in library.rglob("*.py"):
        within = path.relative_to(library)
        if not LEFT_OUT & set(within.parts):
            parts[within.as_posix()] = path.read_bytes
    for name in sorted(parts, key=lambda name: hashlib.sha256(name.encode()).digest()):
        yield parts[name]()
