"""Whether all that an index says of itself holds: every byte that answers a question. Writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, func, select

from indexer.errors import DamagedIndexError
from indexer.store.analysis import ANALYSER
from indexer.store.certificate import Compression
from indexer.store.fields import fields_of
from indexer.store.folder import Folder, connect, readable
from indexer.store.lexical import LexicalReader
from indexer.store.questions import checked
from indexer.store.schema import (
    dead_vectors,
    dead_words,
    documents,
    fields,
    intact,
    ledger,
    passages,
    recent_vectors,
    segments,
)
from indexer.store.snapshot import open_codes, open_segment
from indexer.store.state import State, load_ids, read_settings, read_state

__all__ = ["Problem", "check", "ids_of", "integrity"]

Kind = Literal[
    "metadata",
    "document",
    "text",
    "vector",
    "segment",
    "compressed",
    "words",
    "ledger",
    "encoder",
    "leftover",
]
Ids = NDArray[np.int64]

REPAIR = "run bertrieve check --repair"
ATTEMPTS = 5
LOST = "refer to rows that are gone"
KNOWN_NAMES = {
    "metadata.sqlite",
    "metadata.sqlite-wal",
    "metadata.sqlite-shm",
    "segments",
    "compressed",
    "lexical",
    "encoder",
    "LOCK",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold.

    kind    what it is about: "metadata" (SQLite as a whole), "document", "text", "vector", "segment",
            "compressed", "words", "ledger" (one of their rows or files) or "leftover" (a file that nothing
            names)
    what    what is wrong, in a sentence
    remedy  what to do about it
    """

    kind: Kind
    what: str
    remedy: str = REPAIR


def check(path: Path) -> list[Problem]:
    """All that does not hold in an index; nothing where it is sound.

    Raises NotAnIndexError and FormatVersionError as `Reader` does.
    """
    folder = Folder(path)
    folder.require_index()
    for _ in range(ATTEMPTS):
        before = _generation(folder)
        found = _found(folder)
        # A writer at work changes files while they are compared with the rows.
        if not found or before is None or before == _generation(folder):
            break
    return found


def _generation(folder: Folder) -> int | None:
    engine = connect(folder, write=False)
    try:
        with engine.connect() as connection:
            return read_state(connection, folder).generation
    except DamagedIndexError:
        return None
    finally:
        engine.dispose()


def _found(folder: Folder) -> list[Problem]:
    engine = connect(folder, write=False)
    found: list[Problem] = []
    try:
        with engine.connect() as connection:
            for problem in _problems(connection, folder):
                found.append(problem)  # noqa: PERF402  # what was found before an error counts
    except DamagedIndexError as error:
        remedy = f"{REPAIR}; if that fails, restore it from a backup, or remove {folder.root} and index again"
        found.append(Problem("metadata", str(error).partition(";")[0], remedy))
    finally:
        engine.dispose()
    return found


def _problems(connection: Connection, folder: Folder) -> Iterator[Problem]:
    for line in integrity(connection):
        yield Problem("metadata", f"SQLite finds in {folder.metadata}: {line}")
    settings = read_settings(connection, folder)
    state = State(**settings["state"])
    for table in (segments, recent_vectors, dead_vectors, dead_words):
        try:
            load_ids(connection, table, state)
        except DamagedIndexError as error:
            yield Problem("metadata", str(error).partition(";")[0])
    with readable(folder):
        yield from _rows(connection)
        yield from _fields(connection)
        yield from _counts(connection)
        live = ids_of(connection, passages)
        yield from _vectors(connection, folder, live)
        compression = Compression.read(settings["certificate"])
        if compression.number:
            yield from _codes(folder, compression)
        yield from _words(connection, folder, live, state, settings["lexical"])
        if settings["analyser"] != ANALYSER:
            yield Problem("words", "the words are those of another version", "run bertrieve index")
        yield from _questions(folder, settings["questions"])
        yield from _leftovers(connection, folder, settings["lexical"]["folder"], compression.number)


