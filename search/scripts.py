"""A question finds what is written in another script: Chinese passages for an English question, and back.

Two things hide it. A model of many languages puts passages of one language side by side, so that those of the
question's own come first whatever they say; and the others can't hold its words. So where an index is
written in several scripts that the encoder reads, a cosine is held against the mean of the passage's own
script, and a passage of another is given some of the words that the best of the question's own script has:

    given = (1 − share) · BM25 of the best,   share = highest BM25 / sum of the idf of the question's words

Where one passage holds all that was asked in words, nothing is given; where even the best holds little, its
words are noise, and count no more than what others can't have. `benchmarks/scripts.py` has what it gains.
Rejected: the deviation of each script too, which favours the one whose passages are the least alike; a share
of the cosine instead of BM25, which lost more in the question's own language for the same gain.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store import Ranked, Script, View
from indexer.store.analysis import script_of
from search.fusion import idf

__all__ = ["Apart", "readable"]

# An encoder reads a script where it knows this share of a passage's tokens.
READ = 0.5


def readable(scripts: Sequence[Script], reads: Callable[[str], float]) -> tuple[Script, ...]:
    """Those of an index's scripts that the encoder reads; none where fewer than two are left.

    reads  how far the encoder reads a text, 0..1
    """
    found = tuple(script for script in scripts if reads(script.sample) >= READ)
    return found if len(found) > 1 else ()


class Apart:
    """A question to an index of several scripts, `scripts`, which may be none: then it changes nothing."""

    def __init__(self, view: View, question: str, scripts: Sequence[Script]) -> None:
        self._view, self._scripts, self._question = view, scripts, question

    def more(
        self, vector: NDArray[np.float32], found: Ranked, k: int, allowed: NDArray[np.int64] | None
    ) -> NDArray[np.int64]:
        """`(n,)` int64: the nearest `k` passages of each script that has fewer among those `found`."""
        ids = [found.ids]
        for script in self._scripts:
            if np.isin(found.ids, script.ids).sum() < k:
                own = script.ids if allowed is None else np.intersect1d(script.ids, allowed)
                ids.append(self._view.dense(vector, k, own).ids)
        return np.unique(np.concatenate(ids))

    def moments(
        self, vector: NDArray[np.float32], ids: NDArray[np.int64], cosines: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], float]:
        """`(n,)` the mean that each passage's cosine is held against, and the deviation from such means.

        A passage is held against the others of its script: of two, each is half of the mean.
        """
        mean, deviation = self._view.moments.of_scores(vector)
        means, between = np.full(len(ids), mean), 0.0
        for script in self._scripts:
            own, count = float(script.mean @ vector), len(script.ids)
            between += count / self._view.moments.count * (own - mean) ** 2
            if count > 1:
                here = np.isin(ids, script.ids)
                means[here] = (count * own - cosines[here]) / (count - 1)
        return means, float(np.sqrt(max(deviation**2 - between, 0.0)))

    def given(
        self, ids: NDArray[np.int64], scores: NDArray[np.floating], words: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """`(n,)` float32, the BM25 that passages are given, by the fused scores and the BM25 of all."""
        given = np.zeros(len(ids), np.float32)
        asked = script_of(self._question)
        own = np.zeros(len(ids), bool)
        for script in self._scripts:
            if script.name == asked:
                own = np.isin(ids, script.ids)
        if not own.any():
            return given
        best = np.flatnonzero(own)[np.argmax(scores[own])]
        most = float(idf(*self._view.frequencies(self._question)).sum())
        share = min(1.0, float(words[own].max()) / most) if most else 1.0
        for script in self._scripts:
            if script.name != asked:
                given[np.isin(ids, script.ids)] = (1.0 - share) * words[best]
        return given
