"""How good the answers are: on a collection with judgements, a user's own questions, or neither."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Protocol

from search.asked import Asked
from search.evaluation.collection import Collection, Entry, load_collection
from search.evaluation.known_items import KnownItems, known_items
from search.evaluation.measures import DEEPEST, answer_share, difference, interval, per_question
from search.evaluation.questions import Expected, Questions, load_questions
from search.hits import Hit, Mode
from search.searcher import MAX_K, Searcher

__all__ = [
    "MODES",
    "Collection",
    "Entry",
    "Expected",
    "Judgements",
    "KnownItems",
    "Outcome",
    "Questions",
    "compare",
    "evaluate",
    "known_items",
    "load_collection",
    "load_questions",
    "losses",
    "summary",
]

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
FIRST = 5  # passages that a person reads


class Judgements(Protocol):
    """Questions whose right answers are known."""

    @property
    def name(self) -> str: ...
    @property
    def queries(self) -> dict[str, str]: ...
    @property
    def qrels(self) -> Mapping[str, Mapping[str, int]]:
        """Query id -> item -> relevance, 0 or more."""
        ...

    def asked(self, query_id: str) -> Asked:
        """How a question is asked."""
        ...

    def ranking(self, query_id: str, hits: Sequence[Hit]) -> list[str]:
        """The items that hits stand for, best first, each once."""
        ...

    def expected(self, query_id: str) -> str:
        """The right answers, for a person."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    expected  the right answers, for a person
    rank      of the first right one, from 1; None where it isn't among the first 100
    first     the place of the first hit, for a person; "" where nothing was found
    values    measure -> value, 0..1
    """

    question: str
    expected: str
    rank: int | None
    first: str
    values: dict[str, float]


def evaluate(
    searcher: Searcher, judgements: Judgements, mode: Mode, *, watch: Callable[[], None] | None = None
) -> list[Outcome]:
    """Ask every question in one mode; the outcomes in the order of the questions.

    A document is ranked by its best passage. Where the answers' characters are known (`Collection.spans`),
    also "answer recall@5", the share of them that the first five passages hold, and "answer density@5", the
    share of those passages that is answer. `watch` is called after each question.
    """
    rankings: dict[str, list[str]] = {}
    firsts: dict[str, str] = {}
    shares: dict[str, dict[str, float]] = {}
    spans = judgements.spans if isinstance(judgements, Collection) else {}
    for query_id in judgements.queries:
        # Judgements count every document, so nothing is collapsed.
        hits = searcher.query(judgements.asked(query_id), MAX_K, mode=mode, collapse=False)
        rankings[query_id] = judgements.ranking(query_id, hits)
        firsts[query_id] = hits[0].place if hits else ""
        if query_id in spans:
            recall, density = answer_share(hits[:FIRST], spans[query_id])
            shares[query_id] = {f"answer recall@{FIRST}": recall, f"answer density@{FIRST}": density}
        if watch:
            watch()
    values = per_question(judgements.qrels, rankings)
    return [
        Outcome(
            question,
            judgements.expected(key),
            _rank(judgements.qrels[key], rankings[key]),
            firsts[key],
            values[key] | shares.get(key, {}),
        )
        for key, question in judgements.queries.items()
    ]


def summary(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Measure -> ``{"mean", "low", "high"}``: the mean over the questions and its 95% bootstrap interval."""
    found = {}
    for name in dict.fromkeys(name for outcome in outcomes for name in outcome.values):
        values = [outcome.values[name] for outcome in outcomes if name in outcome.values]
        low, high = interval(values)
        found[name] = {"mean": fmean(values), "low": low, "high": high}
    return found


def compare(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Measure -> ``{"mean", "low", "high", "p"}`` of ours − theirs: see `measures.difference`."""
    pairs = list(zip(ours, theirs, strict=True))
    names = ours[0].values if ours else ()
    return {
        name: difference(
            [each.values[name] for each, other in pairs if name in each.values and name in other.values],
            [other.values[name] for each, other in pairs if name in each.values and name in other.values],
        )
        for name in names
    }


def losses(outcomes: Sequence[Outcome], count: int) -> list[dict[str, Any]]:
    """The `count` worst questions: ``{"question", "expected", "rank", "first"}``, lowest nDCG@10 first."""
    lost = [outcome for outcome in outcomes if outcome.values["nDCG@10"] < 1.0]
    lost.sort(key=lambda at: (at.values["nDCG@10"], -(at.rank or DEEPEST + 1)))
    return [
        {"question": at.question, "expected": at.expected, "rank": at.rank, "first": at.first}
        for at in lost[:count]
    ]


def _rank(relevance: Mapping[str, int], ranking: Sequence[str]) -> int | None:
    ranks = (rank for rank, item in enumerate(ranking[:DEEPEST], 1) if relevance.get(item, 0) > 0)
    return next(ranks, None)
