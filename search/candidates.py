"""The best passages of one question, as far down as somebody looked, and hits of those that are shown."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store import PassageRow, PassageText, Ranked, View
from search.explain import Explanation
from search.hits import Hit
from search.results import Shown

__all__ = ["Candidates"]

Scores = NDArray[np.float32]


class Candidates:
    """A text is read from the index once, however often more of them are asked for.

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
        self._known: dict[int, PassageText] = {}
        self._found = Ranked.none()
        self.scores = self._dense = self._lexical = np.empty(0, np.float32)

    def best(self, depth: int) -> list[PassageText]:
        """The best `depth` passages."""
        if len(self._found.ids) < depth:
            self._found, self._dense, self._lexical = self._ranked(depth)
            self.scores = self._found.scores
        ids = self._found.ids[:depth].tolist()
        unread = np.array([at for at in ids if at not in self._known], np.int64)
        self._known |= {text.id: text for text in self._view.texts(unread)}
        return [self._known[at] for at in ids]

    def hits(self, shown: Sequence[Shown]) -> list[Hit]:
        """What is shown of them, by position, as hits with ranks."""
        ids = [int(self._found.ids[at.at]) for each in shown for at in (each, *each.others)]
        rows = {row.id: row for row in self._view.passages(np.array(ids, np.int64))}
        return [self._hit(rank, each, rows) for rank, each in enumerate(shown, 1)]

    def _hit(self, rank: int, shown: Shown, rows: Mapping[int, PassageRow]) -> Hit:
        return Hit.of(
            rows[int(self._found.ids[shown.at])],
            rank=rank,
            score=float(self.scores[shown.at]),
            dense=_known(self._dense[shown.at]),
            lexical=_known(self._lexical[shown.at]),
            alike=tuple(self._found.ids[list(shown.alike)].tolist()),
            others=tuple(self._hit(other, each, rows) for other, each in enumerate(shown.others, 2)),
            explainer=self._explainer,
        )


def _known(score: np.float32) -> float | None:
    return None if np.isnan(score) else float(score)
