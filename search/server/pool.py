"""The index is asked in a bounded number of threads or processes behind a bounded queue, never in the event
loop."""

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from indexer.errors import BertrieveError
from search.searcher import Searcher

__all__ = ["BusyError", "Pool", "Rate", "TooManyRequestsError"]

P = ParamSpec("P")
T = TypeVar("T")

# A method of Searcher, and so by its name the same in another process.
Asking = Callable[Concatenate[Searcher, P], T]


class TooManyRequestsError(BertrieveError):
    """Answered 429. `seconds` until it is worth trying again."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class BusyError(TooManyRequestsError):
    """More is waiting than may wait."""


class Pool:
    """Asks an index in `workers` threads, or in so many `processes` where these are more than this one, while
    at most `waiting` others wait.

    pending  questions that run or wait
    """

    def __init__(self, searcher: Searcher, workers: int, waiting: int, processes: int = 1) -> None:
        self._searcher, self._workers, self._processes = searcher, workers, processes
        self._most = waiting + (workers if processes == 1 else processes)
        self._counting = threading.Lock()
        self._executor = self._begun()
        self.pending = 0

    async def run(self, ask: Asking[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a method of the searcher returns or raises. Raises BusyError where the queue is full."""
        executor = self._executor
        try:
            return await asyncio.wrap_future(self._submit(executor, ask, *args, **kwargs))
        except BrokenExecutor:
            # One process has died, and all questions with it: they are asked again, once.
            return await asyncio.wrap_future(self._submit(self._anew(executor), ask, *args, **kwargs))

    def warm(self) -> None:
        """Wait until the encoder is loaded, in one process at least. Raises as `Searcher.query` does."""
        executor = self._executor
        try:
            self._submit(executor, _warm).result()
        except BrokenExecutor:
            self._submit(self._anew(executor), _warm).result()

    def close(self) -> None:
        """Wait for what runs; what waits is dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _begun(self) -> Executor:
        if self._processes == 1:
            return ThreadPoolExecutor(self._workers, thread_name_prefix="question")
        # A fork would copy locks that another thread holds.
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._processes, spawn, _begin, (self._searcher.folder,))

    def _anew(self, broken: Executor) -> Executor:
        with self._counting:
            if self._executor is broken:
                self._executor = self._begun()
        return self._executor

    def _submit(
        self, executor: Executor, ask: Asking[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> "Future[T]":
        with self._counting:
            if self.pending >= self._most:
                raise BusyError(f"{self.pending} requests are waiting already; try again in a second", 1.0)
            self.pending += 1
        try:
            future: Future[T] = (
                executor.submit(ask, self._searcher, *args, **kwargs)
                if self._processes == 1
                else executor.submit(_ask, ask, args, kwargs)
            )
        except BaseException:
            self._done(None)
            raise
        # When the client has gone, what runs goes on: only its end makes room.
        future.add_done_callback(self._done)
        return future

    def _done(self, _: object) -> None:
        with self._counting:
            self.pending -= 1


def _warm(searcher: Searcher) -> None:
    searcher.query("warm", 1, mode="dense")


# What follows runs in a process of a pool's, which opens the index by itself.
_own: Searcher


def _begin(index: Path) -> None:
    global _own
    # Ctrl-C reaches every process of a terminal: the first lets questions under way end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _own = Searcher(index)
    with suppress(Exception):  # a question will say what is wrong
        _warm(_own)


def _end_with_parent() -> None:
    """However that ends: nobody else would."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(0)


def _ask(ask: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    return ask(_own, *args, **kwargs)


class Rate:
    """A token bucket for each key: `rate` requests a second, bursts of twice as many."""

    KNOWN = 10_000  # keys; the one that was longest away is forgotten, and begins with a full bucket

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, max(1.0, 2 * rate), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one request. Raises TooManyRequestsError."""
        if not self._rate:
            return
        now = self._clock()
        left, before = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - before) * self._rate)
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self.KNOWN:
            self._buckets.popitem(last=False)
        if left < 1:
            wait = (1 - left) / self._rate
            raise TooManyRequestsError(f"more than {self._rate:g} requests a second with this key", wait)
