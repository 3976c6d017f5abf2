"""Measures of rankings, question by question, and how sure their means are."""

from collections.abc import Iterable, Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, Success, nDCG
from numpy.typing import NDArray

from search.evaluation.collection import Span
from search.hits import Hit

__all__ = ["DEEPEST", "MEASURES", "answer_share", "difference", "interval", "per_question"]

MEASURES = {
    "nDCG@10": nDCG @ 10,
    "recall@10": R @ 10,
    "recall@100": R @ 100,
    "success@1": Success @ 1,
    "success@5": Success @ 5,
    "MRR@10": RR @ 10,
}
DEEPEST = 100  # the last rank that any measure looks at

RESAMPLES = 10_000
BATCH = 500  # resamples drawn at once
SEED = 0  # fixed, so that the same answers give the same figures


def per_question(
    qrels: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Query id -> measure -> value, 0..1, by ir-measures, for every query of `rankings`."""
    found = {key: dict.fromkeys(MEASURES, 0.0) for key in rankings}
    run = {key: {item: -rank for rank, item in enumerate(ids[:DEEPEST])} for key, ids in rankings.items()}
    names = {measure: name for name, measure in MEASURES.items()}
    judged = {key: dict(qrels[key]) for key in rankings}
    for value in ir_measures.iter_calc(list(names), judged, run):
        found[value.query_id][names[value.measure]] = float(value.value)
    return found


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of the mean of a measure over questions (percentiles; Efron 1979).

    What other questions of the same kind would have given, not other documents.
    """
    observed = np.asarray(values, float)
    if len(observed) == 0:
        return 0.0, 0.0
    rng = np.random.default_rng(SEED)
    drawn = [
        observed[rng.integers(len(observed), size=(BATCH, len(observed)))].mean(axis=1)
        for _ in range(RESAMPLES // BATCH)
    ]
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return float(low), float(high)


def difference(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """``{"mean", "low", "high", "p"}`` of ours − theirs, for the same questions in the same order.

    low, high  its 95% bootstrap interval
    p          how often a difference as large comes about when each question's two values are swapped at
               random: two-sided, by the paired randomisation test (Smucker, Allan and Carterette 2007)
    """
    gaps: NDArray[np.float64] = np.asarray(ours, float) - np.asarray(theirs, float)
    observed = abs(gaps.mean())
    rng = np.random.default_rng(SEED)
    as_large = 0
    for _ in range(RESAMPLES // BATCH):
        signs = rng.choice([-1.0, 1.0], size=(BATCH, len(gaps)))
        as_large += int(np.count_nonzero(np.abs((signs * gaps).mean(axis=1)) >= observed - 1e-12))
    low, high = interval(gaps.tolist())
    return {"mean": float(gaps.mean()), "low": low, "high": high, "p": (1 + as_large) / (1 + RESAMPLES)}


def answer_share(hits: Iterable[Hit], spans: Iterable[Span]) -> tuple[float, float]:
    """How much of the answer's characters the hits hold, and how much of the hits is answer; 0..1 each."""
    wanted = {(path, at) for path, start, end in spans for at in range(start, end)}
    given = {(hit.path, at) for hit in hits for at in range(hit.start, hit.end)}
    held = len(wanted & given)
    return held / max(1, len(wanted)), held / max(1, len(given))
