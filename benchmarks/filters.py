"""Filters from one passage to all of an index: what they cost, and whether each finds what brute force finds.

    python benchmarks/filters.py INDEX [--questions 30]

INDEX is best of 100,000 passages or more. Filters are ranges of file sizes that let through about so many
passages. Times are medians in milliseconds of the processor, the question's encoding left out: of making
the filter's set of passages (once a generation), of the vectors alone, of the words alone, of a whole
hybrid question, and of counting facets. Wrong: how many questions differ from NumPy over all vectors that
are let through (best ten cosines), from BM25 of each passage that is (best ten scores), and how many hybrid
ones show something that isn't, or fewer than ten where there are ten.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from indexer.store import View
from search import Searcher
from search.asked import Asked
from search.filters import parsed

K = 10
SHARES = (0.0, 1e-3, 1e-2, 0.1, 0.3, 0.9, 1.0)  # of all documents
BLOCK = 20_000


def main() -> None:
    """A line for each filter."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("index", type=Path)
    words.add_argument("--questions", type=int, default=30)
    asked = words.parse_args()
    searcher = Searcher(asked.index)
    questions = some_questions(searcher, asked.questions)
    vectors = searcher.embed(questions).vectors
    print("| filter | passages | make | vectors | words | hybrid | facets | wrong |")
    print("|---|---|---|---|---|---|---|---|")
    for text in [None, *filters(searcher)]:
        print(line(searcher, text, questions, vectors), flush=True)


def some_questions(searcher: Searcher, count: int) -> list[str]:
    """The first eight words of passages from all over the index."""
    with searcher.view() as view:
        ids = view.ids(None)
        rows = view.passages(ids[np.linspace(0, len(ids) - 1, count).astype(int)])
    found = [" ".join(row.text.split()[:8]) for row in rows]
    return [text for text in found if any(map(str.isalnum, text))]


def filters(searcher: Searcher) -> list[str]:
    """Ranges of sizes around the median one, for the largest files are the longest."""
    with searcher.view() as view:
        sizes = sorted(row.size for row in view.documents(0, -1))
    found = []
    for share in SHARES:
        reach, middle = share * len(sizes) / 2, len(sizes) / 2
        low, high = sizes[int(middle - reach)], sizes[min(len(sizes) - 1, int(middle + reach))]
        found.append(f"size>={low} size<={high}")
    return found


def line(searcher: Searcher, text: str | None, questions: list[str], vectors: NDArray[np.float32]) -> str:
    """What one filter costs and finds."""
    tree = parsed(text)
    plain = [Asked.plain(question) for question in questions]
    for question in plain:
        searcher.query(question, K)  # encoded once, remembered
    with searcher.view() as view:
        view._snapshot.remembered._values.clear()
        made = spent(lambda: view.allowed(tree))
        allowed = view.allowed(tree)
        dense = [spent(lambda at=at: view.dense(at, K, allowed)) for at in vectors]
        lexical = [spent(lambda at=at: view.lexical(at, K, allowed)) for at in questions]
        wrong = [by_vectors(view, vectors, allowed), by_words(view, questions, allowed)]
    hybrid = [spent(lambda at=at: searcher.query(at, K, filter=text, collapse=False)) for at in plain]
    facets = spent(lambda: searcher.facets(text))
    wrong.append(sum(outside(searcher, at, text, allowed) for at in plain))
    times = (made, median(dense), median(lexical), median(hybrid), facets)
    count = "all" if allowed is None else f"{len(allowed):,}"
    return f"| {text or 'none'} | {count} | {' | '.join(f'{at * 1e3:.1f}' for at in times)} | {wrong} |"


def by_vectors(view: View, vectors: NDArray[np.float32], allowed: NDArray[np.int64] | None) -> int:
    """How many questions get other cosines than NumPy finds."""
    ids = view.ids(None) if allowed is None else allowed
    best = np.full((len(vectors), 0), 0.0, np.float32)
    for begin in range(0, len(ids), BLOCK):
        best = np.hstack([best, vectors @ view.vectors(ids[begin : begin + BLOCK]).T])
        best = -np.sort(-best, axis=1)[:, :K]
    found = [view.dense(vector, K, allowed).scores for vector in vectors]
    return sum(not close(one, np.clip(other, -1, 1)) for one, other in zip(found, best, strict=True))


def by_words(view: View, questions: list[str], allowed: NDArray[np.int64] | None) -> int:
    """How many questions get other scores than each passage has by itself."""
    ids = view.ids(None) if allowed is None else allowed
    wrong = 0
    for question in questions[:5]:  # each asks for the scores of all
        blocks = range(0, len(ids), BLOCK)
        scores = [view.lexical_scores(question, ids[begin : begin + BLOCK]) for begin in blocks]
        best = -np.sort(-np.concatenate([*scores, np.zeros(1, np.float32)]))[:K]
        wrong += not close(view.lexical(question, K, allowed).scores, best[best > 0])
    return wrong


def close(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether scores are the same, but for the order in which they were summed."""
    return len(one) == len(other) and np.allclose(one, other, atol=1e-4)


def outside(searcher: Searcher, question: Asked, text: str | None, allowed: NDArray[np.int64] | None) -> bool:
    """Whether a hybrid question shows what isn't let through, or too little."""
    found = [hit.passage_id for hit in searcher.query(question, K, filter=text, collapse=False)]
    if allowed is None:
        return len(found) != K
    return len(found) != min(K, len(allowed)) or not np.isin(found, allowed).all()


def spent(work: Callable[[], object]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
