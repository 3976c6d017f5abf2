"""The page with the HTTP API beside it on one port, under /api: ``bertrieve ui --api``.

The API is the one of `bertrieve serve`, with its own limits, and asks for keys by the same rule. The page's
password is no key, and a key opens no page.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from fastapi import FastAPI
from starlette.routing import Mount

from indexer.errors import BertrieveError
from indexer.store import default_index
from search import Searcher
from search.server import Folders, KeyFile, Settings, create_app
from ui.cli.serving import DEFAULT_KEYS, host_names, log_to_stderr
from ui.page.indexing import indexing_run


def _api() -> FastAPI:
    index = default_index().expanduser().absolute()
    keys = KeyFile(Path(os.environ.get("BERTRIEVE_KEYS") or DEFAULT_KEYS))
    required = bool(keys.keys())
    allowed = [name for name in st.get_option("server.allowedHosts") if name != "*"]
    hosts = host_names(st.get_option("server.address") or "0.0.0.0", allowed, required=required)
    searcher = Searcher(index)
    log_to_stderr()
    # The page's own run: what one begins the other sees.
    folders = Folders(indexing_run(index), searcher.folders)
    return create_app(searcher, Settings(hosts=hosts, keys=keys if required else None), folders=folders)


@asynccontextmanager
async def _alive(_: st.App) -> AsyncIterator[None]:
    async with api.router.lifespan_context(api):  # nobody runs that of a mounted application
        yield


try:
    api = _api()
except BertrieveError as error:
    sys.exit(f"bertrieve: {error}")
app = st.App(Path(__file__).with_name("app.py"), routes=[Mount("/api", api)], lifespan=_alive)
