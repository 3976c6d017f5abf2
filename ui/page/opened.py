"""What all sessions share: the open index, its state, and the one indexing run there may be."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from indexer.store import IndexInfo, LedgerRow
from indexer.store.folder import Folder
from search import Searcher
from ui.page.indexing import IndexingRun, indexing_run

__all__ = ["Opened", "opened"]

# Statuses that need nobody's attention.
SETTLED = {"indexed", "duplicate", "excluded"}
SOUND = 2


@dataclass(frozen=True, slots=True)
class Opened:
    """An index as one run of the page sees it.

    written  when it was last written to, nanoseconds since 1970: what was made of it is stale when that moves
    """

    index: Path
    searcher: Searcher
    run: IndexingRun
    written: int

    @property
    def info(self) -> IndexInfo:
        """Counts and sizes."""
        return _state(self.searcher, str(self.index), self.written)

    @property
    def ledger(self) -> list[LedgerRow]:
        """What became of every file: those that can't be found first, then those with gaps."""
        return _ledger(self.searcher, str(self.index), self.written)

    @property
    def problems(self) -> list[LedgerRow]:
        """The files that can't be found, or not all of them."""
        return [row for row in self.ledger if _trouble(row) < SOUND]


def opened(index: Path) -> Opened:
    """The index in a folder, opened once for all sessions; again when another has taken its place.

    Raises NotAnIndexError, FormatVersionError, DamagedIndexError.
    """
    file = Folder(index).metadata
    searcher = _searcher(str(index), file.stat().st_ino if file.exists() else 0)
    return Opened(index, searcher, indexing_run(index), _last_write(file))


def _last_write(file: Path) -> int:
    # A commit writes the log beside the database, and only now and then the database itself.
    both = (file, file.with_name(f"{file.name}-wal"))
    return max((each.stat().st_mtime_ns for each in both if each.exists()), default=0)


@st.cache_resource(show_spinner=False, max_entries=4, on_release=Searcher.close)
def _searcher(index: str, inode: int) -> Searcher:  # noqa: ARG001 (part of the cache's key)
    searcher = Searcher(index)
    # Loading the model takes seconds: it begins while the question is being typed.
    threading.Thread(target=_warm, args=(searcher,), daemon=True).start()
    return searcher


def _warm(searcher: Searcher) -> None:
    # Whatever is wrong will be said where a question is answered.
    with suppress(Exception):
        searcher.query("warm", k=1, mode="dense")


# Counted again when the index has been written to, not at every letter typed.
@st.cache_data(show_spinner=False, max_entries=4)
def _state(_searcher: Searcher, index: str, written: int) -> IndexInfo:  # noqa: ARG001 (the cache's key)
    return _searcher.info()


@st.cache_data(show_spinner=False, max_entries=4)
def _ledger(_searcher: Searcher, index: str, written: int) -> list[LedgerRow]:  # noqa: ARG001
    return sorted(_searcher.ledger(), key=_trouble)


def _trouble(row: LedgerRow) -> int:
    """0 for a file that can't be found, 1 for one with gaps, `SOUND` for all others."""
    if row.status not in SETTLED:
        return 0
    return 1 if row.status == "indexed" and row.reason else SOUND
