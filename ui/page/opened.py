"""What all sessions share: the open index, its state, and the one indexing run there may be."""

import threading
from contextlib import suppress
from pathlib import Path

import streamlit as st

from indexer.errors import BertrieveError
from indexer.store import IndexInfo, LedgerRow
from search import Searcher
from ui.page.indexing import IndexingRun

__all__ = ["indexing_run", "open_searcher", "problems", "state"]

# Statuses that need nobody's attention.
SETTLED = {"indexed", "duplicate", "excluded"}


def open_searcher(index: Path) -> Searcher:
    """The searcher of an index folder, opened once; again when another index has taken its place.

    Raises NotAnIndexError, FormatVersionError, DamagedIndexError.
    """
    try:
        inode = (index / "metadata.sqlite").stat().st_ino
    except OSError:
        inode = 0
    return _searcher(str(index), inode)


@st.cache_resource(show_spinner=False, max_entries=2, on_release=Searcher.close)
def _searcher(index: str, inode: int) -> Searcher:  # noqa: ARG001 (part of the cache's key)
    searcher = Searcher(index)
    # Loading the model takes seconds: it begins while the question is being typed.
    threading.Thread(target=_warm, args=(searcher,), daemon=True).start()
    return searcher


def _warm(searcher: Searcher) -> None:
    # What is wrong will be said where a question is answered.
    with suppress(BertrieveError):
        searcher.query("warm", k=1, mode="dense")


@st.cache_data(show_spinner=False, ttl=2, max_entries=4)
def state(_searcher: Searcher, index: str) -> IndexInfo:  # noqa: ARG001 (part of the cache's key)
    """Counts and sizes; counted again every two seconds at most, not at every letter typed."""
    return _searcher.info()


@st.cache_data(show_spinner=False, max_entries=4)
def problems(_searcher: Searcher, index: str, generation: int) -> list[LedgerRow]:  # noqa: ARG001
    """Files that can't be found, or not all of them, the wholly missing first."""
    rows = [row for row in _searcher.ledger() if row.status not in SETTLED or _has_gaps(row)]
    return sorted(rows, key=_has_gaps)


def _has_gaps(row: LedgerRow) -> bool:
    return row.status == "indexed" and bool(row.reason)


@st.cache_resource(show_spinner=False)
def indexing_run(index: str) -> IndexingRun:
    """The run that fills an index folder: every session sees the same one."""
    return IndexingRun(Path(index))
