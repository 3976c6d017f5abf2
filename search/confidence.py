"""How probable it is that a hit is relevant, from how far it stands out.

A fused score counts deviations over the whole corpus, so its size means much the same everywhere; what
differs is how well the runners-up of a question do. So a hit is held against the tenth of its own
question:

    margin      = score − score of the tenth hit
    probability = margin^POWER / (margin^POWER + EVEN^POWER)

It takes for granted that half of the questions have nothing in the documents, which is how it was fitted:
logistic regression on the logarithm of the margin of the first hit, each question of five collections
(SciFact, Cranfield, CMRC 2018, chroma-chunking, the documents of data/) asked once as it is and once with
what is relevant left out. Fitted on four and tried on the fifth, it is off by .08 to .23 (expected
calibration error): it tells well which hits to trust more, and roughly how much.
`benchmarks/calibration.py` measures it, `docs/measurements.md` has the table.

Tried and rejected. More features (cosine in deviations, the share of the question's words that a hit
holds, the margin over the second, the length of the question): off by .14 to .18 on average instead of
.16, in the same order of trust. Fitting location and scale
on the index itself, by questions made from its sentences (whole, half of the words dropped, or asked of
their neighbours) with the passage or the document hidden: off by .16 to .19. So nothing is stored with the
index, and nothing goes stale.
"""

from collections.abc import Sequence
from dataclasses import replace

from search.hits import Hit

__all__ = ["RUNNER_UP", "SENTENCE", "probability", "with_probabilities"]

RUNNER_UP = 10  # the rank that a hit is held against

# Fitted: 1.50 and 6.7. The margin, in deviations, at which a hit is as often relevant as not.
POWER, EVEN = 1.5, 7.0

# How often the sentence shown is right where its passage is: .82 and .79 on two collections.
SENTENCE = 0.8


def probability(margin: float) -> float:
    """That a hit is relevant, 0..1, by how many deviations it stands above the tenth one.

    >>> [round(probability(margin), 2) for margin in (-1.0, 0.0, 2.0, 7.0, 14.0)]
    [0.0, 0.0, 0.13, 0.5, 0.74]
    """
    ratio: float = max(0.0, margin / EVEN) ** POWER
    return ratio / (1.0 + ratio)


def with_probabilities(hits: Sequence[Hit]) -> list[Hit]:
    """The fused hits of one question, best first and none collapsed, with their probabilities.

    Where there are fewer than `RUNNER_UP`, nothing says what stands out, and they stay as they are.
    """
    if len(hits) < RUNNER_UP:
        return list(hits)
    runner_up = hits[RUNNER_UP - 1].score
    return [replace(hit, probability=probability(hit.score - runner_up)) for hit in hits]
