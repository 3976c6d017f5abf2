"""One ranking from two arms: cosines of vectors and BM25 of words.

Neither arm's score has a unit the other could use, so each is first measured against what the
question would score on this corpus by chance: how many standard deviations above the mean. Both
deviations are known without scoring the corpus: for cosines from the mean and covariance of its
vectors, for BM25 from how many passages hold each word. The two are then added:

    hybrid = trust · (cosine − mean) / deviation  +  LEXICAL_WEIGHT · BM25 / deviation

Sums of standardised scores beat reciprocal ranks because they keep what ranks throw away: by how
much a passage stands out. Dividing BM25 by its own deviation, rather than by its best hit or by
the most it could reach, makes a two-word question and a thirty-word one weigh the same.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["LEXICAL_WEIGHT", "dense_moments", "fuse", "lexical_deviation"]

Floats = npt.NDArray[np.floating]

LEXICAL_WEIGHT = 0.3


def dense_moments(query: Floats, mean: Floats, covariance: Floats) -> tuple[float, float]:
    """Mean and standard deviation of a question's cosines over the whole corpus, exactly.

    Scores are linear in the vectors: mean(V·q) = q·μ and var(V·q) = qᵀΣq.

    query       (dim,) unit vector of the question.
    mean        (dim,) mean μ of the corpus's vectors.
    covariance  (dim, dim) their covariance Σ, divided by n, not n − 1.
    """
    variance = float(query @ covariance @ query)
    # Rounding can leave a covariance slightly negative where all vectors are alike.
    return float(query @ mean), float(np.sqrt(max(variance, 0.0)))


def lexical_deviation(frequencies: npt.NDArray[np.integer], passages: int) -> float:
    """Standard deviation of a question's BM25 over the corpus, were its words independent.

    A word of inverse document frequency idf gives about idf to the share p = df / n of the passages
    that hold it (once, at average length) and nothing to the others: variance p(1 − p)·idf².

    frequencies  (words,) int: how many passages hold each of the question's distinct words.
    passages     n, how many passages the corpus has; at least every frequency.
    """
    share = frequencies / max(passages, 1)
    idf = np.log1p((passages - frequencies + 0.5) / (frequencies + 0.5))
    return float(np.sqrt(np.sum(share * (1.0 - share) * idf**2)))


def fuse(
    dense: Floats,
    lexical: Floats,
    *,
    dense_mean: float,
    dense_deviation: float,
    lexical_deviation: float,
    trust: float = 1.0,
) -> npt.NDArray[np.float64]:
    """Hybrid scores of candidates that both arms have scored; higher is better, no unit.

    dense              (n,) cosines, -1..1.
    lexical            (n,) BM25, 0 or more; 0 where a candidate holds none of the words.
    dense_mean         mean cosine of the question over the corpus, from `dense_moments`.
    dense_deviation    its standard deviation; 0 (all vectors alike) leaves the dense arm out.
    lexical_deviation  from `lexical_deviation`; 0 (no word occurs) leaves the lexical arm out.
    trust              how far the encoder can read the question, 0..1.
    """
    return trust * _standardised(dense - dense_mean, dense_deviation) + LEXICAL_WEIGHT * _standardised(
        lexical, lexical_deviation
    )


def _standardised(scores: Floats, deviation: float) -> npt.NDArray[np.float64]:
    if deviation <= 0.0:
        return np.zeros(scores.shape)
    return np.asarray(scores, dtype=np.float64) / deviation
