"""Questions for an index without labels: telling sentences of its own documents, each hidden from it.

A known item is a document that somebody remembers something of. The question is one of its sentences; the
passages that hold the sentence are kept out of the search, so that its words can't find themselves, and the
document must be found by what it says around it (the inverse cloze task: Lee, Chang and Toutanova 2019).
So only documents of two passages or more can be asked for. The figures are not those of people's questions;
how far they rank settings alike is in docs/measurements.md, by `benchmarks/known_items.py`. Rejected, since
they agree less: some words of a sentence or its common ones, with nothing hidden, which words alone find
best; a random sentence; and as what is right only the passages near the hidden one.
"""

import random
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.errors import UsageError
from indexer.store import View, Wording
from search.asked import Asked
from search.hits import Hit
from search.searcher import Searcher

__all__ = ["KnownItems", "known_items"]

# Where a sentence ends: a mark and a space, a Chinese mark, or a blank line.
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])|\n\s*\n")
EVERY = 2**31  # documents: more than an index holds
SHORTEST, LONGEST = 5, 40  # words of a question: fewer tell nothing, more are no sentence


@dataclass(frozen=True, slots=True)
class KnownItems:
    """Known-item questions of one index.

    queries  query id -> the sentence
    paths    query id -> the document it was taken from
    """

    name: str
    queries: dict[str, str]
    paths: dict[str, str]

    @property
    def qrels(self) -> dict[str, dict[str, int]]:
        """Query id -> its document -> 1."""
        return {key: {path: 1} for key, path in self.paths.items()}

    def asked(self, query_id: str) -> Asked:
        """The sentence, to all passages that don't hold it."""
        sentence = self.queries[query_id]
        return Asked(sentence, sentence, excluded=(Wording(sentence),))

    def ranking(self, _query_id: str, hits: Sequence[Hit]) -> list[str]:
        """The documents found, each where its best passage stands."""
        return list(dict.fromkeys(hit.path for hit in hits))

    def expected(self, query_id: str) -> str:
        """The document that the sentence was taken from."""
        return self.paths[query_id]


def known_items(searcher: Searcher, count: int = 200, *, seed: int = 0) -> KnownItems:
    """At most `count` questions, one of each document before a second of any; a seed gives the same ones.

    Raises UsageError where no document has two passages and a sentence to ask.
    """
    rng = random.Random(seed)
    queries: dict[str, str] = {}
    paths: dict[str, str] = {}
    left: dict[int, list[int]] = {}
    with searcher.view() as view:
        documents = [row.id for row in view.documents(0, EVERY) if row.passages > 1]
        rng.shuffle(documents)
        waiting = deque(documents)
        while waiting and len(queries) < count:
            document_id = waiting.popleft()
            if document_id not in left:
                left[document_id] = view.passages_of(document_id).tolist()
                rng.shuffle(left[document_id])
            row = view.passage(left[document_id].pop())
            if (sentence := telling(view, row.text)) is not None:
                key = str(len(queries) + 1)
                queries[key], paths[key] = sentence, row.path
            if left[document_id]:
                waiting.append(document_id)
    if not queries:
        raise UsageError(
            "no document of the index has two passages and a sentence to ask for; "
            "give a file of questions instead"
        )
    return KnownItems("known items", queries, paths)


def telling(view: View, text: str) -> str | None:
    """The sentence of a passage whose words are the rarest, by their mean idf; None where it has none.

    The first and the last may go on in another passage, so they are taken only where there are no others.
    """
    sentences = [" ".join(each.split()) for each in SENTENCE_END.split(text)]
    inner = sentences[1:-1] or sentences
    best = max(inner, key=lambda each: _rarity(view, each), default=None)
    return best if best is not None and _rarity(view, best) > 0 else None


def _rarity(view: View, sentence: str) -> float:
    frequencies, count = view.frequencies(sentence)
    if not SHORTEST <= len(frequencies) <= LONGEST:
        return 0.0
    return float(np.mean(np.log1p((count - frequencies + 0.5) / (frequencies + 0.5))))
