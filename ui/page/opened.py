"""What all sessions share: the open index, its state, and the one indexing run there may be."""

import threading
from contextlib import suppress
from pathlib import Path

import streamlit as st

from indexer.store import IndexInfo, LedgerRow
from indexer.store.folder import Folder
from search import Searcher
from ui.page.indexing import IndexingRun

__all__ = ["indexing_run", "last_write", "open_searcher", "problems", "state"]

# Statuses that need nobody's attention.
SETTLED = {"indexed", "duplicate", "excluded"}


def open_searcher(index: Path) -> Searcher:
    """The searcher of an index folder, opened once; again when another index has taken its place.

    Raises NotAnIndexError, FormatVersionError, DamagedIndexError.
    """
    file = Folder(index).metadata
    return _searcher(str(index), file.stat().st_ino if file.exists() else 0)


def last_write(index: Path) -> int:
    """When the index was last written to, nanoseconds since 1970; 0 where there is none."""
    file = Folder(index).metadata
    # A commit writes the log beside the database, and only now and then the database itself.
    both = (file, file.with_name(f"{file.name}-wal"))
    return max((each.stat().st_mtime_ns for each in both if each.exists()), default=0)


@st.cache_resource(show_spinner=False, max_entries=2, on_release=Searcher.close)
def _searcher(index: str, inode: int) -> Searcher:  # noqa: ARG001 (part of the cache's key)
    searcher = Searcher(index)
    # Loading the model takes seconds: it begins while the question is being typed.
    threading.Thread(target=_warm, args=(searcher,), daemon=True).start()
    return searcher


def _warm(searcher: Searcher) -> None:
    # Whatever is wrong will be said where a question is answered.
    with suppress(Exception):
        searcher.query("warm", k=1, mode="dense")


@st.cache_data(show_spinner=False, max_entries=4)
def state(_searcher: Searcher, index: str, written: int) -> IndexInfo:  # noqa: ARG001 (the cache's key)
    """Counts and sizes; counted again when the index has been written to, not at every letter typed."""
    return _searcher.info()


@st.cache_data(show_spinner=False, max_entries=4)
def problems(_searcher: Searcher, index: str, written: int) -> list[LedgerRow]:  # noqa: ARG001
    """Files that can't be found, or not all of them, the wholly missing first."""
    rows = [row for row in _searcher.ledger() if row.status not in SETTLED or _has_gaps(row)]
    return sorted(rows, key=_has_gaps)


def _has_gaps(row: LedgerRow) -> bool:
    return row.status == "indexed" and bool(row.reason)


@st.cache_resource(show_spinner=False)
def indexing_run(index: str) -> IndexingRun:
    """The run that fills an index folder: every session sees the same one."""
    return IndexingRun(Path(index))
