"""How probable it is that a hit is relevant: is the question about what is here, and does this answer it?

    p = p(about what is here) · p(asked for, if it is), each a logistic function of some of

    above    ln(1 + e^margin); margin is how far the hit's score stands above that of the tenth, in
             deviations: (score − tenth) / (trust + LEXICAL_WEIGHT). First scores differ between questions and
             collections as those of the runners-up do
    support  how much of the question the passage holds, 0..1, the larger of
             the idf share of the question's words that passage, title and headings hold; of the overlapping
             pairs that Chinese is split into, half say nothing by themselves, so they count double
             (trust · (cosine − mean) / deviation − 3) / 10, for paraphrases and translations share no word
    near     trust · ((cosine − mean) / (1 − mean) − ½): how near, not how far it stands out, for the best hit
             of a question about something else stands out too. 0 where the encoder can't read the question

    odds(about what is here) = e^5.3 · support^2.8 · e^(11.5 near)
    odds(asked for)          = e^-1.6 · above^1.3 · support^1.6

It rises with score, words and cosine, for a hit of any rank. It takes for granted that half of the questions
are about something else, and that to half of the others nothing answers, for so it was fitted: logistic
regression on the first hit of questions of five collections (SciFact, Cranfield, CMRC 2018, chroma-chunking,
the documents of data/), each asked as it is and with what is relevant left out, and on questions of the
other four. The hits below the first were not fitted. `benchmarks/calibration.py` fits it on four and tries
it on the fifth; `docs/measurements.md` has the table.

Rejected: to fit it on questions made from the index's own sentences, with their passage there and hidden, or
to take margins relative to those of such questions: each was worse on a collection that was left out. So
nothing is stored with the index, and nothing goes stale. Nor did any of these make it surer: the margin over
the second hit, each arm's own margin, the length of the question, the share of its words that no passage
holds, the rarest of them that the hit lacks, the best counterpart of its tokens in the first sentences. What
is left is that in some collections what is next best is nearly right, and in others it isn't.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.store import View
from indexer.store.analysis import CJK_RUN, words_of
from search.coverage import coverage, word_weights
from search.encoding import Encoded
from search.fusion import LEXICAL_WEIGHT
from search.hits import Hit

__all__ = ["RUNNER_UP", "SENTENCE", "Evidence", "evidence", "probability", "support", "with_probabilities"]

RUNNER_UP = 10  # the rank that a hit is held against

# Fitted, in the order of the formulas above: a constant, then the powers.
ABOUT, ABOUT_SUPPORT, ABOUT_NEAR = 5.3, 2.8, 11.5
ASKED, ASKED_ABOVE, ASKED_SUPPORT = -1.6, 1.3, 1.6
OTHERWISE = 0.05  # added to support: what a passage without a word may hold all the same

# Where the cosine begins to count for support, and how many deviations more make 1: few cosines of questions
# about something else stand out by more than 4. Not fitted, for in the collections nearly every relevant
# passage shares a word; it costs them nothing.
STANDS_OUT, WHOLE = 3.0, 10.0

# How often the sentence shown is right where its passage is.
SENTENCE = 0.8


class Evidence(NamedTuple):
    """What is known of a hit: see above. `above` over 0, `support` 0..1, `near` about -½..½."""

    above: float
    support: float
    near: float


def probability(of: Evidence) -> float:
    """That a hit is relevant, 0..1, never less for more of any evidence.

    >>> [round(probability(Evidence(4.0, support, near=0.0)), 2) for support in (0.0, 0.2, 0.5, 1.0)]
    [0.0, 0.09, 0.31, 0.57]
    >>> [round(probability(Evidence(4.0, 0.5, near)), 2) for near in (-0.4, -0.2, 0.2)]
    [0.09, 0.25, 0.32]
    """
    held = math.log(of.support + OTHERWISE)
    about = ABOUT + ABOUT_SUPPORT * held + ABOUT_NEAR * of.near
    asked = ASKED + ASKED_ABOVE * math.log(of.above) + ASKED_SUPPORT * held
    return _logistic(about) * _logistic(asked)


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


def evidence(
    view: View, question: str, encoded: Encoded, hits: Sequence[Hit], tenth: float
) -> list[Evidence]:
    """What speaks for each fused hit of a question; `tenth` is the score of the tenth best passage."""
    telling = set(words_of(question, singles=False))
    weights = {word: weight for word, weight in word_weights(view, question).items() if word in telling}
    pairs = sum(weight for word, weight in weights.items() if CJK_RUN.match(word))
    share = pairs / sum(weights.values()) if weights else 0.0
    mean, deviation = view.moments.of_scores(encoded.vector)

    def of(hit: Hit) -> Evidence:
        margin = (hit.score - tenth) / (encoded.trust + LEXICAL_WEIGHT)
        held = coverage(" ".join((hit.title, *hit.heading, hit.text)), weights)
        further = 0.0 if hit.dense is None else hit.dense - mean
        stands_out = encoded.trust * further / deviation if deviation > 0.0 else 0.0
        near = encoded.trust * (further / (1.0 - mean) - 0.5) if mean < 1.0 else 0.0
        return Evidence(float(np.logaddexp(0.0, max(margin, -99.0))), support(held, share, stands_out), near)

    return [of(hit) for hit in hits]


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
    if not encoded.trust and hits:
        # What holds none of the words is left out of the ranking; its score would be 0.
        scores = np.append(scores, np.zeros(max(0, RUNNER_UP - len(scores)), np.float32))
    if len(scores) < RUNNER_UP:
        return list(hits)
    every = [each for hit in hits for each in (hit, *hit.others)]
    found = iter(evidence(view, question, encoded, every, float(scores[RUNNER_UP - 1])))

    def known(hit: Hit) -> Hit:
        own = probability(next(found))
        return replace(hit, probability=own, others=tuple(map(known, hit.others)))

    return list(map(known, hits))


def _logistic(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-700.0, logit)))
