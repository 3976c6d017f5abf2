"""One generation of an index, ready to be searched: checked, mapped, and never changed again."""

from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from indexer.errors import DamagedIndexError
from indexer.store.folder import Folder, readable
from indexer.store.lexical import LexicalReader, Wording
from indexer.store.records import vectors_from
from indexer.store.remembered import Remembered
from indexer.store.schema import dead_vectors, dead_words, intact, recent_vectors, segments
from indexer.store.state import State, load_ids, read_settings
from indexer.store.vectors import Moments, Ranked, Segment, all_but, best_of, build_segment, only

__all__ = ["Snapshot", "are_in", "load_recent", "open_segment"]

# Allowed passages that are each scored by their words; of more, the best are looked for among all.
FEW = 1_000


class Snapshot:
    """Everything a search needs of one generation, besides the rows themselves.

    Files that `previous` has opened or found whole are not looked at again. Raises DamagedIndexError.
    """

    def __init__(self, connection: Connection, folder: Folder, previous: "Snapshot | None") -> None:
        found = read_settings(connection, folder)
        state = State(**found["state"])
        self.generation = state.generation
        self.dimension = int(found["encoder"]["dimension"])
        self._last = state.passages
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
        self._selector = all_but(self._dead)
        self.remembered = Remembered()

    @property
    def segments(self) -> list[Segment]:
        """All vectors: the sealed and the recent."""
        return [*(segment for segment, _ in self.sealed.values()), self._recent]

    @cached_property
    def live(self) -> NDArray[np.int64]:
        """`(n,)` int64, ascending: every passage that has a row, as those that have a vector."""
        ids = np.sort(np.concatenate([segment.ids for segment in self.segments]), kind="stable")
        return ids[~np.isin(ids, self._dead)]

    @cached_property
    def moments(self) -> Moments:
        """Of the live vectors of all segments."""
        total = sum((moments for _, moments in self.sealed.values()), self._recent.moments())
        return total - Moments.of(self.vectors(self._dead)) if len(self._dead) else total

    def dense(
        self, question: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Ranked:
        """The exact best `k` live passages of all segments for a `(dim,)` unit vector, of those `allowed`."""
        if allowed is not None and not len(allowed):
            return Ranked.none()
        selector = self._selector if allowed is None else only(allowed)
        found = [segment.search(question, k, selector) for segment in self.segments]
        ids, scores = np.concatenate([at.ids for at in found]), np.concatenate([at.scores for at in found])
        return Ranked.of(ids, scores, k)

    def words(self, question: str, k: int, allowed: NDArray[np.int64] | None = None) -> Ranked:
        """The best `k` live passages by BM25, of those `allowed`.

        The lexical index also knows passages that are gone from the rows, and, after a commit that was
        stopped, some that never came to them: those have ids that no row was ever given.
        """

        def find(depth: int) -> Ranked:
            return self.lexical.search(question, depth)

        if allowed is None:
            return best_of(find, k, lambda ids: (ids <= self._last) & ~np.isin(ids, self._dead_words))
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
        for segment in self.segments:
            positions = segment.positions(ids)
            here = positions >= 0
            if here.any():
                result[here] = segment.vectors(positions[here])
                missing &= ~here
        if missing.any():
            raise DamagedIndexError(
                f"there is no vector of passage {ids[missing][0]}; run bertrieve check --repair"
            )
        return result


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
