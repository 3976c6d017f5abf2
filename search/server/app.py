"""The HTTP API, put together: routes, errors in one form, and what guards them."""

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import BrokenExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from indexer.errors import BertrieveError, IndexLockedError, UnknownIdError, UsageError
from search.searcher import Searcher
from search.server import embeddings, index, search, syncing_routes
from search.server.access import ForbiddenError, UnauthorisedError
from search.server.context import Context
from search.server.guard import Guard, error_body
from search.server.metrics import Metrics
from search.server.pool import Pool, Rate, TooManyRequestsError
from search.server.settings import Settings
from search.server.syncing import Folders

__all__ = ["create_app"]

logger = logging.getLogger(__name__)


def create_app(searcher: Searcher, settings: Settings, folders: Folders | None) -> FastAPI:
    """See `search.server.create_app`."""
    pool, metrics = Pool(searcher, settings.workers, settings.waiting, settings.processes), Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Nobody waits for the encoder to be loaded but who asks; /ready says when it is.
        app.state.context.warm()
        yield
        if folders and folders.run.running:
            folders.run.stop()
        pool.close()
        searcher.close()

    # No page of interactive documentation: its scripts would come from elsewhere.
    app = FastAPI(
        title="bertrieve",
        version=version("bertrieve"),
        summary="Semantic search over a folder of documents.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.context = Context(searcher, settings, pool, Rate(settings.rate), metrics, folders)
    for module in (search, index, syncing_routes, embeddings):
        app.include_router(module.router)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type"],
        )
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    return app


def _json(status: int, kind: str, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(error_body(kind, sentence), status, headers)


async def _raised(_: Request, error: Exception) -> JSONResponse:
    """What bertrieve raises on purpose, with the status that says whose turn it is."""
    match error:
        case TooManyRequestsError():
            after = {"retry-after": str(math.ceil(error.seconds))}
            return _json(429, "too_many_requests", str(error), after)
        case UnauthorisedError():
            return _json(401, "unauthorised", str(error), {"www-authenticate": "Bearer"})
        case ForbiddenError():
            return _json(403, "forbidden", str(error))
        case UnknownIdError():
            return _json(404, "not_found", str(error))
        case UsageError():
            return _json(422, "invalid_request", str(error))
        case IndexLockedError():
            return _json(409, "busy", "another process is writing to the index; try again later")
    # The sentence may name folders of this machine: it is for the operator.
    logger.error("%s: %s", type(error).__name__, error)
    return _json(503, "unavailable", "the index can't be used at the moment; the server's log says why")


async def _invalid(_: Request, error: Any) -> JSONResponse:
    places = [f"{'.'.join(map(str, at['loc'][1:])) or 'body'}: {at['msg']}" for at in error.errors()[:5]]
    return _json(422, "invalid_request", "; ".join(places))


async def _http(_: Request, error: Any) -> JSONResponse:
    kind = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    return _json(error.status_code, kind, str(error.detail), dict(error.headers or {}))


async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    return _json(500, "internal", f"{type(error).__name__}; the server's log says more")


_ANSWERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
    BertrieveError: _raised,
    BrokenExecutor: _raised,
    RequestValidationError: _invalid,
    HTTPException: _http,
    Exception: _unforeseen,
}
