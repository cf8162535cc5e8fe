"""What pyllm can compute on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from pyllm.ops.library import library
from pyllm.threads import get_num_threads


@dataclass(frozen=True)
class Device:
    """Something to compute on: the name that GPT and load take, and what it is."""

    name: str  # "cpu"
    processor: str
    instruction_set: str  # of the kernels in use: "baseline", "avx2" or "avx512"
    threads: int
    memory: int | None  # bytes; None: unknown


def devices() -> list[Device]:
    """The devices of this machine, the one to prefer first."""
    return [Device("cpu", _processor(), library().isa, get_num_threads(), _memory())]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not on Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
