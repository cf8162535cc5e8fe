"""The libraries of the extra `pyllm[data]`: what is said when one of them is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def data_extra() -> Iterator[None]:
    """Around imports of the extra's libraries.

    Raises:
        ImportError: one is missing; says how to install them.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or str(error)).partition(".")[0]
        raise ImportError(
            f"reading and filtering web pages needs {name}, which is not installed: pip install 'pyllm[data]', or "
            f"pip install -e '.[data]' in a checkout"
        ) from None
