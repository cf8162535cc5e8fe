"""The kernel library for this processor: which one is loaded, the calling context, pointers into arrays."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pyllm.ops._kernels import ffi
from pyllm.threads import get_num_threads

ISAS = ("baseline", "avx2", "avx512")  # by their numbers in csrc/kernels.h


# The kernels that a plan may be of: those of decoding.
PLANNED = frozenset(
    f"pyllm_{name}"
    for name in (
        "embedding_forward",
        "layernorm_forward",
        "rmsnorm_forward",
        "matmul",
        "rope_forward",
        "attention_decode",
        "swiglu_forward",
        "sample",
    )
)


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
        context = self.context()
        if (planned := self._local.planned) is not None:
            if name not in PLANNED:
                raise RuntimeError(f"{name} cannot be part of a plan")
            planned.append(arguments)
        self._run(context, kernel, arguments)

    @property
    def planning(self) -> bool:
        """Whether calls on this thread are becoming a plan; asked after `context`."""
        return self._local.planned is not None

    def plan(self, work: Callable[[], None]) -> Plan:
        """What does the work's calls of kernels, again and again; now they are only written down.

        Raises:
            KernelError, RuntimeError: one of them cannot be part of a plan.
        """
        context, local = self.context(), self._local
        holder = ffi.new("pyllm_plan **")
        self._run(context, self.kernels.pyllm_plan_begin, ())
        local.planned = []
        try:
            work()
            arguments = local.planned
        finally:
            local.planned = None
            self._run(context, self.kernels.pyllm_plan_end, (holder,))
            calls = ffi.gc(holder[0], self.kernels.pyllm_plan_destroy)
        return Plan(context, calls, arguments)

    def run(self, plan: Plan) -> None:
        """Makes a plan's calls, in the thread's context. Nobody looks at the arrays anew: they must be where they were.

        Raises:
            KernelError: as call does.
        """
        self._run(plan.context, self.kernels.pyllm_plan_run, (plan.calls,))

    def _run(self, context: Any, kernel: Any, arguments: tuple[Any, ...]) -> None:
        if kernel(context, *arguments):
            raise KernelError(ffi.string(self.kernels.pyllm_error(context)).decode())

    def context(self) -> Any:
        """The calling thread's, with the number of threads that is in use."""
        threads = get_num_threads()
        local = self._local
        if getattr(local, "threads", 0) != threads:
            if not hasattr(local, "context"):
                holder = ffi.new("pyllm_context **")
                if self.kernels.pyllm_context_create(holder):
                    raise MemoryError("there is no memory for a context of the kernels")
                local.context = ffi.gc(holder[0], self.kernels.pyllm_context_destroy)
                local.planned = None
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


@dataclass(frozen=True)
class Plan:
    """Calls of kernels that were written down.

    context: that of the thread and library that may run it; arguments: the calls', which keep the arrays alive.
    """

    context: Any
    calls: Any
    arguments: list[tuple[Any, ...]]


class Repeatable:
    """Work that is done again and again by the same kernels on the same arrays, such as a step of decoding.

    Its calls of kernels are written down once, then made in one go: without the looks at every argument, and without
    waking the threads for each, either of which takes longer than a small kernel. Numbers that change from time to time
    must thus be in arrays.

    Args:
        work: what only calls kernels, those of PLANNED, on arrays that live and stay in place as long as this does.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._plan: Plan | None = None

    def __call__(self) -> None:
        """Does the work, or makes it part of the plan that is being written.

        Raises:
            ValueError: a kernel refuses what is in the arrays.
        """
        current = library()
        context = current.context()
        if current.planning:
            self._work()
            return
        if self._plan is None or self._plan.context is not context:
            self._plan = current.plan(self._work)
        current.run(self._plan)


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
