"""One generation of an index, ready to be searched: checked, mapped, and never changed again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from indexer.errors import DamagedIndexError
from indexer.store.certificate import Compression
from indexer.store.codes import Codes, Effort, Reach
from indexer.store.folder import Folder, readable
from indexer.store.lexical import LexicalReader, Wording
from indexer.store.records import vectors_from
from indexer.store.remembered import Remembered
from indexer.store.schema import dead_vectors, dead_words, intact, recent_vectors, segments
from indexer.store.state import State, load_ids, read_settings
from indexer.store.vectors import (
    BLOCK,
    Moments,
    Ranked,
    Segment,
    all_but,
    best_of,
    build_segment,
    cosines,
    only,
)

__all__ = ["Snapshot", "are_in", "load_recent", "open_codes", "open_segment"]

# Allowed passages that are each scored, by words or by vectors; of more, the best are looked for among all.
FEW = 1_000

# Allowed passages among which the exact search takes no longer than one of compressed vectors.
SOME = 20_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search of compressed vectors may find: in them, and later than they were made.

    reach  of the codes; None where none of it is there
    newer  a faiss.IDSelector of the rest; None where there is none
    """

    reach: Reach | None
    newer: Any


class Snapshot:
    """Everything a search needs of one generation, besides the rows themselves.

    Files that `previous` has opened or found whole are not looked at again. Raises DamagedIndexError.
    """

    def __init__(self, connection: Connection, folder: Folder, previous: "Snapshot | None") -> None:
        found = read_settings(connection, folder)
        state = State(**found["state"])
        self.generation = state.generation
        self.dimension = int(found["encoder"]["dimension"])
        self.last = state.passages
        with readable(folder):
            known = previous.sealed if previous else {}
            self.sealed: dict[int, tuple[Segment, Moments]] = {
                segment_id: known.get(segment_id) or open_segment(connection, folder, segment_id)
                for segment_id in load_ids(connection, segments, state).tolist()
            }
            self._recent = load_recent(connection, state, self.dimension)
            self._dead = load_ids(connection, dead_vectors, state)
            self._dead_words = load_ids(connection, dead_words, state)
            self.lexical: LexicalReader = LexicalReader(
                folder.lexical(found["lexical"]["folder"]),
                found["lexical"]["checksum"],
                previous.lexical.files if previous else frozenset(),
            )
            self.compression = Compression.read(found["certificate"])
            self.codes: Codes | None = None
            if previous and previous.compression.checksum == self.compression.checksum:
                self.codes = previous.codes
            elif self.compression.number:
                self.codes = open_codes(folder, self.compression)
        self._selector = all_but(self._dead)
        self._efforts = self._certified()
        self.remembered = Remembered()

    @property
    def segments(self) -> list[Segment]:
        """All vectors: the sealed and the recent."""
        return [*(segment for segment, _ in self.sealed.values()), self._recent]

    @cached_property
    def live(self) -> NDArray[np.int64]:
        """`(n,)` int64, ascending: every passage that has a row, as those that have a vector."""
        held = np.zeros(self.last + 1, bool)
        for segment in self.segments:
            held[segment.ids] = True
        held[self._dead] = False
        return np.flatnonzero(held)

    @cached_property
    def moments(self) -> Moments:
        """Of the live vectors of all segments."""
        total = sum((moments for _, moments in self.sealed.values()), self._recent.moments())
        return total - Moments.of(self.vectors(self._dead)) if len(self._dead) else total

    def dense(
        self, question: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Ranked:
        """The best `k` live passages of all segments for a `(dim,)` unit vector, of those `allowed`: exactly,
        or as well as the certificate says."""
        if allowed is not None and len(allowed) <= FEW:
            return Ranked.of(allowed, cosines(self.vectors(allowed), question), k)
        effort = self._effort_for(k)
        if self.codes is not None and effort is not None and (allowed is None or len(allowed) > SOME):
            return self.approximate(question, k, self.codes, effort, allowed)
        return _exact(question, k, self.segments, self._selector if allowed is None else only(allowed))

    def approximate(
        self,
        question: NDArray[np.float32],
        k: int,
        codes: Codes,
        effort: Effort,
        allowed: NDArray[np.int64] | None = None,
    ) -> Ranked:
        """The same by an effort: which passages are compared is a guess, their scores are exact."""
        scope = self._everything(codes) if allowed is None else self._scope(codes, allowed)
        ids = (
            np.empty(0, np.int64) if scope.reach is None else codes.candidates(question, effort, scope.reach)
        )
        found = Ranked.of(ids, cosines(self.vectors(ids), question), k)
        if scope.newer is None:
            return found
        late = [at for at in self.segments if len(at) and at.ids[-1] > codes.last]
        newer = _exact(question, k, late, scope.newer)
        return Ranked.of(np.append(found.ids, newer.ids), np.append(found.scores, newer.scores), k)

    def blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """The live passages and their `(n, dim)` vectors, some at a time."""
        ids = self.live
        for begin in range(0, len(ids), BLOCK):
            yield ids[begin : begin + BLOCK], self.vectors(ids[begin : begin + BLOCK])

    def _effort_for(self, k: int) -> Effort | None:
        """The certified effort of a search for the best `k`; None where it is to be exact."""
        return next((effort for depth, effort in self._efforts if k <= depth), None)

    def _certified(self) -> list[tuple[int, Effort]]:
        """Depth and effort, the shallow first; nothing once the certificate is void."""
        live = sum(map(len, self.segments)) - len(self._dead)
        if not self.compression.holds(self.last, live):
            return []
        return [(depth, Effort(width, count)) for depth, width, count in self.compression.efforts]

    def _everything(self, codes: Codes) -> Scope:
        return self.remembered.get(("scope", id(codes)), lambda: self._scope(codes, self.live))

    def _scope(self, codes: Codes, ids: NDArray[np.int64]) -> Scope:
        covered = int(np.searchsorted(ids, codes.last, side="right"))
        reach = codes.reach(ids[:covered]) if covered else None
        return Scope(reach, only(ids[covered:]) if covered < len(ids) else None)

    def words(self, question: str, k: int, allowed: NDArray[np.int64] | None = None) -> Ranked:
        """The best `k` live passages by BM25, of those `allowed`.

        The lexical index also knows passages that are gone from the rows, and, after a commit that was
        stopped, some that never came to them: those have ids that no row was ever given.
        """

        def find(depth: int) -> Ranked:
            return self.lexical.search(question, depth)

        if allowed is None:
            return best_of(find, k, lambda ids: (ids <= self.last) & ~np.isin(ids, self._dead_words))
        if len(allowed) <= FEW:
            scores = self.lexical.scores(question, allowed)
            return Ranked.of(allowed[scores > 0], scores[scores > 0], k)
        return best_of(find, k, partial(are_in, allowed))

    def holding(self, wording: Wording) -> NDArray[np.int64] | None:
        """`(n,)` int64, ascending: the passages that hold a wording, some that are gone among them; None
        where it has no words to look for."""
        return self.remembered.get(("holding", wording), lambda: self.lexical.holding(wording))

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n, dim)` float32 of passages. Raises DamagedIndexError for one without a vector."""
        result = np.zeros((len(ids), self.dimension), np.float32)
        missing = np.ones(len(ids), bool)
        for segment in filter(len, self.segments):
            near = np.flatnonzero((ids >= segment.ids[0]) & (ids <= segment.ids[-1]))
            positions = segment.positions(ids[near])
            here = near[positions >= 0]
            result[here] = segment.vectors(positions[positions >= 0])
            missing[here] = False
        if missing.any():
            raise DamagedIndexError(
                f"there is no vector of passage {ids[missing][0]}; run bertrieve check --repair"
            )
        return result


def _exact(question: NDArray[np.float32], k: int, parts: list[Segment], selector: Any) -> Ranked:
    """The best `k` that a selector lets through, of some segments."""
    found = [segment.search(question, k, selector) for segment in parts]
    ids, scores = np.concatenate([at.ids for at in found]), np.concatenate([at.scores for at in found])
    return Ranked.of(ids, scores, k)


def are_in(allowed: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`(n,)`: which `ids` are among the ascending ones that are allowed, of which there are some."""
    at = np.minimum(np.searchsorted(allowed, ids), len(allowed) - 1)
    among: NDArray[np.bool_] = allowed[at] == ids
    return among


def open_segment(connection: Connection, folder: Folder, segment_id: int) -> tuple[Segment, Moments]:
    """A sealed segment and its moments. Raises DamagedIndexError where its row or its file is damaged."""
    row = connection.execute(select(segments).where(segments.c.id == segment_id)).mappings().one()
    if not intact(segments, row):
        raise DamagedIndexError(f"the row of segment {segment_id} is damaged; run bertrieve check --repair")
    segment = Segment.open(folder.segment(segment_id), row["checksum"])
    return segment, Moments.from_bytes(row["vectors"], row["moments"], segment.dimension)


def open_codes(folder: Folder, compression: Compression) -> Codes:
    """The compressed vectors that count. Raises DamagedIndexError where their file is damaged."""
    return Codes.open(folder.codes(compression.number), bytes.fromhex(compression.checksum))


def load_recent(connection: Connection, state: State, dimension: int) -> Segment:
    """The vectors that no segment holds, as one in memory. Raises DamagedIndexError for a wrong CRC."""
    load_ids(connection, recent_vectors, state)
    rows: list[Any] = list(
        connection.execute(select(recent_vectors).order_by(recent_vectors.c.passage_id)).mappings()
    )
    for row in rows:
        if not intact(recent_vectors, row):
            raise DamagedIndexError(
                f"the vector of passage {row['passage_id']} is damaged; run bertrieve check --repair"
            )
    ids = np.array([row["passage_id"] for row in rows], np.int64)
    return build_segment(ids, vectors_from([row["vector"] for row in rows], dimension))
