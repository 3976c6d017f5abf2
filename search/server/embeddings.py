"""The index's encoder as others know it: OpenAI's `/v1/embeddings`."""

import base64

import numpy as np
from fastapi import APIRouter
from numpy.typing import NDArray

from indexer.errors import UnknownIdError, UsageError
from search.searcher import Searcher
from search.server.access import READ
from search.server.context import Shared
from search.server.models import (
    Embedding,
    EmbeddingRequest,
    Embeddings,
    Model,
    Models,
    Usage,
    errors,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1", dependencies=[READ], responses=errors(404), tags=["embeddings"])


@router.get("/models")
async def models(context: Shared) -> Models:
    """The one encoder that there is: the index's own."""
    own = context.searcher.encoder
    return Models(data=[Model(id=own.model, dimension=own.dimension, max_tokens=own.max_tokens)])


@router.post("/embeddings")
async def embeddings(asked: EmbeddingRequest, context: Shared) -> Embeddings:
    """The vectors of texts, of unit length: as questions, unless `input_type` says otherwise."""
    own = context.searcher.encoder
    # A name without its owner, or a folder's last part, is the same model.
    if asked.model not in (own.model, own.model.rstrip("/").rpartition("/")[2]):
        raise UnknownIdError(f"there is no model {asked.model!r} here; the index was made by {own.model!r}")
    if asked.dimensions not in (None, own.dimension):
        raise UsageError(f"{asked.dimensions} dimensions were asked for, {own.model} has {own.dimension}")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    found = await context.pool.run(Searcher.embed, texts, asked.input_type)
    total = sum(found.tokens)
    return Embeddings(
        data=[
            Embedding(index=at, embedding=_written(vector, asked.encoding_format))
            for at, vector in enumerate(found.vectors)
        ],
        model=own.model,
        usage=Usage(prompt_tokens=total, total_tokens=total),
    )


def _written(vector: NDArray[np.float32], form: str) -> list[float] | str:
    if form == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    values: list[float] = vector.tolist()
    return values
