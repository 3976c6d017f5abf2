"""A client's connection to `bertrieve serve`: uvicorn's, with a limit on how long the client may take.

uvicorn closes what is idle after an answer. A client that never ends the head of a request, or never reads
its answer, it would keep for ever; a body that doesn't come is `guard.py`'s.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["SECONDS", "Connection"]

SECONDS = 15.0  # for a request's head, or an answer, to come through


class Connection(H11Protocol):
    """One that is cut off while nothing is being answered and the client has taken longer than `SECONDS`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._due.cancel()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._due.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._due = self.loop.call_later(SECONDS, self._overdue)

    def _overdue(self) -> None:
        # What is being answered comes to its end by itself, and then has as long to be read.
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.abort()
