"""How probable it is that a hit is relevant: how far it stands out, and how much of the question it holds.

A fused score counts deviations over the whole corpus, so its size means much the same everywhere; what
differs is how well the runners-up of a question do. So a hit is held against the tenth of its own
question. But a question about something else has a first hit too, one that shares a word by chance:

    margin  = (score − score of the tenth hit) / (trust + LEXICAL_WEIGHT), the mean of both arms' deviations
    support = 0..1, the larger of
              the idf share of the question's words that passage, title and headings hold; of the overlapping
              pairs that Chinese is split into, half say nothing by themselves, so they count double
              (trust · (cosine − mean) / deviation − 3) / 10, for paraphrases and translations share no word
    odds    = margin / EVEN · (support + OTHERWISE)^1.5

The probability rises with score, words and cosine. It takes for granted that half of the questions have
nothing in the documents, which is how it was fitted: logistic regression on the logarithms for the first hit
of questions of five collections (SciFact, Cranfield, CMRC 2018, chroma-chunking, the documents of data/),
each asked once as it is and once with what is relevant left out, and, at a tenth of their weight, 80
questions of the other four. Fitted on four and tried on the fifth it is off by .12 on average (expected
calibration error), by .18 at most. `benchmarks/calibration.py` measures it, `docs/measurements.md` has the
table.

Tried and rejected. The margin alone: off by .15, and half of the questions about something else pass.
The share that no passage of the corpus holds: tells them apart less well, and all words occur somewhere in a
large corpus. The words of the neighbours too, or of all ten hits: likewise. The standardised cosine as a
factor of its own: its sign turns, for the margin has it. The margin over the second hit, the length of the
question: no gain. Fitting on questions made from the index's own sentences: no better. So nothing is
stored with the index, and nothing goes stale.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexer.store import View
from indexer.store.analysis import CJK_RUN, words_of
from search.answers import coverage
from search.encoding import Encoded
from search.fusion import LEXICAL_WEIGHT, idf
from search.hits import Hit

__all__ = ["RUNNER_UP", "SENTENCE", "probability", "support", "with_probabilities"]

RUNNER_UP = 10  # the rank that a hit is held against

# Fitted: 3.6, and powers of 1.03 and 1.51. EVEN is the margin at which a passage that holds nearly all words
# is as often relevant as not; 3 instead of 3.6 refuses fewer questions that have an answer.
EVEN, SUPPORT_POWER = 3.0, 1.5
OTHERWISE = 0.05  # what a passage without a word may hold all the same; .03 to .3 tell as well

# Where the cosine begins to count for support, and how many deviations more make 1: few cosines of questions
# about something else stand out by more than 4. Not fitted, for in the collections nearly every relevant
# passage shares a word; it costs them nothing.
STANDS_OUT, WHOLE = 3.0, 10.0

# How often the sentence shown is right where its passage is: .82 and .79 on two collections.
SENTENCE = 0.8


def probability(margin: float, support: float) -> float:
    """That a hit is relevant, 0..1, never less for a larger margin or support.

    margin   by how many deviations it stands above the tenth one
    support  0..1, see `support`

    >>> [round(probability(3.0, support), 2) for support in (0.0, 0.2, 0.5, 1.0)]
    [0.01, 0.11, 0.29, 0.52]
    """
    odds: float = max(0.0, margin) / EVEN * (support + OTHERWISE) ** SUPPORT_POWER
    return odds / (1.0 + odds)


def support(held: float, pairs: float, deviations: float) -> float:
    """How much of the question a passage holds, 0..1.

    held        the share of the idf of the question's words that stand in the passage, 0..1
    pairs       the share of it that is pairs of CJK characters, 0..1
    deviations  how far the cosine stands out from its mean, times `trust`

    >>> support(held=0.5, pairs=0.0, deviations=2.0), support(held=0.5, pairs=1.0, deviations=2.0)
    (0.5, 1.0)
    >>> support(held=0.0, pairs=0.0, deviations=6.0)
    0.3
    """
    return max(0.0, min(1.0, max(held * (1.0 + pairs), (deviations - STANDS_OUT) / WHOLE)))


def with_probabilities(
    view: View,
    question: str,
    encoded: Encoded,
    hits: Sequence[Hit],
    scores: NDArray[np.float32],
) -> list[Hit]:
    """The fused hits of one question, in their order, with their probabilities.

    scores  `(n,)` float32, best first, of all passages ranked, copies too. Where there are fewer than
            `RUNNER_UP`, nothing says what stands out, and the hits stay as they are.
    """
    if len(scores) < RUNNER_UP:
        return list(hits)
    telling = set(words_of(question, singles=False))
    every = zip(words_of(question), idf(*view.frequencies(question)).tolist(), strict=True)
    weights = {word: weight for word, weight in every if word in telling}
    pairs = sum(weight for word, weight in weights.items() if CJK_RUN.match(word))
    share = pairs / sum(weights.values()) if weights else 0.0
    mean, deviation = view.moments.of_scores(encoded.vector)

    def of(hit: Hit) -> float:
        margin = (hit.score - float(scores[RUNNER_UP - 1])) / (encoded.trust + LEXICAL_WEIGHT)
        if margin <= 0.0:
            return 0.0
        held = coverage(" ".join((hit.title, *hit.heading, hit.text)), weights)
        cosine = mean if hit.dense is None else hit.dense
        stands_out = encoded.trust * (cosine - mean) / deviation if deviation > 0.0 else 0.0
        return probability(margin, support(held, share, stands_out))

    def known(hit: Hit) -> Hit:
        return replace(hit, probability=of(hit), others=tuple(map(known, hit.others)))

    return list(map(known, hits))