def integrity(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong with the file and with rows that refer to others."""
    try:
        found = [str(line) for line in connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()]
    except DamagedIndexError as error:
        return [str(error.__cause__)]
    if found != ["ok"]:
        return [line.splitlines()[0] for line in found]
    lost = Counter(row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check"))
    return [f"{count} rows of {table} {LOST}" for table, count in lost.items()]


def ids_of(connection: Connection, table: Table) -> Ids:
    """The ids that a table holds, ascending."""
    key = next(iter(table.primary_key.columns))
    return np.array(connection.scalars(select(key).order_by(key)).all(), np.int64)


def _rows(connection: Connection) -> Iterator[Problem]:
    """Rows whose CRC does not hold."""
    paths = {}
    for row in connection.execute(select(documents)).mappings():
        paths[row["id"]] = row["path"]
        if not intact(documents, row):
            yield Problem("document", f"the row of {row['path']} is damaged")
    for row in connection.execute(select(passages)).mappings():
        if not intact(passages, row):
            path = paths.get(row["document_id"], "a document that is gone")
            yield Problem("text", f"the text of passage {row['id']} of {path} is damaged")
    for row in connection.execute(select(recent_vectors)).mappings():
        if not intact(recent_vectors, row):
            yield Problem("vector", f"the vector of passage {row['passage_id']} is damaged")
    for row in connection.execute(select(ledger)).mappings():
        if not intact(ledger, row):
            yield Problem("ledger", f"the ledger's row of {row['path']} is damaged")


def _fields(connection: Connection) -> Iterator[Problem]:
    """What filters find documents by, against what follows from the documents' own rows."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(fields)).mappings():
        found[row["document_id"]].append(tuple(row[name] for name in fields.columns.keys()))  # noqa: SIM118
    for row in connection.execute(select(documents)).mappings():
        if intact(documents, row):
            expected = [tuple(at[name] for name in fields.columns.keys()) for at in fields_of(row)]  # noqa: SIM118
            if sorted(expected) != sorted(found[row["id"]]):
                yield Problem("document", f"what filters find {row['path']} by is damaged")


def _counts(connection: Connection) -> Iterator[Problem]:
    """Documents and ledger against each other."""
    held = select(passages.c.document_id, func.count()).group_by(passages.c.document_id)
    counts = {row[0]: row[1] for row in connection.execute(held)}
    rows = connection.execute(select(ledger.c.folder, ledger.c.path, ledger.c.passages))
    entered = {(row[0], row[1]): row[2] for row in rows}
    for row in connection.execute(select(documents.c.id, documents.c.folder, documents.c.path)):
        expected, found = entered.pop((row.folder, row.path), None), counts.get(row.id, 0)
        if expected is None:
            yield Problem("ledger", f"{row.path} is indexed, and the ledger does not know it")
        elif expected != found:
            yield Problem("text", f"{row.path} has {found} passages, {expected} were written")
    for (_, path), expected in entered.items():
        if expected:
            yield Problem("ledger", f"{path} has {expected} passages in the ledger, and is not indexed")


def _vectors(connection: Connection, folder: Folder, live: Ids) -> Iterator[Problem]:
    """Every live passage has exactly one vector; what else a segment holds is marked as dead."""
    found = [ids_of(connection, recent_vectors)]
    dead = ids_of(connection, dead_vectors)
    for row in connection.execute(select(segments.c.id, segments.c.vectors)):
        try:
            segment, _ = open_segment(connection, folder, row.id)
        except DamagedIndexError as error:
            yield Problem("segment", str(error).partition(";")[0])
            continue
        found.append(segment.ids)
        if len(segment) != row.vectors:
            yield Problem("segment", f"segment {row.id} has {len(segment)} vectors, not {row.vectors}")
    ids, times = np.unique(np.concatenate(found), return_counts=True)
    yield from _named("vector", "have no vector", np.setdiff1d(live, ids))
    yield from _named("vector", "have more than one vector", np.intersect1d(ids[times > 1], live))
    yield from _named("vector", "are gone and still have a vector", np.setdiff1d(ids, np.union1d(live, dead)))


def _codes(folder: Folder, compression: Compression) -> Iterator[Problem]:
    try:
        open_codes(folder, compression)
    except DamagedIndexError as error:
        yield Problem("compressed", str(error).partition(";")[0])


def _words(
    connection: Connection, folder: Folder, live: Ids, state: State, setting: dict[str, Any]
) -> Iterator[Problem]:
    """Every live passage is in the lexical index once; what else it holds is marked as dead or nameless."""
    try:
        ids = LexicalReader(folder.lexical(setting["folder"]), setting["checksum"]).ids()
    except DamagedIndexError as error:
        yield Problem("words", str(error).partition(";")[0])
        return
    ids, times = np.unique(ids[ids <= state.passages], return_counts=True)
    dead = ids_of(connection, dead_words)
    yield from _named("words", "can't be found by their words", np.setdiff1d(live, ids))
    yield from _named("words", "are twice in the lexical index", ids[times > 1])
    yield from _named("words", "are gone and still have words", np.setdiff1d(ids, np.union1d(live, dead)))


def _questions(folder: Folder, setting: dict[str, Any]) -> Iterator[Problem]:
    try:
        checked(folder, setting)
    except DamagedIndexError as error:
        yield Problem("encoder", str(error).partition(";")[0])


def _leftovers(connection: Connection, folder: Folder, lexical: int, compressed: int) -> Iterator[Problem]:
    named = {folder.lexical(lexical), folder.codes(compressed).parent}
    named |= {*map(folder.segment_folder, ids_of(connection, segments).tolist())}
    parts = (folder.segments, folder.compressed, folder.lexicals)
    for found in sorted(at for part in parts for at in part.glob("*")):
        if found not in named:
            yield Problem("leftover", f"{found} is named by nothing")
    for found in sorted(folder.root.iterdir()):
        if found == folder.new_encoder:
            yield Problem("leftover", f"{found} is named by nothing")
        elif found.name not in KNOWN_NAMES:
            yield Problem("leftover", f"{found} is no part of an index", "take it away if it is yours")


def _named(kind: Kind, what: str, ids: Ids) -> Iterator[Problem]:
    if len(ids):
        some = ", ".join(map(str, ids[:3].tolist())) + ("…" if len(ids) > 3 else "")
        yield Problem(kind, f"{len(ids)} passages {what}: {some}")
