"""One ranking from two arms: cosines of vectors and BM25 of words.

Neither score has a unit that the other could use, so each is divided by its own standard deviation
over the whole corpus, for this question. Both deviations are known without scoring the corpus: that
of the cosines from the sums of all vectors (`Moments` in the store), that of BM25 from how many
passages hold each word (`lexical_deviation`). Then

    score = trust · (cosine − mean) / deviation  +  LEXICAL_WEIGHT · BM25 / deviation

The mean of BM25 is left out: it would move all candidates of a question alike, and 0 stays what a
passage gets that holds none of the words.

Measured in some sixty settings (four collections, two models, documents and passages, keyword
questions, small and mixed corpora) and rejected: reciprocal ranks, which throw away by how much a
passage stands out (SciFact nDCG@10 .718, this .739); BM25 by its best hit or by the most it could
reach, and BM25 as it is, which let a two-word question and a thirty-word one weigh differently;
trusting an arm by how far its best hit stands out, which helped one collection and hurt another.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEXICAL_WEIGHT", "fuse", "idf", "lexical_deviation"]

# A deviation of BM25 counts a third of one of cosines. BM25 of a relevant passage stands some 15 of its
# deviations above 0, its cosine 4 to 6 above the mean, so this lets the arms weigh alike. Measured: from
# 1/4 to 2/5 the mean nDCG@10 of all settings moves by .004; below, words count too little for keyword
# questions, above, too much for questions whose words are not the passage's. Chosen on any three of the
# four collections, it comes out at 1/4 to 1/3.
LEXICAL_WEIGHT = 1 / 3


def lexical_deviation(frequencies: NDArray[np.int64], passages: int) -> float:
    """Standard deviation of a question's BM25 over the corpus, were its words independent; 0 or more.

    A word gives about its idf to the share p of passages that hold it (what BM25 gives for one
    occurrence at average length) and 0 to the others: variance p(1 − p)·idf².

    frequencies  `(words,)` int64, how many passages hold each distinct word of the question; 0 is allowed.
    passages     n, how many passages the corpus has.

    >>> round(lexical_deviation(np.array([50]), passages=100), 4)  # p = ½, idf = ln 2
    0.3466
    """
    if passages <= 0:
        return 0.0
    share = frequencies / passages
    return float(np.sqrt(np.sum(share * (1.0 - share) * idf(frequencies, passages) ** 2)))


def idf(frequencies: NDArray[np.int64], passages: int) -> NDArray[np.float64]:
    """`(words,)` float64, above 0: what BM25 counts each word, ln(1 + (n − df + ½) / (df + ½)).

    >>> idf(np.array([0, 1]), passages=2).round(3).tolist()
    [1.792, 0.693]
    """
    return np.log1p((passages - frequencies + 0.5) / (frequencies + 0.5))


def fuse(
    dense: NDArray[np.floating],
    lexical: NDArray[np.floating],
    *,
    dense_mean: float | NDArray[np.floating],
    dense_deviation: float,
    lexical_deviation: float,
    trust: float = 1.0,
) -> NDArray[np.float64]:
    """`(n,)` float64 scores of n candidates that both arms have scored; higher is better, no unit.

    dense              `(n,)` float32 cosines, -1..1.
    lexical            `(n,)` float32 BM25, 0 or more; 0 for a candidate with none of the words.
    dense_mean         of the question's cosines over the whole corpus, -1..1; `(n,)` where they differ.
    dense_deviation    their standard deviation; at 0 (all vectors alike) only the words count.
    lexical_deviation  see `lexical_deviation`; at 0 (words that tell nothing) only the vectors count.
    trust              what the dense arm counts, 0..1: see `search.reading.known_share`.

    Take the best 100 of each arm or more as candidates, and score each exactly by both arms: with 50,
    nDCG@10 is already that of the whole corpus, while a missing BM25 taken for 0 costs up to .006.

    >>> dense, lexical = np.float32([0.5, 0.3]), np.float32([0, 9])
    >>> fuse(dense, lexical, dense_mean=0.1, dense_deviation=0.1, lexical_deviation=1.5).round(3).tolist()
    [4.0, 4.0]
    """
    dense_part = _in_deviations(dense.astype(np.float64) - dense_mean, dense_deviation)
    lexical_part = _in_deviations(lexical.astype(np.float64), lexical_deviation)
    return trust * dense_part + LEXICAL_WEIGHT * lexical_part


def _in_deviations(scores: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    return scores / deviation if deviation > 0.0 else np.zeros_like(scores)
