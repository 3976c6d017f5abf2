"""Mending the tables of a damaged index: what is sound stays, what follows from it is reckoned anew."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from indexer.errors import DamagedIndexError
from indexer.store.check import LOST, ids_of, integrity
from indexer.store.folder import Folder, connect, readable
from indexer.store.questions import UNDECIDED, checked
from indexer.store.records import LedgerRow
from indexer.store.recovery import lexical_setting
from indexer.store.rows import batches, put_fields
from indexer.store.salvage import salvage
from indexer.store.schema import (
    dead_vectors,
    dead_words,
    documents,
    fields,
    intact,
    ledger,
    passages,
    recent_vectors,
    sealed,
    segments,
    settings,
    tables,
)
from indexer.store.snapshot import open_segment
from indexer.store.state import State, put_setting, read_settings, read_state

__all__ = ["Mended", "mend", "texts_of"]

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mended:
    """What mending the tables leaves to do.

    aside    (folder, path) of documents whose text is lost: their files must be read again
    lacking  `(n,)` int64, passages that have lost their vectors
    """

    aside: tuple[tuple[str, str], ...]
    lacking: Ids


def mend(path: Path) -> Mended:
    """Remove damaged rows, and bring all that refers to them in step, in one transaction.

    Afterwards the next `Writer` rebuilds the lexical index and sweeps files that nothing names.

    Raises DamagedIndexError where SQLite can't read the file or the encoder's row is damaged, and
    IndexLockedError where another process is writing.
    """
    folder = Folder(path)
    folder.require_index()
    folder.lock()
    engine = connect(folder, write=True)
    try:
        if not _whole(engine):
            engine.dispose()
            salvage(folder)
        with engine.begin() as connection, readable(folder):
            _require_encoder(connection, folder)
            aside = _set_aside(connection)
            _mend_fields(connection)
            _mend_ledger(connection)
            lacking = _mend_vectors(connection, folder)
            _mend_settings(connection, folder)
        return Mended(tuple(aside), lacking)
    finally:
        engine.dispose()
        folder.unlock()


def texts_of(path: Path, ids: Ids) -> Iterator[tuple[list[int], list[str]]]:
    """Passages and what was embedded of each, prefix and text, some at a time."""
    engine = connect(Folder(path), write=False)
    try:
        for batch in batches(ids.tolist()):
            with engine.connect() as connection:
                own = select(passages.c.id, passages.c.prefix + passages.c.text).order_by(passages.c.id)
                rows = connection.execute(own.where(passages.c.id.in_(batch))).all()
            yield [row[0] for row in rows], [row[1] for row in rows]
    finally:
        engine.dispose()


def _whole(engine: Engine) -> bool:
    """Whether SQLite can reach every row; if the rows are right is another question."""
    try:
        with engine.connect() as connection:
            for table in tables.sorted_tables:
                connection.execute(select(table).limit(1)).all()
            return all(LOST in line for line in integrity(connection))
    except DamagedIndexError:
        return False


def _require_encoder(connection: Connection, folder: Folder) -> None:
    rows = {row["key"]: row for row in connection.execute(select(settings)).mappings()}
    lost = [key for key in ("format", "encoder") if key not in rows or not intact(settings, rows[key])]
    if lost:
        raise DamagedIndexError(
            f"{folder.metadata} can't be mended (its settings {', '.join(lost)} are lost); "
            f"restore it from a backup, or remove {folder.root} and index again"
        )


def _set_aside(connection: Connection) -> list[tuple[str, str]]:
    """Remove documents of which anything is damaged or missing."""
    owners: dict[int, tuple[str, str]] = {}
    lost: set[int] = set()
    for row in connection.execute(select(documents)).mappings():
        owners[row["id"]] = (row["folder"], row["path"])
        lost |= set() if intact(documents, row) else {row["id"]}
    held: dict[int, int] = dict.fromkeys(owners, 0)
    for row in connection.execute(select(passages)).mappings():
        if not intact(passages, row) or row["document_id"] not in owners:
            lost.add(row["document_id"])
        else:
            held[row["document_id"]] += 1
    rows = connection.execute(select(ledger)).mappings()
    entered = {(row["folder"], row["path"]): row["passages"] for row in rows if intact(ledger, row)}
    lost |= {at for at, owner in owners.items() if entered.get(owner, held[at]) != held[at]}
    for batch in batches(sorted(lost)):
        own = select(passages.c.id).where(passages.c.document_id.in_(batch))
        connection.execute(delete(recent_vectors).where(recent_vectors.c.passage_id.in_(own)))
        connection.execute(delete(passages).where(passages.c.document_id.in_(batch)))
        connection.execute(delete(documents).where(documents.c.id.in_(batch)))
    return sorted(owners[at] for at in lost if at in owners)


def _mend_fields(connection: Connection) -> None:
    """What filters find documents by follows from the documents."""
    connection.execute(delete(fields))
    put_fields(connection, connection.execute(select(documents)).mappings().all())


def _mend_ledger(connection: Connection) -> None:
    """Only rows that are sound and true stay; a document without one gets one that has its file looked at."""
    owners = {(row.folder, row.path): row for row in connection.execute(select(documents))}
    known = set()
    for row in connection.execute(select(ledger)).mappings().all():
        name = (row["folder"], row["path"])
        if intact(ledger, row) and (name in owners or not row["passages"]):
            known.add(name)
        else:
            connection.execute(delete(ledger).where(ledger.c.folder == name[0], ledger.c.path == name[1]))
    for name in sorted(owners.keys() - known):
        of = owners[name]
        counts = select(func.count(), func.sum(passages.c.tokens)).where(passages.c.document_id == of.id)
        count, tokens = connection.execute(counts).one()
        anew = LedgerRow(*name, "indexed", "", count, of.pages, tokens or 0, of.size, -1, of.content_hash)
        connection.execute(insert(ledger), sealed(ledger, asdict(anew)))


def _mend_vectors(connection: Connection, folder: Folder) -> Ids:
    """Remove what is no sound vector of a passage, mark what is dead; the passages left without one."""
    live = ids_of(connection, passages)
    held = [np.empty(0, np.int64)]
    for segment_id in ids_of(connection, segments).tolist():
        try:
            segment, _ = open_segment(connection, folder, segment_id)
            held.append(segment.ids)
        except DamagedIndexError:
            connection.execute(delete(segments).where(segments.c.id == segment_id))
    in_segments = np.unique(np.concatenate(held))
    unwanted = [
        row["passage_id"]
        for row in connection.execute(select(recent_vectors)).mappings()
        if not intact(recent_vectors, row)
    ]
    recent = ids_of(connection, recent_vectors)
    keep = np.setdiff1d(np.intersect1d(recent, live), np.union1d(in_segments, unwanted))
    for batch in batches(np.setdiff1d(recent, keep).tolist()):
        connection.execute(delete(recent_vectors).where(recent_vectors.c.passage_id.in_(batch)))
    _replace(connection, dead_vectors, np.setdiff1d(in_segments, live).tolist())
    return np.setdiff1d(live, np.union1d(in_segments, keep))


def _mend_settings(connection: Connection, folder: Folder) -> None:
    """A state that fits the tables, new to every reader; the lexical index is to be made anew."""
    _replace(connection, dead_words, [])
    try:
        state = read_state(connection, folder)
    except DamagedIndexError:
        # No count of commits comes near it, so it is a new generation, whatever the lost one was.
        state = State(generation=int(time.time()))
    state.generation += 1
    state.documents = max(state.documents, _last(connection, documents.c.id))
    state.passages = max(state.passages, _last(connection, passages.c.id), _last(connection, segments.c.last))
    state.segments = max(state.segments, _last(connection, segments.c.id))
    state.folds = {}
    for table in (segments, recent_vectors, dead_vectors, dead_words):
        state.add(table, ids_of(connection, table).tolist())
    put_setting(connection, "state", state)
    put_setting(connection, "analyser", 0)
    put_setting(connection, "certificate", None)  # derived from the vectors, as mended
    numbers = [int(at.name) for at in folder.lexicals.glob("*") if at.name.isdecimal()]
    put_setting(connection, "lexical", lexical_setting(max(numbers, default=0)))
    try:
        checked(folder, read_settings(connection, folder)["questions"])
    except DamagedIndexError:
        put_setting(connection, "questions", UNDECIDED)


def _last(connection: Connection, column: Any) -> int:
    return int(connection.scalar(select(func.max(column))) or 0)


def _replace(connection: Connection, table: Table, ids: Iterable[int]) -> None:
    connection.execute(delete(table))
    if rows := [{"passage_id": at} for at in ids]:
        connection.execute(insert(table), rows)
