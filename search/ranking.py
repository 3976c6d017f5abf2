"""Questions to passages: candidates of both arms, ranked by one score."""

import numpy as np
from numpy.typing import NDArray

from indexer.store import Ranked, View
from indexer.store.vectors import cosines
from search.emphasis import by_idf, words_at
from search.encoding import Encoded
from search.feedback import FIRST, towards
from search.fusion import fuse, lexical_deviation
from search.hits import Mode
from search.scripts import Apart, readable
from search.surroundings import NEAREST, around

__all__ = ["DEPTH", "rank"]

# Candidates that each arm brings to a hybrid question. Measured: nDCG@10 is the same from 50 on.
DEPTH = 100


def rank(
    view: View,
    question: str,
    encoded: Encoded | None,
    mode: Mode,
    k: int,
    allowed: NDArray[np.int64] | None = None,
) -> tuple[Ranked, NDArray[np.float32], NDArray[np.float32]]:
    """The best `k`, more where they are ranked anyhow, and their scores by the vectors and by the words; NaN
    where an arm was not asked."""
    if encoded is None:
        found = view.lexical(question, k, allowed)
        return found, _unknown(found), found.scores
    if mode == "dense":
        found = view.dense(encoded.vector, k, allowed)
        return found, found.scores, _unknown(found)
    return _fused(view, question, encoded, k, allowed)


def _unknown(found: Ranked) -> NDArray[np.float32]:
    return np.full(len(found.ids), np.nan, np.float32)


def _fused(
    view: View, question: str, encoded: Encoded, k: int, allowed: NDArray[np.int64] | None = None
) -> tuple[Ranked, NDArray[np.float32], NDArray[np.float32]]:
    """The best `k`, or `DEPTH`, of both arms' candidates, each scored by both: the question's tokens by their
    idf, the words of the nearest by their neighbours too, then the question moved towards the first hits."""
    depth = max(DEPTH, k)
    apart = Apart(view, question, readable(view.scripts(), encoded.reads))
    dense, lexical = view.dense(encoded.vector, depth, allowed), view.lexical(question, depth, allowed)
    ids = np.union1d(apart.more(encoded.vector, dense, depth, allowed), lexical.ids)
    vectors, words = view.vectors(ids), _words(view, question, ids, lexical, depth)
    deviation = lexical_deviation(*view.frequencies(question))

    def fused(vector: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float64]:
        near = cosines(vectors, vector)
        mean, dense_deviation = apart.moments(vector, ids, near)
        return fuse(
            near,
            words,
            dense_mean=mean,
            dense_deviation=dense_deviation,
            lexical_deviation=deviation,
            trust=encoded.trust,
        )

    vector = encoded.vector
    if encoded.tokens is not None:
        vector = by_idf(encoded.tokens, *view.rarest(words_at(encoded.tokens, encoded.question)))
    given = apart.given(ids, fused(vector, words), words)
    nearest = np.argsort(-fused(vector, words + given), kind="stable")[:NEAREST]
    in_place = words + given
    in_place[nearest] = around(view, question, ids[nearest], allowed) + given[nearest]
    scores = fused(vector, in_place)
    first = np.argsort(-scores, kind="stable")[:FIRST]
    scores = fused(towards(vector, vectors[first], scores[first]), in_place)
    if encoded.trust == 0.0:
        # The encoder reads none of the question: what holds none of its words either was found by nothing.
        held = in_place > 0.0
        ids, vectors, words, scores = ids[held], vectors[held], words[held], scores[held]
    best = Ranked.of(ids, scores.astype(np.float32), depth)
    at = np.searchsorted(ids, best.ids)
    return best, np.clip(cosines(vectors[at], encoded.vector), -1.0, 1.0), words[at]


def _words(
    view: View, question: str, ids: NDArray[np.int64], lexical: Ranked, depth: int
) -> NDArray[np.float32]:
    """`(n,)` float32: the BM25 of the ascending passages `ids`; that of the best `depth` is known."""
    words = np.zeros(len(ids), np.float32)
    words[np.searchsorted(ids, lexical.ids)] = lexical.scores
    if len(lexical.ids) == depth:  # or no other holds a word of the question
        unknown = ~np.isin(ids, lexical.ids)
        words[unknown] = view.lexical_scores(question, ids[unknown])
    return words
