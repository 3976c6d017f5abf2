"""How little a search of compressed vectors may look at, and still find what the exact one finds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import log

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.store.certificate import Certificate, Compression
from indexer.store.codes import Codes, Effort

__all__ = ["SAMPLE", "certify", "compression", "exact_scores", "lower_bound", "overlaps"]

Floats = NDArray[np.float32]
Search = Callable[[int, int, Effort], tuple[Floats, Floats]]
Certified = dict[int, tuple[Effort, NDArray[np.float64]]]  # by depth; with what each question found

SAMPLE = 2_000  # questions; half of them count
TARGET = 0.99
ALPHA = 0.05

# Depth -> how many candidates are compared. A hybrid question asks for 100, or for 1,000 where they
# say the same.
CANDIDATES = {10: 100, 100: 400, 1_000: 3_000}
WIDTHS = tuple(2 * 0.97**step for step in range(120))  # from the dearest effort on
SHALLOW, DEEPEST = min(CANDIDATES), max(CANDIDATES)

ROUNDING = 1e-6  # by which two ways of adding up the same cosine may differ


def certify(search: Search, best: Floats) -> Certified:
    """For each depth the cheapest effort that finds what the exact search finds.

    search  question number, depth, effort -> the scores of what is found, best first; and the least width
            that finds each
    best    `(questions, DEEPEST)`: the `exact_scores` of questions that were drawn at random

    The half that is least like any passage counts, for what people ask is farther from all passages than the
    passages' own sentences are. In 100,000, a search of 256 lists found .994 for all sentences, .988 for
    this half, and .985 for sentences of documents that the index didn't hold.

    Efforts are tried from the dearest on, until one fails: each at 95% confidence, and still the chance that
    one that misses the target is taken is 5%, for the first such has to pass (testing in a fixed sequence).
    Only the dearest is searched by: what lies within a smaller width is found by that too, among fewer
    others.
    """
    certified: Certified = {}
    # In their own order, which is random: the bound needs that.
    asked = np.sort(np.argsort(best[:, 0], kind="stable")[: (len(best) + 1) // 2])
    for depth, candidates in CANDIDATES.items():
        found = [search(number, depth, Effort(WIDTHS[0], candidates)) for number in asked.tolist()]
        for width in WIDTHS:
            within = [scores[widths <= width] for scores, widths in found]
            shares = overlaps(within, best[asked], depth)
            if lower_bound(shares) < TARGET:
                break
            certified[depth] = Effort(width, candidates), shares
    return certified


def compression(codes: Codes, number: int, checksum: str, last: int, certified: Certified) -> Compression:
    """The setting that says what was measured."""
    efforts = [(depth, effort.width, effort.candidates) for depth, (effort, _) in certified.items()]
    made = Compression(number, checksum, last, len(codes), efforts)
    if SHALLOW not in certified:
        return replace(made, efforts=())
    _, shares = certified[SHALLOW]
    parameters: dict[str, float] = {}
    for depth, width, candidates in efforts:
        parameters |= {f"width@{depth}": round(width, 3), f"candidates@{depth}": candidates}
    certificate = Certificate(
        kind=f"IVF{codes.lists},RaBitQ",
        parameters=parameters,
        overlap=float(shares.mean()),
        low=lower_bound(shares),
        sample=len(shares),
        target=TARGET,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        passages=len(codes),
    )
    return replace(made, certificate=certificate)


def exact_scores(blocks: Iterable[tuple[NDArray[np.int64], Floats]], questions: Floats) -> Floats:
    """`(questions, DEEPEST)`: the best scores of all vectors of blocks of (ids, vectors), best first."""
    best = np.empty((len(questions), 0), np.float32)
    for _, vectors in blocks:
        scores, _ = faiss.knn(questions, vectors, min(DEEPEST, len(vectors)), faiss.METRIC_INNER_PRODUCT)
        best = -np.sort(-np.hstack([best, scores]), axis=1)[:, :DEEPEST]
    return best


def overlaps(found: Sequence[Floats], best: Floats, depth: int) -> NDArray[np.float64]:
    """`(questions,)`: the share of the `depth` nearest that was found.

    By scores, not ids: of passages that say the same, one is as near as another.
    """
    least = best[:, :depth].min(axis=1) - ROUNDING
    hits = [np.count_nonzero(own[:depth] >= low) for own, low in zip(found, least, strict=True)]
    shares: NDArray[np.float64] = np.array(hits) / min(depth, best.shape[1])
    return shares


def lower_bound(values: NDArray[np.float64], alpha: float = ALPHA) -> float:
    """What a mean on 0..1 exceeds with confidence 1 − alpha, by `(n,)` independent values.

    The bet of Waudby-Smith and Ramdas (2024, "Estimating means of bounded random variables by betting"):
    whoever stakes on values above a mean that is no less than the true one, has 1/alpha of the first stake at
    some time with a chance of no more than alpha. It holds for every n and distribution. Student's interval
    doesn't: most values here are 1 and few are far below.
    """
    low, high = 0.0, float(values.mean())
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if _ruled_out(values, middle, alpha) else (low, middle)
    return low


def _ruled_out(values: NDArray[np.float64], mean: float, alpha: float) -> bool:
    """Whether betting that the values lie above `mean` has won 1/alpha."""
    at = np.arange(1, len(values) + 1)
    means = (0.5 + np.cumsum(values)) / (at + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (at + 1)
    before = np.concatenate([[0.25], variances[:-1]])  # a stake may only know what came earlier
    stakes = np.minimum(np.sqrt(2 * log(1 / alpha) / (len(values) * before)), 0.9 / max(mean, 1e-9))
    return bool(np.cumsum(np.log1p(stakes * (values - mean))).max() >= log(1 / alpha))
