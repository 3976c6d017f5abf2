"""The index as a retriever of other frameworks, a module each, and an extra each: `bertrieve[langchain]`…

Every one takes `index`, `k` (Haystack's `top_k`), `mode` and `filter`, as text, and gives what it finds the
same metadata.
"""

from typing import Any

from search.hits import Hit

__all__ = ["metadata_of"]


def metadata_of(hit: Hit) -> dict[str, Any]:
    """Where a hit stands and how likely it is, JSON-able: what a framework carries along with the text."""
    return {
        "source": hit.path,
        "title": hit.title,
        "page": hit.page,
        "heading": list(hit.heading),
        "line": hit.line,
        "start": hit.start,
        "end": hit.end,
        "score": hit.score,
        "probability": hit.probability,
        "likelihood": hit.likelihood,
        "passage_id": hit.passage_id,
        "document_id": hit.document_id,
    }
