"""The number of threads: from the process's cores, or as told."""

import os
from collections.abc import Iterator

import numpy
import pytest

import pyllm
from pyllm import threads


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threads, "_num_threads", None)
    threads.available_cores.cache_clear()
    yield
    threads.available_cores.cache_clear()


def test_the_default_is_the_cores_given_to_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_cgroup_cores", lambda: None)
    cores = sorted(os.sched_getaffinity(0))
    assert pyllm.get_num_threads() == len(cores)
    try:
        os.sched_setaffinity(0, cores[:1])
        threads.available_cores.cache_clear()
        assert pyllm.get_num_threads() == 1
    finally:
        os.sched_setaffinity(0, cores)


@pytest.mark.parametrize(("quota", "expected"), [(None, 8), (2, 2), (20, 8)])
def test_a_cgroup_quota_is_respected(quota: int | None, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(threads, "_cgroup_cores", lambda: quota)
    assert pyllm.get_num_threads() == expected


@pytest.mark.parametrize(
    ("content", "expected"), [("max 100000", None), ("150000 100000", 2), ("50000 100000", 1), ("rubbish", None)]
)
def test_cgroup_files(content: str, expected: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/proc/self/cgroup": "0::/some/group\n", "/sys/fs/cgroup/some/group/cpu.max": content}

    def read_text(path: os.PathLike[str]) -> str:
        if str(path) not in files:
            raise FileNotFoundError(path)
        return files[str(path)]

    monkeypatch.setattr(threads.Path, "read_text", read_text)
    assert threads._cgroup_cores() == expected


def test_set_num_threads() -> None:
    pyllm.set_num_threads(3)
    assert pyllm.get_num_threads() == 3 and threads.checked_threads(None) == 3 and threads.checked_threads(1) == 1
    wrong = [
        (0, ValueError),
        (-1, ValueError),
        (10**5, ValueError),
        (1.5, TypeError),
        (True, TypeError),
        ("2", TypeError),
    ]
    for count, error in wrong:
        with pytest.raises(error, match="threads must be"):
            pyllm.set_num_threads(count)


def test_integers_of_numpy_are_integers() -> None:
    assert threads.checked_threads(numpy.int64(2)) == 2
    tokenizer = pyllm.Tokenizer.train(iter(["hello hello"]), numpy.int32(257), "gpt2", threads=numpy.uint8(1))
    assert tokenizer.vocab_size == 257
