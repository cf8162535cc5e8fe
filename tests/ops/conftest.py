"""The implementations that the tests of the ops run on, one after the other."""

from collections.abc import Iterator

import pytest
from calls import Implementation

from pyllm import threads
from pyllm.ops import cpu
from pyllm.ops.library import available_isas, library, use_library

IMPLEMENTATIONS = [Implementation(f"cpu-{isa}", cpu, isa=isa, same_bits=True) for isa in available_isas()]


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda implementation: implementation.name)
def implementation(request: pytest.FixtureRequest) -> Implementation:
    request.param.activate()
    return request.param


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The library and the number of threads are those from before after each test."""
    monkeypatch.setattr(threads, "_num_threads", threads._num_threads)
    before = library().isa
    yield
    use_library(before)
