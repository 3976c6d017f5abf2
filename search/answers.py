"""The sentence that answers a question, with the embedding model alone.

The candidates are the sentences of the first hits. Each is scored by

    trust · (cosine of its own vector + MaxSim)
        + COVERAGE · (share of the question's words that it holds
                      + PREVIOUS · share that only the sentence before it holds)

MaxSim is the mean, over the question's tokens, of the best cosine with any token of the sentence
(Khattab and Zaharia 2020); words weigh by their idf, so names and numbers count more than verbs. `trust`
says how far the encoder can read the question: for a Chinese question to an English model words decide.
The sentence before often names what "it" is. A sentence of a later hit pays `LATER` for each doubling of its
rank.

Measured by `benchmarks/answers.py`; `docs/measurements.md` has the table. Tried and rejected: the shares that
the passage's tokens have in its cosine. They explain the score, but the sentence with the largest one holds
the answer to half of the questions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import TokenVectors
from indexer.sentences import sentence_ends
from search.coverage import coverage
from search.hits import Hit

__all__ = ["PASSAGES", "SENTENCES", "Sentence", "maxsim", "scores", "sentences", "shortlist"]

# Hits whose sentences are candidates, and how many of those are encoded: what bounds the time.
PASSAGES = 5
SENTENCES = 12

# Chosen on samples of cmrc2018-trial and chroma-chunking: from 1 to 2, and from 1/4 to 3/4, the shares of
# right ones move by .02.
COVERAGE, PREVIOUS = 2.0, 0.5
# Not measured: small enough that a clearly better sentence of the fifth hit still wins.
LATER = 0.1

BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One candidate. `start`, `end`: code points of the document. `previous`: the sentence before it."""

    hit: Hit
    start: int
    end: int
    text: str
    previous: str


def sentences(hits: Sequence[Hit]) -> list[Sentence]:
    """The sentences of hits, in order, without white space at their ends.

    A blank line and the next item of a list end one too. Marks alone are none, nor is a heading: it asks
    what the text under it answers.
    """
    found = []
    for hit, stops in zip(hits, sentence_ends([hit.text for hit in hits]), strict=True):
        begin, previous = 0, ""
        for end in sorted({*stops, *(match.end() for match in BREAK.finditer(hit.text))}):
            text = hit.text[begin:end]
            start = hit.start + begin + len(text) - len(text.lstrip())
            text, begin = text.strip(), end
            if any(character.isalnum() for character in text) and text.strip("# ") not in hit.heading:
                found.append(Sentence(hit, start, start + len(text), text, previous))
                previous = text
    return found


def maxsim(question: TokenVectors, text: TokenVectors) -> float:
    """The mean over the question's tokens of the best cosine with a token of the text, -1..1; special
    tokens take no part. 0 where either has no others."""
    ours, theirs = _unit(question), _unit(text)
    if not len(ours) or not len(theirs):
        return 0.0
    return float((ours @ theirs.T).max(axis=1).mean())


def shortlist(found: Sequence[Sentence], idf: Mapping[str, float]) -> list[Sentence]:
    """The at most `SENTENCES` candidates worth encoding, in their order, by rank and by words."""
    if len(found) <= SENTENCES:
        return list(found)
    kept = np.sort(np.argsort(-_by_words(found, idf), kind="stable")[:SENTENCES])
    return [found[at] for at in kept.tolist()]


def scores(
    found: Sequence[Sentence],
    idf: Mapping[str, float],
    question: TokenVectors | None,
    tokens: Sequence[TokenVectors],
    trust: float,
) -> NDArray[np.float64]:
    """`(n,)` float64 scores of n candidates, higher is better.

    idf       word of the question -> its weight, 0 or more
    question  its tokens in context, and `tokens` those of each candidate; None where the encoder has none,
              and only the words count
    trust     0..1, what the encoder's part counts
    """
    result = _by_words(found, idf)
    if question is not None:
        vector = question.text_vector
        dense = [float(at.text_vector @ vector) + maxsim(question, at) for at in tokens]
        result += trust * np.array(dense)
    return result


def _by_words(found: Sequence[Sentence], idf: Mapping[str, float]) -> NDArray[np.float64]:
    own = np.array([coverage(at.text, idf) for at in found])
    both = np.array([coverage(f"{at.previous} {at.text}", idf) for at in found])
    ranks = np.array([at.hit.rank for at in found], np.float64)
    result: NDArray[np.float64] = COVERAGE * (own + PREVIOUS * (both - own)) - LATER * np.log2(ranks)
    return result


def _unit(tokens: TokenVectors) -> NDArray[np.float32]:
    own = tokens.vectors[~tokens.special]
    rows: NDArray[np.float32] = own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    return rows
