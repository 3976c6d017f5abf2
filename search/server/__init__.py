"""The index for other programs, over HTTP. Importing this loads no web framework; `create_app` does."""

from typing import TYPE_CHECKING

from search.server.keys import KeyFile
from search.server.settings import Settings
from search.server.syncing import Folders, SyncRun

if TYPE_CHECKING:
    from fastapi import FastAPI

    from search.searcher import Searcher

__all__ = ["Folders", "KeyFile", "Settings", "SyncRun", "create_app"]


def create_app(
    searcher: "Searcher", settings: Settings | None = None, *, folders: Folders | None = None
) -> "FastAPI":
    """The HTTP API of one index, as an ASGI application.

    folders  what may be synchronised and by whom; without, `/v1/sync` answers 404

    It closes the searcher when it shuts down.
    """
    from search.server.app import create_app as create

    return create(searcher, settings or Settings(), folders)
