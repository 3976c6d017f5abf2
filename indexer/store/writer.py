"""Writing an index: one process at a time, one SQLite transaction a commit."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select

from indexer.errors import DamagedIndexError
from indexer.store import known
from indexer.store.analysis import ANALYSER
from indexer.store.certificate import Compression
from indexer.store.compaction import merges, weights
from indexer.store.compressing import compress
from indexer.store.folder import Folder, connect, in_place, readable, sqlite_uri, sweep, sync_folder, usable
from indexer.store.known import Known
from indexer.store.lexical import LexicalWriter
from indexer.store.questions import UNDECIDED, discard, empty_folder, keep
from indexer.store.records import Changes, LedgerRow, StoredDocument
from indexer.store.recovery import create_lexical, lexical_in_step, lexical_setting
from indexer.store.rows import Rows, batches
from indexer.store.schema import (
    FORMAT,
    dead_vectors,
    intact,
    passages,
    recent_vectors,
    sealed,
    segments,
    tables,
)
from indexer.store.snapshot import load_recent, open_segment
from indexer.store.space import checkpoint, give_back
from indexer.store.state import State, load_ids, put_setting, read_settings, read_state
from indexer.store.vectors import Segment, checksum, merge_segments, write_segment
from indexer.store.words import checksum_of_meta

__all__ = ["COMPRESS_AT", "SEAL_AT", "Writer"]

# Vectors that wait in SQLite before they are sealed. A reader loads and scans them in memory:
# 10,000 of 384 dimensions take 7.7 MB and 15 ms at each new generation.
SEAL_AT = 10_000

# Passages of an index that is compressed. Fewer are compared exactly within 4 ms.
COMPRESS_AT = 50_000


class Writer:
    """The one writer of an index; makes the index where there is none. Use it in a `with` block.

    encoder  `EncoderIdentity.to_dict()` of the encoder whose vectors will be added; only stored for a
             new index. Comparing it with `Writer.encoder` is the caller's part.

    Raises IndexLockedError, FormatVersionError, DamagedIndexError or IndexFolderError where the folder can't
    be used. After any error in `commit` or `seal` the writer must be closed; the next one recovers.
    """

    def __init__(self, path: Path, encoder: dict[str, Any]) -> None:
        self.folder = Folder(path)
        self._engine = connect(self.folder, write=True)
        self._lexical: LexicalWriter | None = None
        self._guard: sqlite3.Connection | None = None
        self._segments: dict[int, Segment] = {}
        self.folder.lock()
        try:
            with usable(self.folder):
                self.encoder = self._created_or_read(encoder)
                self._keep_log()
                self._recover()
        except BaseException:
            self.close(finish=False)
            raise

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(finish=kind is None)

    @property
    def dimension(self) -> int:
        return int(self.encoder["dimension"])

    def documents(self) -> list[StoredDocument]:
        """All documents. Raises DamagedIndexError for a wrong CRC."""
        with self._engine.begin() as connection, readable(self.folder):
            return known.load(connection, StoredDocument)

    def ledger(self) -> list[LedgerRow]:
        """What became of every file. Raises DamagedIndexError for a wrong CRC."""
        with self._engine.begin() as connection, readable(self.folder):
            return known.load(connection, LedgerRow)

    def known(self) -> Known:
        """Both. Raises DamagedIndexError, as the next two do."""
        with self._engine.begin() as connection, readable(self.folder):
            return known.known(connection)

    def known_at(self, folder: str, paths: Iterable[str]) -> Known:
        """What is said of the files at `paths` of one folder, and below."""
        with self._engine.begin() as connection, readable(self.folder):
            return known.known_at(connection, folder, paths)

    def known_as(self, contents: Iterable[bytes]) -> Known:
        """What is said of files with these content hashes, in all folders."""
        with self._engine.begin() as connection, readable(self.folder):
            return known.known_as(connection, contents)

    def known_vectors(self, content_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The `(dim,)` float32 vectors of stored passages with these content hashes; others are left out."""
        found: dict[int, bytes] = {}
        with self._engine.begin() as connection, readable(self.folder):
            for batch in batches(list(set(content_hashes))):
                own = select(func.min(passages.c.id), passages.c.content_hash)
                own = own.where(passages.c.content_hash.in_(batch)).group_by(passages.c.content_hash)
                found |= {row[0]: row[1] for row in connection.execute(own)}
            vectors = self._vectors(connection, sorted(found))
        return {found[at]: vector for at, vector in vectors.items()}

    def commit(self, changes: Changes) -> None:
        """Make all changes durable and visible at once. Upserts and removals are idempotent.

        Raises UsageError for vectors that aren't `(passages, dimension)` and finite.
        """
        with self._transaction() as rows:
            # Words first: what SQLite will name is on disk before it is named. The words of rows that an
            # earlier commit removed go with them.
            self._remove_dead_words(rows)
            fresh = rows.apply(changes, self.dimension)
            moved = rows.words_of_documents([at.id for at in changes.moved])
            self._words.remove(passage_id for passage_id, _ in moved)
            self._words.add([*moved, *fresh])
            self._words.commit()
            rows.finish()
        self._tidy()

    def add_vectors(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Give passages that have lost their vectors new ones, `(n, dim)`."""
        with self._transaction() as rows:
            rows.add_vectors(ids, vectors)
            rows.finish()
        self._tidy()

    def folder_for_questions(self) -> Path | None:
        """An empty folder for the encoder's own files for questions; None once that is settled."""
        with self._engine.begin() as connection:
            decided = read_settings(connection, self.folder)["questions"] != UNDECIDED
        with usable(self.folder):
            return None if decided else empty_folder(self.folder)

    def keep_questions(self, made: Path | None, reason: str = "") -> None:
        """Keep the files that `made` holds; or, with None, remember the reason why there are none."""
        with self._transaction() as rows:
            setting = keep(self.folder, made) if made else {"files": {}, "reason": reason}
            put_setting(rows.connection, "questions", setting)
            rows.finish()
        discard(self.folder)

    def seal(self) -> None:
        """Move all recent vectors into a segment file. A failed seal undoes no commit."""
        with self._transaction() as rows, readable(self.folder):
            recent = load_recent(rows.connection, rows.state, self.dimension)
            if not len(recent):
                return
            self._name(rows, self._written(rows.state.segments + 1, recent), recent)
            rows.connection.execute(delete(recent_vectors))
            rows.state.remove(recent_vectors, recent.ids)
            rows.finish()
        checkpoint(self.folder)

    def compact(self, *, every: bool = False) -> None:
        """Merge small segments and drop vectors of passages that are gone, where that pays; with `every`,
        wherever it can be done. Each new segment is a commit of its own: a stop undoes none that is complete.

        Readers go on with what they have opened.
        """
        with self._engine.begin() as connection:
            due = merges(weights(connection), SEAL_AT, every=every)
        for group in due:
            self._merge(group)
        if due:
            checkpoint(self.folder)
        give_back(self.folder, every=every)

    def certify(self, ask: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        """Compress the vectors of a large index, and measure by what effort a search of them finds what the
        exact one finds; where that isn't due, do nothing.

        ask  texts of passages -> a question about each, `(n, dim)` float32 of unit length

        It is due in an index of COMPRESS_AT passages that has none, and when a fifth or as many passages have
        been added or deleted since. Of half as many passages it is given up. All is written before one commit
        names it. Readers go on meanwhile.
        """
        with self._engine.begin() as connection, readable(self.folder):
            state = read_state(connection, self.folder)
            old = Compression.read(read_settings(connection, self.folder)["certificate"])
            live = int(connection.scalar(select(func.count()).select_from(passages)) or 0)
        if live >= COMPRESS_AT and not old.is_due(state.passages, live, COMPRESS_AT):
            return
        # Not given up at once, or an index that swings around that size would be compressed at each swing.
        if live < COMPRESS_AT and (not old.number or live >= COMPRESS_AT // 2):
            return
        new = None
        if live >= COMPRESS_AT:
            numbers = [int(at.name) for at in self.folder.compressed.glob("*") if at.name.isdecimal()]
            with self._engine.connect() as connection:
                new = compress(connection, self.folder, max([old.number, *numbers]) + 1, ask)
        with self._transaction() as rows:
            put_setting(rows.connection, "certificate", asdict(new) if new else None)
            rows.finish()
        sweep(self.folder.compressed, [new.number] if new else [])
        checkpoint(self.folder)

    def close(self, *, finish: bool = True) -> None:
        """Let go of the index; with `finish`, leave no work for the next writer. Twice is no error."""
        try:
            if finish and self._lexical is not None:
                with self._transaction() as rows:
                    self._remove_dead_words(rows)
                    self._lexical.commit()
                    self._lexical.close()
                    number = self._lexical_number(rows)
                    closed = lexical_setting(number, checksum_of_meta(self.folder.lexical(number)))
                    put_setting(rows.connection, "lexical", closed)
                    rows.finish()
                checkpoint(self.folder)
        finally:
            self._lexical = None  # frees tantivy's own lock
            self._segments.clear()
            self._engine.dispose()
            if self._guard is not None:
                self._guard.close()
            self.folder.unlock()

    @property
    def _words(self) -> LexicalWriter:
        if self._lexical is None:
            raise RuntimeError("the writer is closed")
        return self._lexical

    @contextmanager
    def _transaction(self) -> Iterator[Rows]:
        with usable(self.folder), self._engine.begin() as connection:
            yield Rows(connection, read_state(connection, self.folder))

    def _created_or_read(self, encoder: dict[str, Any]) -> dict[str, Any]:
        """The encoder of the index; a new index gets the one given."""
        with self._engine.begin() as connection:
            if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
                create_lexical(self.folder, 1)
                tables.create_all(connection)
                values = {"format": FORMAT, "encoder": encoder, "analyser": ANALYSER, "state": State()}
                values |= {"lexical": lexical_setting(1), "questions": UNDECIDED, "certificate": None}
                for key, value in values.items():
                    put_setting(connection, key, value)
            stored: dict[str, Any] = read_settings(connection, self.folder)["encoder"]
        sync_folder(self.folder.root)
        return stored

    def _keep_log(self) -> None:
        # SQLite removes its log with the last connection that may write. One that may not, and outlives
        # those, keeps it in place: a reader that comes later finds it and has nothing to create.
        uri = sqlite_uri(self.folder, write=False)
        self._guard = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._guard.execute("SELECT count(*) FROM settings").fetchone()

    def _recover(self) -> None:
        """Bring words and files in step with the rows, wherever the last writer was stopped."""
        with self._transaction() as rows, readable(self.folder):
            found = read_settings(rows.connection, self.folder)
            # Readers are told before anything changes that meta.json no longer is as it was left.
            put_setting(rows.connection, "lexical", lexical_setting(found["lexical"]["folder"]))
            rows.finish()
        with self._transaction() as rows, readable(self.folder):
            self._lexical = lexical_in_step(self.folder, rows, found)
        with self._transaction() as rows:
            sweep(self.folder.segments, load_ids(rows.connection, segments, rows.state).tolist())
            compressed = read_settings(rows.connection, self.folder)["certificate"]
            sweep(self.folder.compressed, [Compression.read(compressed).number])
            sweep(self.folder.lexicals, [self._lexical_number(rows)])
            discard(self.folder)

    def _lexical_number(self, rows: Rows) -> int:
        return int(read_settings(rows.connection, self.folder)["lexical"]["folder"])

    def _remove_dead_words(self, rows: Rows) -> None:
        if ids := rows.dead_words():
            self._words.remove(ids)
            rows.forget_dead_words(ids)

    def _vectors(self, connection: Connection, ids: list[int]) -> dict[int, NDArray[np.float32]]:
        """The vectors of live passages, wherever they stand. Raises DamagedIndexError."""
        found: dict[int, NDArray[np.float32]] = {}
        for batch in batches(ids):
            own = select(recent_vectors).where(recent_vectors.c.passage_id.in_(batch))
            for row in connection.execute(own).mappings():
                if not intact(recent_vectors, row):
                    raise DamagedIndexError(
                        f"the vector of passage {row['passage_id']} is damaged; run bertrieve check --repair"
                    )
                found[row["passage_id"]] = np.frombuffer(row["vector"], "<f2").astype(np.float32)
        wanted = np.array([at for at in ids if at not in found], np.int64)
        for segment_id, first, last in connection.execute(
            select(segments.c.id, segments.c.first, segments.c.last)
        ):
            near = wanted[(wanted >= first) & (wanted <= last)]
            if len(near):
                found |= self._sealed(connection, segment_id).known(near)
        return found

    def _sealed(self, connection: Connection, segment_id: int) -> Segment:
        if segment_id not in self._segments:
            self._segments[segment_id], _ = open_segment(connection, self.folder, segment_id)
        return self._segments[segment_id]

    def _tidy(self) -> None:
        with self._engine.begin() as connection:
            waiting = connection.scalar(select(func.count()).select_from(recent_vectors)) or 0
        if waiting >= SEAL_AT:
            self.seal()
        self.compact()

    def _merge(self, group: list[int]) -> None:
        with self._transaction() as rows, readable(self.folder):
            parts = [self._sealed(rows.connection, at) for at in group]
            gone = load_ids(rows.connection, dead_vectors, rows.state)
            gone = gone[np.isin(gone, np.concatenate([part.ids for part in parts]))]
            if len(group) == 1 and not len(gone):
                return  # its range holds dead of other segments
            merged = merge_segments(parts, gone)
            if len(merged):
                self._name(rows, self._written(rows.state.segments + 1, merged), merged)
            rows.forget_segments(group, gone.tolist())
            rows.finish()
            kept = load_ids(rows.connection, segments, rows.state).tolist()
        for at in group:
            del self._segments[at]
        sweep(self.folder.segments, kept)

    def _written(self, segment_id: int, segment: Segment) -> Path:
        path = self.folder.segment(segment_id)
        return in_place(path, partial(write_segment, segment=segment))

    def _name(self, rows: Rows, path: Path, segment: Segment) -> None:
        """Enter a written segment, so that readers open it."""
        rows.state.segments += 1
        row = {
            "id": rows.state.segments,
            "first": int(segment.ids[0]),
            "last": int(segment.ids[-1]),
            "vectors": len(segment),
            "bytes": path.stat().st_size,
            "checksum": checksum(path),
            "moments": segment.moments().to_bytes(),
        }
        rows.connection.execute(insert(segments), sealed(segments, row))
        rows.state.add(segments, [rows.state.segments])
