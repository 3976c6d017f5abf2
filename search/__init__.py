"""Questions in, hits out.

import search
for hit in search.query("how are token vectors pooled?", index="my-index"):
    print(hit.path, hit.page, hit.text)
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.hits import Answer, Hit, Hits, Mode

if TYPE_CHECKING:
    from indexer.store import Filter
    from search.reranker import Reranker
    from search.results import Group
    from search.searcher import Searcher

__all__ = ["Answer", "Hit", "Hits", "Mode", "Searcher", "answer", "query"]

_searchers: "dict[Path, Searcher]" = {}
_opening = threading.Lock()


def query(
    question: str,
    k: int = 10,
    *,
    index: str | Path | None = None,
    mode: Mode = "hybrid",
    collapse: bool = True,
    group: "Group | None" = None,
    filter: "str | Filter | None" = None,
    reranker: "Reranker | None" = None,
) -> Hits:
    """The passages of an index nearest to a question, best first.

    index     the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given. It stays open for the
              next question, and follows the index as it changes.
    filter    which passages to search, such as ``type:pdf modified>=2025``: see docs/filters.md.
    reranker  a cross-encoder that puts the first hits in its own order: `search.reranker.Reranker`.

    Raises as `Searcher` and `Searcher.query` do.
    """
    return _searcher(index).query(
        question, k, mode=mode, collapse=collapse, group=group, filter=filter, reranker=reranker
    )


def answer(
    question: str,
    k: int = 10,
    *,
    index: str | Path | None = None,
    filter: "str | Filter | None" = None,
) -> Answer:
    """The sentence of an index that answers a question best, with its passage and the nearest `k`.

    Raises as `Searcher` and `Searcher.query` do.
    """
    return _searcher(index).answer(question, k, filter=filter)


def _searcher(index: str | Path | None) -> "Searcher":
    from indexer.store import default_index
    from search.searcher import Searcher

    folder = (Path(index) if index is not None else default_index()).expanduser().absolute()
    with _opening:
        if folder not in _searchers:
            _searchers[folder] = Searcher(folder)
        return _searchers[folder]


def __getattr__(name: str) -> Any:
    # Loaded on first use: what only names hits needs neither FAISS nor SQLite.
    if name != "Searcher":
        raise AttributeError(f"module 'search' has no attribute {name!r}")
    from search.searcher import Searcher

    return Searcher
