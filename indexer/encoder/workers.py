"""Several devices as one: a process each, batches to whoever is free, every batch's vectors to its number."""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import IO, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from indexer.errors import BertrieveError, EncoderError

__all__ = ["BatchEncoder", "Workers", "main"]

Batch = list[list[int]]


class BatchEncoder(Protocol):
    """What a worker's process runs."""

    def batch_vectors(self, ids: Batch, prompt: str) -> NDArray[np.float32]:
        """`(texts, dim)` float32, unit rows, of the token ids of some texts."""
        ...


class Workers:
    """One process for each device; they start with the first batch, and end with this process.

    devices  their names; one may come twice, for two processes on it
    make     device -> its encoder; called in the process, so it must be picklable
    """

    def __init__(self, devices: Sequence[str], make: Callable[[str], BatchEncoder]) -> None:
        # Processors share their cores; a GPU's process needs one.
        shares = max(1, (os.cpu_count() or 1) // max(1, list(devices).count("cpu")))
        self._workers = [_Worker(device, make, shares if device == "cpu" else 1) for device in devices]

    def vectors(self, batches: Sequence[Batch], prompt: str) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Each batch's number with its vectors, as they are done.

        A process that dies is started again and its batch done again, once. Raises EncoderError when it
        dies of the same batch again, and what the encoder raised. After an error, Ctrl-C or a caller
        that stops, no process is left.
        """
        idle = deque(self._workers)

        def task(batch: Batch) -> NDArray[np.float32]:
            worker = idle.popleft()  # there are as many threads as workers, so one is free
            try:
                return worker.vectors(batch, prompt)
            finally:
                idle.append(worker)

        for worker in self._workers:
            worker.allow()
        threads = ThreadPoolExecutor(len(self._workers), thread_name_prefix="bertrieve-encode")
        finished = False
        try:
            numbers = {threads.submit(task, batch): number for number, batch in enumerate(batches)}
            for future in as_completed(numbers):
                yield numbers[future], future.result()
            finished = True
        finally:
            if not finished:
                self.close()
            threads.shutdown(cancel_futures=True)

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for worker in self._workers:
            worker.kill()


class _Worker:
    """The process of one device. `kill` may be called from any thread, the rest from one at a time."""

    def __init__(self, device: str, make: Callable[[str], BatchEncoder], threads: int) -> None:
        self._device, self._make, self._threads = device, make, threads
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def allow(self) -> None:
        """After a `kill`: a process may be started again."""
        self._stopped = False

    def vectors(self, batch: Batch, prompt: str) -> NDArray[np.float32]:
        """`(n, dim)` float32 of a batch, done again once where the process ends; then raises EncoderError."""
        for _ in range(2):
            process = self._running()
            try:
                pickle.dump((batch, prompt), cast(IO[bytes], process.stdin))
                cast(IO[bytes], process.stdin).flush()
                answer = pickle.load(cast(IO[bytes], process.stdout))
            except (EOFError, OSError, pickle.UnpicklingError):
                code = self._ended()
                continue
            if isinstance(answer, BaseException):
                raise answer
            return cast("NDArray[np.float32]", answer)
        raise EncoderError(
            f"the process for {self._device} ended twice at the same batch (exit code {code}); "
            "what was committed stays: run again with fewer devices"
        )

    def kill(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def _running(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._stopped:
                raise EncoderError("encoding was stopped")
            if self._process is not None and self._process.poll() is not None:
                self._discard()  # it ended between two batches: none is to be done again
            if self._process is None:
                self._process = _spawn(self._threads)
                with suppress(OSError):
                    pickle.dump((self._make, self._device), cast(IO[bytes], self._process.stdin))
            return self._process

    def _ended(self) -> int:
        with self._lock:
            process = cast("subprocess.Popen[bytes]", self._process)
            process.kill()
            self._discard()
        return process.wait()

    def _discard(self) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                # One may hold a batch that nobody will read.
                with suppress(OSError):
                    cast(IO[bytes], pipe).close()
        self._process = None


def _spawn(threads: int) -> "subprocess.Popen[bytes]":
    """A process that finds the same modules as this one, and that Ctrl-C doesn't reach."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    environment["OMP_NUM_THREADS"] = str(threads)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from indexer.encoder.workers import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        process_group=0 if os.name == "posix" else None,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def main() -> None:
    """The body of a worker's process: batches in, vectors or an error out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between
    with suppress(EOFError, BrokenPipeError):
        make, device = pickle.load(sys.stdin.buffer)
        encoder: BatchEncoder | None = None
        while True:
            ids, prompt = pickle.load(sys.stdin.buffer)
            answer: Any
            try:
                encoder = encoder or make(device)
                answer = encoder.batch_vectors(ids, prompt)
            except BertrieveError as error:
                answer = error
            except Exception as error:
                answer = EncoderError(f"{device} can't encode: {type(error).__name__}: {error}")
            pickle.dump(answer, answers)
            answers.flush()
