"""Processes of our own that call a function for what they are sent, and that may die of it.

Not multiprocessing's: its pools do not say which task killed a process, and a process that it starts afresh (forking is
unsafe beside threads) imports the caller's script again.

A message is 8 bytes of length and a pickle. The process ends when its input does, so that none outlives its parent.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import IO, Any

START = "import sys; sys.path[:] = {path!r}; from pyllm.data.worker import serve; serve()"


class WorkerDied(RuntimeError):
    """The process ended, or was killed, before it answered.

    Attributes:
        signal: that killed it; 0: none did.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"a worker process ended with status {status}")
        self.signal = max(0, -status)


class Worker:
    """A process that calls make(*arguments) once and then what that returned, for each message.

    A context manager; the process ends with the block. Calls are one at a time.

    Args:
        make: a module's function, which the process imports by its name.
        arguments: of `make`; pickled.
    """

    def __init__(self, make: Callable[..., Callable[..., Any]], *arguments: object) -> None:
        self._start = (make, arguments)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(self, message: object, on_progress: Callable[[Any], None] | None = None) -> Any:
        """What the function returns for the message; starts the process if there is none.

        Args:
            message: pickled.
            on_progress: called with what the function tells meanwhile (its second argument is a function to tell with).

        Raises:
            WorkerDied: the process ended or was killed. The next call starts another.
            Exception: what the function raised.
        """
        try:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", START.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
                self._send(self._start)
            self._send((message, on_progress is not None))
            while True:
                assert self._process.stdout is not None
                kind, value = _receive(self._process.stdout)
                if kind == "told":
                    assert on_progress is not None
                    on_progress(value)
                elif kind == "raised":
                    error, trace = value
                    raise error from RuntimeError(f"in a worker process:\n{trace}")
                else:
                    return value
        except (BrokenPipeError, EOFError):
            raise WorkerDied(self.stop()) from None

    def stop(self) -> int:
        """Ends the process, whatever it is doing; returns its exit status, as subprocess gives it."""
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()
        return process.wait()

    def kill(self) -> None:
        """Kills the process, from another thread than the one that calls it, which then sees WorkerDied."""
        process = self._process
        if process is not None:
            process.kill()

    def _send(self, message: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        _send(self._process.stdin, message)


class WorkerPool:
    """Workers that share the calls between them; a context manager that ends them, whatever they are doing.

    Args:
        count: of workers.
        make, arguments: as for Worker.
    """

    def __init__(self, count: int, make: Callable[..., Callable[..., Any]], *arguments: object) -> None:
        self._workers = [Worker(make, *arguments) for _ in range(count)]
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown()
        for worker in self._workers:
            worker.stop()

    def __len__(self) -> int:
        return len(self._workers)

    def submit(
        self,
        message: object,
        on_progress: Callable[[Any], None] | None = None,
        when_it_dies: Callable[[Worker, WorkerDied], Any] | None = None,
    ) -> Future[Any]:
        """Has a worker called with a message, as Worker.call does.

        Args:
            message: see Worker.call.
            on_progress: see Worker.call; called from a thread.
            when_it_dies: called in place of raising WorkerDied; what it returns is the result.
        """
        return self._threads.submit(self._call, message, on_progress, when_it_dies)

    def _call(
        self,
        message: object,
        on_progress: Callable[[Any], None] | None,
        when_it_dies: Callable[[Worker, WorkerDied], Any] | None,
    ) -> Any:
        worker = self._idle.get()
        try:
            return worker.call(message, on_progress)
        except WorkerDied as death:
            if when_it_dies is None:
                raise
            return when_it_dies(worker, death)
        finally:
            self._idle.put(worker)


def serve() -> None:
    """What the process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has it too, and decides
    messages, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def tell(value: object) -> None:
        _send(answers, ("told", value))

    try:
        make, arguments = _receive(messages)
        function, failure = None, None
        try:
            function = make(*arguments)
        except Exception as error:
            failure = error
        while True:
            message, tells = _receive(messages)
            try:
                if failure is not None:
                    raise failure
                assert function is not None
                _send(answers, ("returned", function(message, tell) if tells else function(message)))
            except BrokenPipeError:
                raise
            except Exception as error:
                _send(answers, ("raised", (error, traceback.format_exc())))
    except (EOFError, BrokenPipeError):  # the parent has stopped, or is gone
        os._exit(0)


def _send(file: IO[bytes], message: object) -> None:
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    file.write(len(content).to_bytes(8, "little"))
    file.write(content)
    file.flush()


def _receive(file: IO[bytes]) -> Any:
    header = file.read(8)
    size = int.from_bytes(header, "little")
    content = file.read(size) if len(header) == 8 else b""
    if len(header) < 8 or len(content) < size:
        raise EOFError
    return pickle.loads(content)
