"""The index for other programs: HTTP and MCP. Importing this loads no web framework; `create_…` does."""

from typing import TYPE_CHECKING

from search.server.keys import KeyFile
from search.server.settings import Settings
from search.server.syncing import Folders, SyncRun

if TYPE_CHECKING:
    from fastapi import FastAPI
    from mcp.server.mcpserver import MCPServer

    from search.searcher import Searcher

__all__ = ["Folders", "KeyFile", "Settings", "SyncRun", "create_app", "create_mcp"]


def create_app(
    searcher: "Searcher", settings: Settings | None = None, *, folders: Folders | None = None
) -> "FastAPI":
    """The HTTP API of one index, as an ASGI application.

    folders  what may be synchronised and by whom; without, `/v1/sync` answers 404

    It closes the searcher when it shuts down.
    """
    from search.server.app import create_app as create

    return create(searcher, settings or Settings(), folders)


def create_mcp(searcher: "Searcher") -> "MCPServer":
    """The index as tools of an agent: `search`, `answer` and `fetch`."""
    from search.server.mcp import create_mcp as create

    return create(searcher)
