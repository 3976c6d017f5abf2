"""What is in the index, by id; and how the server is."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from indexer.store import DocumentRow, PassageRow
from search.searcher import Searcher
from search.server.access import READ
from search.server.context import Shared
from search.server.models import (
    Document,
    DocumentPage,
    Documents,
    FileState,
    Info,
    Ledger,
    Passage,
    State,
    errors,
)

__all__ = ["router"]

router = APIRouter(responses=errors(404), tags=["index"])

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Begin = Annotated[int, Query(ge=0, le=2**63 - 1)]


@router.get("/v1/info", dependencies=[READ])
async def info(context: Shared) -> Info:
    """How large the index is, and how exactly it is searched."""
    found = await context.pool.run(Searcher.info)
    return Info(**{name: value for name, value in asdict(found).items() if name in Info.model_fields})


@router.get("/v1/passages/{passage_id}", dependencies=[READ])
async def passage(passage_id: Id, context: Shared) -> Passage:
    """One passage, by the `passage_id` of a hit."""
    return _passage(await context.pool.run(Searcher.passage, passage_id))


@router.get("/v1/documents", dependencies=[READ])
async def documents(context: Shared, after: Begin = 0, limit: Limit = 100) -> Documents:
    """The documents, in order of id."""
    rows = await context.pool.run(Searcher.documents, after=after, limit=limit)
    return Documents(documents=list(map(_document, rows)), next=rows[-1].id if len(rows) == limit else None)


@router.get("/v1/documents/{document_id}", dependencies=[READ])
async def document(document_id: Id, context: Shared, begin: Begin = 0, limit: Limit = 100) -> DocumentPage:
    """One document and its passages."""
    row = await context.pool.run(Searcher.document, document_id)
    found = await context.pool.run(Searcher.passages_of, document_id, begin=begin, limit=limit)
    more = begin + len(found) if len(found) == limit else None
    return DocumentPage(document=_document(row), passages=list(map(_passage, found)), next=more)


@router.get("/v1/ledger", dependencies=[READ])
async def ledger(
    context: Shared,
    status: Annotated[str | None, Query(max_length=100, description="Only files of this status.")] = None,
    begin: Begin = 0,
    limit: Limit = 1_000,
) -> Ledger:
    """What became of every file that was found."""
    every = await context.pool.run(Searcher.ledger)
    rows = [row for row in every if status in (None, row.status)]
    names = FileState.model_fields
    files = [FileState(**{at: getattr(row, at) for at in names}) for row in rows[begin : begin + limit]]
    end = begin + len(files)
    return Ledger(files=files, total=len(rows), next=end if end < len(rows) and files else None)


@router.get("/health", tags=["server"])
async def health() -> State:
    """The process answers."""
    return State(status="ok")


@router.get("/ready", tags=["server"])
async def ready(context: Shared, response: Response) -> State:
    """200 once the encoder is loaded and the index has answered a question; until then 503."""
    if not context.ready.is_set():
        response.status_code = 503
        return State(status="loading")
    return State(status="ready")


@router.get("/metrics", tags=["server"], dependencies=[READ], response_class=Response)
async def metrics(context: Shared) -> Response:
    """Prometheus' text format."""
    pending = context.pool.pending
    info = await context.pool.run(Searcher.info)
    return Response(context.metrics.text(pending, info), media_type="text/plain; version=0.0.4")


def _passage(row: PassageRow) -> Passage:
    values = {name: getattr(row, name) for name in Passage.model_fields}
    return Passage(**{**values, "heading": list(row.heading)})


def _document(row: DocumentRow) -> Document:
    # Windows has no timestamps before 1970.
    modified = (EPOCH + timedelta(microseconds=row.modified_ns // 1_000)).isoformat(timespec="seconds")
    values = {name: getattr(row, name) for name in Document.model_fields if name != "modified"}
    return Document(**values, modified=modified)
