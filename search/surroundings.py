"""The words around a passage: what a question asks may stand partly in it, partly just before or after it.

Passages are cut by length, so the words of one thought are often parted. Each word of the question therefore
counts half by the passage itself and half by the best of it and its neighbours:

    words = Σ over words of (BM25 in the passage + highest BM25 in the passage and its two neighbours) / 2

Only for the NEAREST candidates, for it costs a search a word, and 50 of them rank as 30 do. nDCG@10 of the
fused ranking: SciFact .736 to .740, Cranfield .452 to .451, cmrc2018-trial .989 to .991; answer characters in
the first five passages of chroma-chunking .827 to .858. On each of the four
a quarter for the neighbours does worse than half.

Rejected: the words of the whole document, which gain as much on abstracts and lose .01 to .08 where documents
are long; the sum of the neighbours' BM25, which rewards one word said three times (SciFact -.006); two
neighbours on each side, which gain no more; the neighbours' vectors, in some fifty ways beside the words:
added to the passage's own they move no collection by more than chance (docs/measurements.md), and as a
cosine of their own they lose twice on chroma-chunking what they gain on SciFact (.004).
"""

import numpy as np
from numpy.typing import NDArray

from indexer.store import View

__all__ = ["NEAREST", "around"]

NEAREST = 30


def around(
    view: View, question: str, ids: NDArray[np.int64], allowed: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """`(n,)` float32: BM25 of the passages `ids` for the question, each word also by those of its neighbours
    that are `allowed`; never less than the passages' own."""
    pairs = view.neighbours(ids)
    if allowed is not None:
        pairs = pairs[np.isin(pairs[:, 1], allowed)]
    every = np.union1d(ids, pairs)
    own, passage, neighbour = (np.searchsorted(every, at) for at in (ids, pairs[:, 0], pairs[:, 1]))
    total = np.zeros(len(ids), np.float32)
    for scores in view.lexical_by_word(question, every).values():
        best = scores.copy()
        np.maximum.at(best, passage, scores[neighbour])
        total += (scores[own] + best[own]) / 2
    return total
