"""What every route shares, and how it gets at it."""

import logging
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Annotated

from fastapi import Depends, Request

from search.searcher import Searcher
from search.server.metrics import Metrics
from search.server.pool import Pool, Rate
from search.server.settings import Settings
from search.server.syncing import Folders

__all__ = ["Context", "Shared"]

logger = logging.getLogger(__name__)


@dataclass
class Context:
    """One server. `ready` is set once a question has been answered."""

    searcher: Searcher
    settings: Settings
    pool: Pool
    rate: Rate
    metrics: Metrics
    folders: Folders | None
    ready: Event = field(default_factory=Event)

    def warm(self) -> None:
        """Load the encoder in the background: a first question would wait for it."""
        Thread(target=self._warm, daemon=True).start()

    def _warm(self) -> None:
        try:
            self.pool.warm()
            self.ready.set()
        except Exception:
            logger.exception("the index can't be searched")


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Shared = Annotated[Context, Depends(_context)]
