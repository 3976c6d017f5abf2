"""Documents in, index out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.following import follow_folder
    from indexer.forgetting import forget_folder
    from indexer.progress import Progress
    from indexer.report import Report
    from indexer.sync import index_documents, index_folder

__all__ = ["Progress", "Report", "follow_folder", "forget_folder", "index_documents", "index_folder"]

_HOMES = {
    "follow_folder": "indexer.following",
    "forget_folder": "indexer.forgetting",
    "Progress": "indexer.progress",
    "Report": "indexer.report",
    "index_documents": "indexer.sync",
    "index_folder": "indexer.sync",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use: each process that parses a file imports this package, and needs none of FAISS,
    # tantivy and SQLAlchemy.
    if name not in _HOMES:
        raise AttributeError(f"module 'indexer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
