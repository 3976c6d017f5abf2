"""A bounded number of threads behind a bounded queue: the index is asked in them, never in the event loop."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from indexer.errors import BertrieveError

__all__ = ["BusyError", "Pool", "Rate", "TooManyRequestsError"]

P = ParamSpec("P")
T = TypeVar("T")


class TooManyRequestsError(BertrieveError):
    """Answered 429. `seconds` until it is worth trying again."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class BusyError(TooManyRequestsError):
    """More is waiting than may wait."""


class Pool:
    """Runs calls in `workers` threads while at most `waiting` others wait.

    pending  calls that run or wait
    """

    def __init__(self, workers: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="question")
        self._most = workers + waiting
        self._counting = threading.Lock()
        self.pending = 0

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the call returns or raises. Raises BusyError where the queue is full."""
        with self._counting:
            if self.pending >= self._most:
                raise BusyError(f"{self.pending} requests are waiting already; try again in a second", 1.0)
            self.pending += 1
        future = self._threads.submit(call, *args, **kwargs)
        # When the client has gone, what runs goes on: only its end makes room.
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Wait for what runs; what waits is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _done(self, _: "Future[Any]") -> None:
        with self._counting:
            self.pending -= 1


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
