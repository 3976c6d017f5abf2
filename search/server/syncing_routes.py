"""Runs of the indexer, started and stopped from outside."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from search.server.access import READ, WRITE
from search.server.context import Context, Shared
from search.server.models import Error, Sync, SyncStart, errors
from search.server.syncing import Folders

__all__ = ["router"]

router = APIRouter(prefix="/v1/sync", responses=errors(404), tags=["sync"])


@router.get("", dependencies=[READ])
async def sync_state(context: Shared) -> Sync:
    """How far the run is, or how the last one ended; and which folders there are."""
    return await _state(context)


@router.post("", status_code=202, dependencies=[WRITE], responses={409: {"model": Error}})
async def sync_start(asked: SyncStart, context: Shared) -> Sync:
    """Bring the index in step with a folder that it knows. One run at a time."""
    folders = _folders(context)
    path = await run_in_threadpool(folders.path, asked.folder)
    if folders.run.running:
        raise HTTPException(409, "a run is under way; GET /v1/sync shows it, DELETE /v1/sync ends it")
    folders.run.start(path)
    return await _state(context)


@router.delete("", status_code=202, dependencies=[WRITE])
async def sync_cancel(context: Shared) -> Sync:
    """End the run soon. What it has committed stays; the next run goes on from there."""
    _folders(context).run.stop()
    return await _state(context)


async def _state(context: Context) -> Sync:
    return Sync(**await run_in_threadpool(_folders(context).state))


def _folders(context: Context) -> Folders:
    if context.folders is None:
        raise HTTPException(404, "this server can't index; it was started with --read-only")
    return context.folders
