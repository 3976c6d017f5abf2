"""Reading an index: one generation at a time, by as many threads and processes as like."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Table, bindparam, func, select

from indexer.errors import DamagedIndexError, EncoderMismatchError, UnknownIdError
from indexer.store.allowed import Allowed, allowed_by, facets_of, own_fields, require_known
from indexer.store.certificate import Compression
from indexer.store.facets import Facets
from indexer.store.filters import FIELDS, Filter, names_in
from indexer.store.folder import Folder, readable
from indexer.store.known import load
from indexer.store.lexical import Wording
from indexer.store.opened import Opened
from indexer.store.questions import checked
from indexer.store.records import DocumentRow, IndexInfo, LedgerRow, PassageRow, PassageText, stored
from indexer.store.schema import (
    crc_of_values,
    dead_vectors,
    documents,
    ledger,
    passages,
    recent_vectors,
    segments,
)
from indexer.store.scripts import Script, scripts_of
from indexer.store.snapshot import Snapshot
from indexer.store.state import State, read_settings
from indexer.store.vectors import Moments, Ranked, cosines

__all__ = ["Reader", "View"]

# Ids are bound as one JSON list: SQLite takes 32,766 values at most, and statements made once, for any number
# of ids, spare two thirds of the time of a question's look-ups.
_listed = select(func.json_each(bindparam("ids")).table_valued("value").c.value)


def _by_id(table: Table) -> Select[Any]:
    return select(table).where(table.c.id.in_(_listed))


def _neighbours() -> Select[Any]:
    other = passages.alias()
    beside = (other.c.document_id == passages.c.document_id) & (
        other.c.ordinal.in_([passages.c.ordinal - 1, passages.c.ordinal + 1])
    )
    return select(passages.c.id, other.c.id).join(other, beside).where(passages.c.id.in_(_listed))


ROWS = {table: _by_id(table) for table in (passages, documents)}
NEIGHBOURS = _neighbours()
COUNTS = (
    select(passages.c.document_id, func.count())
    .where(passages.c.document_id.in_(_listed))
    .group_by(passages.c.document_id)
)


def _bound(ids: Sequence[int]) -> dict[str, str]:
    return {"ids": json.dumps(ids)}


@dataclass(frozen=True)
class View:
    """One state of the index, for the length of one question: vectors, words and rows agree."""

    _folder: Folder
    _connection: Connection
    _snapshot: Snapshot

    @property
    def generation(self) -> int:
        return self._snapshot.generation

    @property
    def moments(self) -> Moments:
        """Of all live vectors."""
        return self._snapshot.moments

    def allowed(
        self,
        filter: Filter | None,
        required: Sequence[Wording] = (),
        excluded: Sequence[Wording] = (),
    ) -> NDArray[np.int64] | None:
        """`(n,)` int64, ascending: the passages that a filter lets through and that hold all that is
        required, nothing that is excluded; None for all.

        Raises UsageError where the filter compares a field that no document has.
        """
        if filter is None and not required and not excluded:
            return None
        ids = self.ids(filter)
        for wordings, wanted in ((required, True), (excluded, False)):
            for wording in wordings:
                held = self._snapshot.holding(wording)
                if held is not None:
                    # By marks, not by searching for each: of a million passages 6 ms, not 38.
                    marks = np.zeros(self._snapshot.last + 1, bool)
                    marks[held[held <= self._snapshot.last]] = True
                    ids = ids[marks[ids] == wanted]
        return ids

    def ids(self, filter: Filter | None) -> NDArray[np.int64]:
        """`(n,)` int64, ascending: the passages that a filter lets through. Raises as `allowed` does."""
        return self._snapshot.live if filter is None else self._filtered(filter).ids

    def within(self, filter: Filter | None = None) -> int:
        """How many documents have a passage that a filter lets through. Raises as `allowed` does."""
        return self._filtered(filter).documents

    def facets(self, filter: Filter | None = None, ids: NDArray[np.int64] | None = None) -> Facets:
        """How many documents have each value of a field: of those that a filter lets through, and if `ids`
        are given, have one of these passages. Raises as `allowed` does."""
        self._require_known(filter)
        with readable(self._folder):
            if ids is not None:
                return facets_of(self._connection, filter, ids)
            key = ("facets", filter)
            return self._snapshot.remembered.get(key, lambda: facets_of(self._connection, filter))

    def dense(
        self, question: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Ranked:
        """The best `k` passages by cosine with a `(dim,)` unit vector, of those `allowed`: found exactly, or
        as well as the index's certificate says. The scores are exact either way."""
        self._require_dimension(question)
        found = self._snapshot.dense(question, k, allowed)
        return Ranked(found.ids, np.clip(found.scores, -1.0, 1.0))  # float16 rows are not quite unit length

    def lexical(self, question: str, k: int, allowed: NDArray[np.int64] | None = None) -> Ranked:
        """The best `k` passages by BM25 (k1 = 1.2, b = 0.75), of those `allowed`; fewer where fewer hold a
        word of it. How rare a word is follows from all passages."""
        return self._snapshot.words(question, k, allowed)

    def scripts(self) -> tuple[Script, ...]:
        """The scripts that the passages are written in; none where they all share one."""
        with readable(self._folder):
            make = partial(scripts_of, self._connection, self._snapshot)
            return self._snapshot.remembered.get("scripts", make)

    def cosines(self, question: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n,)` float32: the exact cosines of the passages `ids`, in their order."""
        self._require_dimension(question)
        scores: NDArray[np.float32] = np.clip(cosines(self._snapshot.vectors(ids), question), -1.0, 1.0)
        return scores

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n, dim)` float32: the vectors of the passages `ids`, in their order; unit length to float16."""
        return self._snapshot.vectors(ids)

    def lexical_scores(self, question: str, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n,)` float32: the BM25 scores of the passages `ids`, in their order; 0 where no word matches."""
        return self._snapshot.lexical.scores(question, ids)

    def lexical_by_word(self, question: str, ids: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """What each word of a question gives to the `lexical_scores` of the passages `ids`."""
        return self._snapshot.lexical.scores_by_word(question, ids)

    def frequencies(self, question: str) -> tuple[NDArray[np.int64], int]:
        """`(words,)` int64: how many passages hold each of the question's words; and of how many passages."""
        # tantivy still counts the words of passages that it only marked as removed.
        count = len(self._snapshot.lexical)
        return np.minimum(self._snapshot.lexical.frequencies(question), count), count

    def rarest(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], int]:
        """How many passages hold the rarest word of each text, `(n,)` int64, -1 where it has only stop words
        or none; and how many passages there are."""
        count = len(self._snapshot.lexical)
        return np.minimum(self._snapshot.lexical.rarest(texts), count), count

    def words_from(self, beginning: str) -> dict[str, int]:
        """Every word of the index that begins so, lowered and without accents, and how many passages hold it;
        some of these may be gone."""
        return self._snapshot.lexical.words_from(beginning)

    def passages(self, ids: NDArray[np.int64]) -> list[PassageRow]:
        """The rows of passages, in the order of `ids`.

        Raises DamagedIndexError for one that is missing or has a wrong CRC: an id that was found in this
        view has a row.
        """
        with readable(self._folder):
            rows = self._rows(passages, ids.tolist())
            owners = self._rows(documents, list({row["document_id"] for row in rows.values()}))
            both = [{**owners[rows[at]["document_id"]], **rows[at]} for at in ids.tolist()]
            return [stored(PassageRow, {**row, "heading": tuple(json.loads(row["heading"]))}) for row in both]

    def texts(self, ids: NDArray[np.int64]) -> list[PassageText]:
        """The texts of passages, in the order of `ids`. Raises as `passages` does."""
        with readable(self._folder):
            rows = self._rows(passages, ids.tolist())
            return [PassageText(at, rows[at]["document_id"], rows[at]["text"]) for at in ids.tolist()]

    def passage(self, passage_id: int) -> PassageRow:
        """One passage. Raises UnknownIdError, DamagedIndexError."""
        self._require_row(passages, passage_id, "passage")
        return self.passages(np.array([passage_id], np.int64))[0]

    def passages_of(self, document_id: int) -> NDArray[np.int64]:
        """`(n,)` int64: the ids of a document's passages, in order of place. Raises UnknownIdError."""
        self._require_row(documents, document_id, "document")
        own = select(passages.c.id).where(passages.c.document_id == document_id)
        return np.array(self._connection.scalars(own.order_by(passages.c.ordinal)).all(), np.int64)

    def neighbours(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """`(n, 2)` int64: each of the passages `ids` with the one before it in its document, and with the one
        after it, where there are such."""
        with readable(self._folder):
            rows = [tuple(row) for row in self._connection.execute(NEIGHBOURS, _bound(ids.tolist()))]
        return np.array(sorted(rows), np.int64).reshape(-1, 2)

    def documents(self, after: int, limit: int) -> list[DocumentRow]:
        """The next `limit` documents with an id above `after`, in order of id. Raises DamagedIndexError."""
        with readable(self._folder):
            wanted = select(documents.c.id).where(documents.c.id > after).order_by(documents.c.id)
            return self._documents(list(self._connection.scalars(wanted.limit(limit))))

    def document(self, document_id: int) -> DocumentRow:
        """One document. Raises UnknownIdError, DamagedIndexError."""
        self._require_row(documents, document_id, "document")
        with readable(self._folder):
            return self._documents([document_id])[0]

    def _documents(self, ids: list[int]) -> list[DocumentRow]:
        counts = {row[0]: row[1] for row in self._connection.execute(COUNTS, _bound(ids))}
        rows = self._rows(documents, ids)
        return [stored(DocumentRow, {**rows[at], "passages": counts.get(at, 0)}) for at in ids]

    def _require_row(self, table: Table, row_id: int, kind: str) -> None:
        # SQLite's ids are int64: a larger number can't even be asked for.
        in_range = 0 < row_id < 2**63
        if not in_range or self._connection.scalar(select(table.c.id).where(table.c.id == row_id)) is None:
            raise UnknownIdError(f"there is no {kind} {row_id}; take an id from a hit or from the documents")

    def _rows(self, table: Table, ids: list[int]) -> dict[int, Any]:
        names, every = table.columns.keys(), self._connection.execute(ROWS[table], _bound(ids))
        # Id first, CRC last. Plain dicts: SQLAlchemy's mappings take three times as long to read.
        found = {
            values[0]: dict(zip(names, values, strict=True))
            for values in every
            if crc_of_values(values[:-1]) == values[-1]
        }
        lost = [at for at in ids if at not in found]
        if lost:
            raise DamagedIndexError(
                f"row {lost[0]} of {table.name} is damaged or missing; run bertrieve check --repair"
            )
        return found

    def _filtered(self, filter: Filter | None) -> Allowed:
        self._require_known(filter)
        with readable(self._folder):
            key = ("allowed", filter)
            return self._snapshot.remembered.get(key, lambda: allowed_by(self._connection, filter))

    def _require_known(self, filter: Filter | None) -> None:
        names = set(names_in(filter)) - set(FIELDS) if filter is not None else set()
        if names:
            with readable(self._folder):
                known = self._snapshot.remembered.get("fields", lambda: own_fields(self._connection))
            require_known(names, known)

    def _require_dimension(self, question: NDArray[np.float32]) -> None:
        if question.shape != (self._snapshot.dimension,):
            raise EncoderMismatchError(
                f"the question's vector has the shape {question.shape}, those of the index "
                f"({self._snapshot.dimension},); search with the encoder that made the index"
            )


class Reader:
    """An open index. Safe to use from several threads; never writes; follows a writer's commits, and an index
    that is made anew in the same place by the same encoder.

    Raises NotAnIndexError, FormatVersionError or DamagedIndexError where it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self._opened = Opened(self.folder)
        self._reopening = threading.Lock()
        self.encoder: dict[str, Any] = self._opened.settings["encoder"]

    @contextmanager
    def view(self) -> Iterator[View]:
        """One state of the index, the newest there is when the block is entered."""
        opened = self._current()
        with opened.engine.connect() as connection:
            yield View(self.folder, connection, opened.snapshot(connection))

    def info(self) -> IndexInfo:
        """Counts and sizes, read in one transaction."""
        with self._current().engine.connect() as connection, readable(self.folder):
            found = read_settings(connection, self.folder)

            def count(table: Table) -> int:
                return int(connection.scalar(select(func.count()).select_from(table)) or 0)

            state, compression = State(**found["state"]), Compression.read(found["certificate"])
            live = count(passages)
            statuses = connection.execute(select(ledger.c.status, func.count()).group_by(ledger.c.status))
            return IndexInfo(
                path=str(self.folder.root),
                generation=state.generation,
                documents=count(documents),
                passages=live,
                tokens=int(connection.scalar(select(func.sum(ledger.c.tokens))) or 0),
                segments=count(segments),
                recent=count(recent_vectors),
                deleted=count(dead_vectors),
                encoder=found["encoder"],
                statuses={row[0]: row[1] for row in statuses},
                bytes=self.folder.sizes(),
                certificate=compression.certificate if compression.holds(state.passages, live) else None,
            )

    def ledger(self) -> list[LedgerRow]:
        """What became of every file, in order of folder and path. Raises DamagedIndexError."""
        with self._current().engine.connect() as connection, readable(self.folder):
            rows = load(connection, LedgerRow)
        return sorted(rows, key=lambda row: (row.folder, row.path))

    def folders(self) -> list[str]:
        """The absolute paths of the folders that were indexed, in order; "" for a collection."""
        with self._current().engine.connect() as connection, readable(self.folder):
            return list(connection.scalars(select(ledger.c.folder).distinct().order_by(ledger.c.folder)))

    def questions(self) -> Path | str:
        """The folder with the encoder's own files for questions, or the reason why there are none.

        Raises DamagedIndexError where they aren't as they were written.
        """
        with self._current().engine.connect() as connection:
            found = read_settings(connection, self.folder)["questions"]
        if not found["files"]:
            return found["reason"] or "it was indexed without"
        return checked(self.folder, found)

    def close(self) -> None:
        """Let go of the files."""
        self._opened.engine.dispose()

    def _current(self) -> Opened:
        if self._opened.is_current():
            return self._opened
        with self._reopening:
            if not self._opened.is_current():
                opened = Opened(self.folder)
                if (made_by := opened.settings["encoder"]) != self.encoder:
                    opened.engine.dispose()
                    raise EncoderMismatchError(
                        f"the index {self.folder.root} was made by {self.encoder['model']} and has been made "
                        f"anew by {made_by['model']}; open it again"
                    )
                self._opened.engine.dispose()
                self._opened = opened
        return self._opened
