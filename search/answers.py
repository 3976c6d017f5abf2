"""The sentence that answers a question, with the embedding model alone; two where the next is nearly as good.

The candidates are the sentences of the first hits. Each is scored by

    share of the question's words that it holds + BEFORE · share that only sentences before it hold
        + CONTEXT · trust · MaxSim − LATER · log₂(rank of its hit)

Words weigh by their idf, so names and numbers count more than verbs; those of the sentence before, which
often names what "it" is, count BEFORE, those of the one before that FADING times as much, and so on. MaxSim
is the mean, over the question's tokens, of the best cosine with any token of the sentence (Khattab and
Zaharia 2020), read in its passage, where "it" takes up what it stands for. `trust` says how far the encoder
can read the question: for a Chinese question to an English model words decide. A question is seldom an
answer, so it pays ASKS.

`benchmarks/answers.py` measures it; `docs/measurements.md` has the table. Tried and rejected: sentences
encoded by themselves, by MaxSim or by their vectors (fewer are right); words weighed by how few of the
candidates hold them (as good); what kind of thing is asked for, a number, a name, a time, a place, a
reason, and whether the sentence holds one (no gain); its length (Chinese loses); the shares that the
passage's tokens have in its cosine, which explain the score, but answer half of the questions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import TokenVectors
from indexer.sentences import sentence_ends
from indexer.store.analysis import words_of
from search.hits import Hit

__all__ = ["PASSAGES", "Sentence", "maxsim", "part", "scores", "sentences", "stretch"]

# Hits whose sentences are candidates; they are encoded, so they bound the time. Of five no more are right.
PASSAGES = 3

# Chosen on samples of three collections: with half or twice as much each, the mean share of right ones is the
# same or up to .02 less.
BEFORE, FADING, CONTEXT = 0.5, 0.7, 2.0
ASKS = 0.3
# Small enough that a clearly better sentence of the third hit still wins; with none fewer are right.
LATER = 0.05
# Two sentences are shown where the second scores at most so much less: what says the question's words often
# comes before what answers it. With .25, which shows two half as often, .02 to .05 fewer are right; with
# whatever stands beside the best, .01 to .05 more.
CLOSE = 0.5

BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One candidate. `start`, `end`: code points of the document."""

    hit: Hit
    start: int
    end: int
    text: str


def sentences(hits: Sequence[Hit]) -> list[Sentence]:
    """The sentences of hits, in order, without white space at their ends.

    A blank line and the next item of a list end one too. Marks alone are none, nor is a heading: it asks
    what the text under it answers.
    """
    found = []
    for hit, stops in zip(hits, sentence_ends([hit.text for hit in hits]), strict=True):
        begin = 0
        for end in sorted({*stops, *(match.end() for match in BREAK.finditer(hit.text))}):
            text = hit.text[begin:end]
            start = hit.start + begin + len(text) - len(text.lstrip())
            text, begin = text.strip(), end
            if any(character.isalnum() for character in text) and text.strip("# ") not in hit.heading:
                found.append(Sentence(hit, start, start + len(text), text))
    return found


def part(tokens: TokenVectors, start: int, end: int) -> TokenVectors:
    """The tokens of a text that lie within code points `start` to `end` of it, in its context."""
    within = ~tokens.special & (tokens.offsets[:, 0] >= start) & (tokens.offsets[:, 1] <= end)
    return replace(
        tokens,
        ids=tokens.ids[within],
        pieces=tuple(np.array(tokens.pieces, object)[within]),
        offsets=tokens.offsets[within],
        special=tokens.special[within],
        vectors=tokens.vectors[within],
    )


def maxsim(question: TokenVectors, text: TokenVectors) -> float:
    """The mean over the question's tokens of the best cosine with a token of the text, -1..1; special
    tokens take no part. 0 where either has no others."""
    ours, theirs = _unit(question), _unit(text)
    if not len(ours) or not len(theirs):
        return 0.0
    return float((ours @ theirs.T).max(axis=1).mean())


def scores(
    found: Sequence[Sentence],
    weights: Mapping[str, float],
    question: TokenVectors | None,
    tokens: Sequence[TokenVectors],
    trust: float,
) -> NDArray[np.float64]:
    """`(n,)` float64 scores of n candidates, higher is better.

    weights   word of the question -> its idf, 0 or more
    question  its tokens in context, and `tokens` those of each candidate; None where the encoder has none,
              and only the words count
    trust     0..1, what the encoder's part counts
    """
    result = _by_words(found, weights)
    result -= LATER * np.log2([at.hit.rank for at in found])
    result -= ASKS * np.array([at.text.endswith(("?", "？")) for at in found])
    if question is not None:
        result += CONTEXT * trust * np.array([maxsim(question, at) for at in tokens])
    return result


def stretch(found: Sequence[Sentence], scored: NDArray[np.float64]) -> tuple[Hit, int, int]:
    """The hit, and the code points of the document from where to where it answers: the best sentence, with
    the better one of those beside it where that scores nearly as much."""
    best = int(np.argmax(scored))
    beside = [
        at
        for at in (best - 1, best + 1)
        if 0 <= at < len(found)
        and scored[at] >= scored[best] - CLOSE
        and _adjacent(found[min(at, best)], found[max(at, best)])
    ]
    both = [found[best], *(found[at] for at in sorted(beside, key=lambda at: -scored[at])[:1])]
    return found[best].hit, min(at.start for at in both), max(at.end for at in both)


def _adjacent(one: Sentence, next_one: Sentence) -> bool:
    between = one.hit.text[one.end - one.hit.start : next_one.start - one.hit.start]
    return one.hit.passage_id == next_one.hit.passage_id and not between.strip()


def _by_words(found: Sequence[Sentence], weights: Mapping[str, float]) -> NDArray[np.float64]:
    idf = np.array(list(weights.values()))
    if not idf.sum():
        return np.zeros(len(found))
    shares, before, passage = [], np.zeros(len(idf)), None
    for at in found:
        if at.hit.passage_id != passage:
            before, passage = np.zeros(len(idf)), at.hit.passage_id
        words = set(words_of(at.text))
        own = np.array([word in words for word in weights], float)
        shares.append(idf @ np.maximum(own, BEFORE * before) / idf.sum())
        before = np.maximum(own, FADING * before)
    return np.array(shares)


def _unit(tokens: TokenVectors) -> NDArray[np.float32]:
    own = tokens.vectors[~tokens.special]
    rows: NDArray[np.float32] = own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    return rows
