"""The kernel library for this processor: which one is loaded, the calling context, pointers into arrays."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pyllm.ops._kernels import ffi
from pyllm.threads import get_num_threads

ISAS = ("baseline", "avx2", "avx512")  # by their numbers in csrc/kernels.h


class KernelError(ValueError):
    """A kernel could not do its work."""


class Library:
    """One build of the kernels, with a context for each calling thread.

    Args:
        isa: "baseline", "avx2" or "avx512".

    Raises:
        ValueError: there is no such instruction set, or this processor does not have it.
    """

    def __init__(self, isa: str) -> None:
        if isa not in ISAS:
            raise ValueError(f"there is no instruction set {isa!r} here; those known are {', '.join(ISAS)}")
        if isa not in available_isas():
            raise ValueError(f"this processor cannot run {isa}; it can run {', '.join(available_isas())}")
        self.isa = isa
        self.kernels = _open(isa)
        self._local = threading.local()

    def call(self, name: str, *arguments: Any) -> None:
        """Calls a kernel; the context is its first argument.

        Raises:
            KernelError: it returned an error.
        """
        context = self._context()
        if getattr(self.kernels, name)(context, *arguments):
            raise KernelError(ffi.string(self.kernels.pyllm_error(context)).decode())

    def _context(self) -> Any:
        threads = get_num_threads()
        local = self._local
        if getattr(local, "threads", 0) != threads:
            if not hasattr(local, "context"):
                holder = ffi.new("pyllm_context **")
                if self.kernels.pyllm_context_create(holder):
                    raise MemoryError("there is no memory for a context of the kernels")
                local.context = ffi.gc(holder[0], self.kernels.pyllm_context_destroy)
            self.kernels.pyllm_context_set_threads(local.context, threads)
            local.threads = threads
        return local.context


@cache  # also because a library that nobody holds is unloaded, under the feet of a function just taken from it
def _open(isa: str) -> Any:
    with _bounded_spinning():
        return ffi.dlopen(str(Path(__file__).with_name(f"libpyllm_cpu_{isa}.so")))


@contextmanager
def _bounded_spinning() -> Iterator[None]:
    """Has OpenMP's threads wait for each other for some 30 microseconds in a loop, then asleep.

    GNU OpenMP's own 300,000 rounds keep a core busy for milliseconds at each barrier; as soon as another process wants
    it, the thread that is waited for does not get it, and a step takes twenty times as long. The variable is read when
    the library is loaded, and nowhere else.
    """
    ours = not os.environ.keys() & {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}
    if ours:
        os.environ["GOMP_SPINCOUNT"] = "2000"
    try:
        yield
    finally:
        if ours:
            del os.environ["GOMP_SPINCOUNT"]


@cache
def available_isas() -> tuple[str, ...]:
    """The instruction sets that this processor has and the package was built for, narrowest first."""
    widest = _open("baseline").pyllm_widest_isa()
    return tuple(isa for isa in ISAS[: widest + 1] if Path(__file__).with_name(f"libpyllm_cpu_{isa}.so").exists())


_library: Library | None = None


def library() -> Library:
    """The library in use: that of the environment variable PYLLM_ISA, else the widest.

    Raises:
        ValueError: PYLLM_ISA names one that is unknown, or that this processor does not have.
    """
    global _library
    if _library is None:
        _library = Library(os.environ.get("PYLLM_ISA") or available_isas()[-1])
    return _library


def use_library(isa: str) -> str:
    """Changes the library in use; returns the name of the one before. For tests and benches.

    Raises:
        ValueError: as Library does.
    """
    global _library
    before = library().isa
    _library = Library(isa)
    return before
