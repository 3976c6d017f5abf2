"""How much of a question a text holds, in words: rare ones count more than common ones."""

from collections.abc import Mapping

from indexer.store import View
from indexer.store.analysis import words_of
from search.fusion import idf

__all__ = ["coverage", "word_weights"]


def word_weights(view: View, question: str) -> dict[str, float]:
    """Each distinct word of a question -> its idf, above 0: what BM25 counts it."""
    return dict(zip(words_of(question), idf(*view.frequencies(question)).tolist(), strict=True))


def coverage(text: str, weights: Mapping[str, float]) -> float:
    """The share of the question's words, 0..1, that a text holds, each weighed by its idf.

    >>> coverage("Two cats sleep.", {"cat": 3.0, "dog": 1.0})
    0.75
    """
    total = sum(weights.values())
    held = set(words_of(text))
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0
