"""Worker processes: what they answer, tell and raise, and what is left of them when they are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pyllm.data.worker import Worker, WorkerDied, WorkerPool


def make_adder(term: int) -> Callable[[int], int]:
    return lambda number: number + term


def make_teller() -> Callable[..., int]:
    def count(number: int, tell: Callable[[int], None]) -> int:
        for index in range(number):
            tell(index)
        return os.getpid()

    return count


def make_obeyer() -> Callable[[str], str]:
    def obey(order: str) -> str:
        if order == "print":
            print("a library's words", flush=True)
            os.write(1, b"and those of its C code\n")
        elif order == "raise":
            raise ValueError("an order that cannot be obeyed")
        elif order == "exit":
            os._exit(3)
        elif order == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif order == "hang":
            signal.setitimer(signal.ITIMER_PROF, 0.1)
            while True:
                pass
        elif order == "sleep":
            time.sleep(60)
        return order

    return obey


def make_nothing() -> Callable[[str], str]:
    raise FileNotFoundError(2, "there is no file", "blocklist")


def test_calls() -> None:
    with Worker(make_adder, 5) as worker:
        assert [worker.call(number) for number in (1, 2, 3)] == [6, 7, 8]


def test_large_messages() -> None:
    with Worker(make_obeyer) as worker:
        text = "x" * 30_000_000
        assert worker.call(text) == text


def test_tells() -> None:
    told: list[int] = []
    with Worker(make_teller) as worker:
        process = worker.call(3, told.append)
        assert told == [0, 1, 2] and process != os.getpid()


def test_prints_do_not_get_between(capfd: pytest.CaptureFixture[str]) -> None:
    with Worker(make_obeyer) as worker:
        assert worker.call("print") == "print"
    assert capfd.readouterr() == ("", "a library's words\nand those of its C code\n")


def test_raises_and_goes_on() -> None:
    with Worker(make_obeyer) as worker:
        with pytest.raises(ValueError, match=r"^an order that cannot be obeyed$"):
            worker.call("raise")
        assert worker.call("on") == "on"


def test_what_making_raises() -> None:
    with Worker(make_nothing) as worker:
        for _ in range(2):
            with pytest.raises(FileNotFoundError, match="blocklist"):
                worker.call("anything")


@pytest.mark.parametrize(("order", "number"), [("exit", 0), ("kill", signal.SIGKILL), ("hang", signal.SIGPROF)])
def test_death_and_another_life(order: str, number: int) -> None:
    with Worker(make_obeyer) as worker:
        with pytest.raises(WorkerDied) as caught:
            worker.call(order)
        assert caught.value.signal == number
        assert worker.call("alive") == "alive"


def test_pool_answers_in_order() -> None:
    with WorkerPool(3, make_adder, 1) as pool:
        futures = [pool.submit(number) for number in range(20)]
        assert [future.result() for future in futures] == list(range(1, 21))


def test_pool_when_one_dies() -> None:
    with WorkerPool(2, make_obeyer) as pool:
        futures = [
            pool.submit(order, when_it_dies=lambda worker, death: (death.signal, worker.call("again")))
            for order in ("a", "kill", "b")
        ]
        assert [future.result() for future in futures] == ["a", (signal.SIGKILL, "again"), "b"]
        with pytest.raises(WorkerDied):
            pool.submit("exit").result()


def test_pool_ends_whatever_it_is_doing() -> None:
    start = time.monotonic()
    with pytest.raises(KeyError), WorkerPool(2, make_obeyer) as pool:
        futures = [pool.submit("sleep") for _ in range(5)]
        time.sleep(0.5)
        raise KeyError
    assert time.monotonic() - start < 20
    assert all(future.done() for future in futures)


def test_none_outlives_its_parent(tmp_path: Path) -> None:
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_worker import make_teller
from pyllm.data.worker import Worker
with Worker(make_teller) as worker:
    print(worker.call(1, lambda told: None), flush=True)
    os.kill(os.getpid(), 9)
"""
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert result.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while _is_alive(int(result.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(int(result.stdout))


def _is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
