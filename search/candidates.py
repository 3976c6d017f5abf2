"""The best passages of one question, as far down as somebody looked, and hits of those that are shown."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store import PassageRow, Ranked, View
from search.explain import Explanation
from search.hits import Hit
from search.results import Shown

__all__ = ["Candidates"]

Scores = NDArray[np.float32]


class Candidates:
    """A passage is read from the index once, however often more of them are asked for.

    ranked     how many -> as many of the best or more; their scores by the vectors, by the words; NaN where
               unknown
    explainer  of their hits
    scores     `(n,)` float32, best first: of all that was ranked last
    """

    def __init__(
        self,
        view: View,
        ranked: Callable[[int], tuple[Ranked, Scores, Scores]],
        explainer: Callable[[int], Explanation],
    ) -> None:
        self._view, self._ranked, self._explainer = view, ranked, explainer
        self._known: dict[int, PassageRow] = {}
        self._rows: list[PassageRow] = []
        self._found = Ranked.none()
        self.scores = self._dense = self._lexical = np.empty(0, np.float32)

    def best(self, depth: int) -> list[PassageRow]:
        """The best `depth` passages."""
        if len(self._found.ids) < depth:
            self._found, self._dense, self._lexical = self._ranked(depth)
            self.scores = self._found.scores
        ids = self._found.ids[:depth].tolist()
        unread = np.array([at for at in ids if at not in self._known], np.int64)
        self._known |= {row.id: row for row in self._view.passages(unread)}
        self._rows = [self._known[at] for at in ids]
        return self._rows

    def hits(self, shown: Sequence[Shown], first: int = 1) -> list[Hit]:
        """What is shown of them, by position, as hits with ranks from `first` on."""
        return [self._hit(rank, each) for rank, each in enumerate(shown, first)]

    def _hit(self, rank: int, shown: Shown) -> Hit:
        return Hit.of(
            self._rows[shown.at],
            rank=rank,
            score=float(self.scores[shown.at]),
            dense=_known(self._dense[shown.at]),
            lexical=_known(self._lexical[shown.at]),
            alike=tuple(self._rows[at].id for at in shown.alike),
            others=tuple(self.hits(shown.others, 2)),
            explainer=self._explainer,
        )


def _known(score: np.float32) -> float | None:
    return None if np.isnan(score) else float(score)
