"""Which segments are merged, and when that pays: many small ones, or one that is dead in good part.

Every search asks every segment, and the dead are scanned like the rest. A merge reads and writes all that it
merges, so a segment grows in few steps and then stays. The largest is bounded because a merge holds it in
memory, and so that a deletion never costs rewriting the whole index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, func, select

from indexer.store.schema import dead_vectors, segments

__all__ = ["Weight", "merges", "weights"]

LARGEST = 10  # times the vectors of a seal: 100,000, in 384 dimensions 77 MB
FEWEST = 5  # segments that are merged unasked
DEAD = 0.2  # share of a segment's vectors at which it is rewritten unasked


@dataclass(frozen=True, slots=True)
class Weight:
    """A segment, and what it holds: of its `vectors`, at most `dead` are of passages that are gone."""

    id: int
    vectors: int
    dead: int

    @property
    def live(self) -> int:
        return self.vectors - self.dead


def weights(connection: Connection) -> list[Weight]:
    """Of all segments, in order of their passages."""
    # By the range of ids: segments whose ranges overlap, as after a repair, may both be given the same dead.
    inside = dead_vectors.c.passage_id.between(segments.c.first, segments.c.last)
    dead = select(func.count()).select_from(dead_vectors).where(inside).scalar_subquery()
    rows = connection.execute(select(segments.c.id, segments.c.vectors, dead).order_by(segments.c.first))
    return [Weight(row[0], row[1], min(row[1], row[2])) for row in rows]


def merges(held: Sequence[Weight], unit: int, *, every: bool = False) -> list[list[int]]:
    """Ids of segments to be merged, a list for each new segment; a list of one drops its dead.

    unit   vectors that make a seal
    every  merge all that can be merged, also where it doesn't pay

    >>> sealed = [Weight(at, 10, 0) for at in range(1, 6)]
    >>> merges(sealed, 10), merges(sealed[:4], 10)
    ([[1, 2, 3, 4, 5]], [])
    >>> merges([Weight(1, 100, 0), Weight(2, 90, 18), Weight(3, 10, 1)], 10)
    [[2]]
    """
    largest = LARGEST * unit
    room, number = 0, 0
    packed: list[tuple[int, Weight]] = []
    for weight in held:
        if not _open(weight, unit, every=every):
            continue
        if weight.live > room:
            room, number = max(largest, weight.live), number + 1
        room -= weight.live
        packed.append((number, weight))
    groups = [[weight for _, weight in own] for _, own in groupby(packed, key=lambda at: at[0])]
    return [[weight.id for weight in group] for group in groups if _pays(group, unit, every=every)]


def _open(weight: Weight, unit: int, *, every: bool) -> bool:
    """Whether a segment is small enough to grow, or has to be rewritten anyway."""
    return weight.live <= LARGEST * unit / 2 or _dying(weight, unit) or (every and weight.dead > 0)


def _dying(weight: Weight, unit: int) -> bool:
    return weight.vectors >= unit and weight.dead >= DEAD * weight.vectors


def _pays(group: Sequence[Weight], unit: int, *, every: bool) -> bool:
    if every:
        return len(group) > 1 or group[0].dead > 0
    return len(group) >= FEWEST or any(_dying(weight, unit) for weight in group)
