"""How many threads the native code uses."""

import operator
import os
from functools import cache
from pathlib import Path

LEAST_MOST_THREADS = 256  # more than this and than four a core only wait for each other

_num_threads: int | None = None


@cache  # looked up at every kernel call
def available_cores() -> int:
    """The cores given to this process: its CPU affinity, cut down to its cgroup's CPU quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    quota = _cgroup_cores()
    return max(1, min(cores, quota)) if quota else cores


def _cgroup_cores() -> int | None:
    """The CPU quota of this process's cgroup in whole cores, rounded up; None without one."""
    try:
        group = Path("/proc/self/cgroup").read_text().rpartition("::")[2].strip()
        quota, period = Path(f"/sys/fs/cgroup{group}/cpu.max").read_text().split()
        return None if quota == "max" else -(-int(quota) // int(period))
    except (OSError, ValueError):
        pass
    try:
        quota = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").read_text()
        period = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us").read_text()
        return None if int(quota) <= 0 else -(-int(quota) // int(period))
    except (OSError, ValueError):
        return None


def set_num_threads(count: int) -> None:
    """Sets the number of threads for every call that is not given its own.

    Raises:
        ValueError: count is below 1, or far beyond the cores.
    """
    global _num_threads
    _num_threads = checked_threads(count)


def get_num_threads() -> int:
    """The number of threads in use: set_num_threads's, else all cores given to the process."""
    return _num_threads or available_cores()


def checked_threads(count: int | None) -> int:
    """count, or the default for None.

    Raises:
        TypeError, ValueError: count is not an integer of at least 1, or far beyond the cores.
    """
    if count is None:
        return get_num_threads()
    count = checked_integer(count, "threads")
    if count < 1:
        raise ValueError(f"threads must be at least 1, got {count}")
    if count > (most := max(LEAST_MOST_THREADS, 4 * available_cores())):
        raise ValueError(f"threads must be at most {most} on this machine, got {count}")
    return count


def checked_integer(value: object, argument: str) -> int:
    """The value as an int; NumPy's integers are integers too.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{argument} must be an integer, got {type(value).__name__}")
    return operator.index(value)
