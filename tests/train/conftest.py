"""Models here are tiny: one thread does them fastest."""

from collections.abc import Iterator

import pytest

from pyllm import threads


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For this process, and for those that tests start."""
    monkeypatch.setattr(threads, "_num_threads", 1)
    yield
