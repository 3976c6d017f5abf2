"""Questions in, hits out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from search.searcher import Searcher
from search.server.access import READ
from search.server.context import Shared
from search.server.models import Answer, Ask, FacetCounts, Filter, Search, SearchResult, errors

__all__ = ["router"]

router = APIRouter(prefix="/v1", dependencies=[READ], responses=errors(), tags=["search"])


@router.post("/search")
async def search(asked: Search, request: Request, context: Shared) -> SearchResult:
    """The passages nearest to a question, best first."""
    request.state.question = asked.query
    hits = await context.pool.run(
        Searcher.query,
        asked.query,
        asked.k,
        mode=asked.mode,
        filter=asked.filter,
        collapse=asked.collapse,
        group=asked.group,
    )
    return SearchResult(**hits.to_dict())


@router.post("/answer")
async def answer(asked: Ask, request: Request, context: Shared) -> Answer:
    """The sentence that answers a question best, and the passages nearest to it."""
    request.state.question = asked.query
    found = await context.pool.run(Searcher.answer, asked.query, asked.k, filter=asked.filter)
    return Answer(**found.to_dict())


@router.get("/facets")
async def facets(context: Shared, filter: Annotated[Filter, Query()] = None) -> FacetCounts:
    """How many documents have each type, folder, language, year and value of their own fields."""
    return FacetCounts(facets=await context.pool.run(Searcher.facets, filter))
