"""The kernel library for this processor: which one is loaded, the calling context, pointers into arrays."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pyllm.ops._kernels import ffi
from pyllm.threads import get_num_threads

ISAS = ("baseline", "avx2", "avx512")  # by their numbers in csrc/kernels.h


Call = tuple[Any, tuple[Any, ...]]  # a kernel, and its arguments after the context


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
        kernel = getattr(self.kernels, name)
        self._run(self._context(), kernel, arguments)
        if (calls := self._local.calls) is not None:
            calls.append((kernel, arguments))

    def recorded(self, work: Callable[[], None]) -> list[Call]:
        """Does some work; returns the calls that it made on this thread, for `repeat`."""
        self._context()
        local = self._local
        local.calls, outer = [], local.calls
        try:
            work()
            calls: list[Call] = local.calls
        finally:
            local.calls = outer
        if outer is not None:
            outer.extend(calls)
        return calls

    def repeat(self, calls: Iterable[Call]) -> None:
        """Makes calls again, on the same arrays, which nobody looks at anew: they must be where they were.

        Raises:
            KernelError: as call does.
        """
        context = self._context()
        for kernel, arguments in calls:
            self._run(context, kernel, arguments)

    def _run(self, context: Any, kernel: Any, arguments: tuple[Any, ...]) -> None:
        if kernel(context, *arguments):
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
                local.calls = None
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


class Repeatable:
    """Work that is done again and again by the same kernels on the same arrays, such as a step of decoding.

    The first time it is done as it stands; from then on its calls of kernels are made again, without the looks at every
    argument that take longer than a small kernel. Numbers that change from time to time must thus be in arrays.

    Args:
        work: what only calls kernels, on arrays that live and stay in place as long as this does.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._library: Library | None = None
        self._calls: list[Call] = []

    def __call__(self) -> None:
        """Does the work.

        Raises:
            ValueError: a kernel refuses what is in the arrays.
        """
        current = library()
        if self._library is current:
            current.repeat(self._calls)
        else:
            self._calls = current.recorded(self._work)
            self._library = current


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
