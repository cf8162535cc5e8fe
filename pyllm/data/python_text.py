"""The text that every Python carries: a corpus that needs no download."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path


def python_text() -> Iterator[bytes]:
    """The language reference's help topics, then each .py file of the standard library, in a fixed order."""
    try:
        from pydoc_data.topics import topics
    except ImportError:  # some distributions leave it out
        pass
    else:
        for name in sorted(topics):
            yield topics[name].encode()
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        if not {"site-packages", "dist-packages"} & set(path.parts):
            yield path.read_bytes()
