"""What each ingredient of the hybrid ranking gains on a collection, and what it costs a question.

    python benchmarks/ablation.py ../shared/collections/scifact ../shared/collections/cranfield

Prints, for each collection, nDCG@10 (a document by its best passage) of each arm, of their fused scores, of
the fused scores with one ingredient more, and of all ingredients but one; where the answers' characters are
known also the share of them in the first five passages; and the median CPU ms of each step. The last line is
what `Searcher.query` answers, so that the steps here can't drift from those of the product.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

import ir_measures
import numpy as np
from ir_measures import nDCG
from numpy.typing import NDArray

from indexer import index_documents
from indexer.encoder import DEFAULT_MODEL, Encoder, load_encoder
from indexer.store import Reader, View
from search import Searcher
from search.emphasis import by_idf, words_at
from search.evaluation import Collection, load_collection
from search.evaluation.measures import answer_share
from search.feedback import FIRST, towards
from search.fusion import fuse, lexical_deviation
from search.ranking import DEPTH
from search.reading import known_share
from search.surroundings import NEAREST, around
from ui.cli.evaluation import as_documents

Scores = dict[str, float]  # document -> score of its best passage


class Steps:
    """One question in one view, step by step; `spent` collects the CPU seconds of each step."""

    def __init__(
        self,
        view: View,
        encoder: Encoder,
        question: str,
        spent: dict[str, list[float]],
        allowed: NDArray[np.int64] | None = None,
    ) -> None:
        self.view, self.question, self.spent, self.allowed = view, question, spent, allowed
        with self.timed("encode"):
            self.tokens = encoder.question_tokens(question)
            self.plain = self.tokens.text_vector
            spans, ids = encoder.tokens.offsets([question])[0], encoder.tokens.content_ids(question)
            self.trust = known_share(question, spans, ids, encoder.tokens.unknown)
        with self.timed("dense"):
            dense = view.dense(self.plain, DEPTH, allowed)
        with self.timed("lexical"):
            lexical = view.lexical(question, DEPTH, allowed)
        with self.timed("score by both arms"):
            self.ids = np.union1d(dense.ids, lexical.ids)
            self.vectors = view.vectors(self.ids)
            self.words = view.lexical_scores(question, self.ids)
            self.deviation = lexical_deviation(*view.frequencies(question))

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.spent[step].append(time.process_time() - began)

    def fused(
        self, vector: NDArray[np.float32], trust: float, words: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        """`(n,)` fused scores of the candidates for a question's `(dim,)` vector, as in `search.ranking`."""
        mean, deviation = self.view.moments.of_scores(vector)
        return fuse(
            self.vectors @ vector,
            self.words if words is None else words,
            dense_mean=mean,
            dense_deviation=deviation,
            lexical_deviation=self.deviation,
            trust=trust,
        )

    def with_feedback(
        self, vector: NDArray[np.float32], words: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        scores = self.fused(vector, self.trust, words)
        with self.timed("feedback"):
            first = np.argsort(-scores, kind="stable")[:FIRST]
            return self.fused(towards(vector, self.vectors[first], scores[first]), self.trust, words)

    def with_neighbours(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        scores, words = self.fused(vector, self.trust), self.words.copy()
        with self.timed("neighbours' words"):
            nearest = np.argsort(-scores, kind="stable")[:NEAREST]
            words[nearest] = around(self.view, self.question, self.ids[nearest], self.allowed)
        return words

    def weighted(self) -> NDArray[np.float32]:
        with self.timed("tokens by idf"):
            return by_idf(self.tokens, *self.view.rarest(words_at(self.tokens, self.question)))


SETTINGS: dict[str, Callable[[Steps], NDArray[np.floating]]] = {
    "dense": lambda at: at.vectors @ at.plain,
    "lexical": lambda at: at.words,
    "fused, each arm trusted": lambda at: at.fused(at.plain, 1.0),
    "fused": lambda at: at.fused(at.plain, at.trust),
    "fused, tokens by idf": lambda at: at.fused(at.weighted(), at.trust),
    "fused, neighbours' words": lambda at: at.fused(at.plain, at.trust, at.with_neighbours(at.plain)),
    "fused, feedback": lambda at: at.with_feedback(at.plain),
    "without tokens by idf": lambda at: at.with_feedback(at.plain, at.with_neighbours(at.plain)),
    "without neighbours' words": lambda at: at.with_feedback(at.weighted()),
    "without feedback": lambda at: at.fused(at.weighted(), at.trust, at.with_neighbours(at.weighted())),
}


def main() -> None:
    """Index each collection that isn't there yet, and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", nargs="+", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--whole", action="store_true", help="one passage a document")
    parser.add_argument("--index", type=Path, help="a folder to keep the indexes in, or take them from")
    given = parser.parse_args()
    encoder = load_encoder(given.model)
    with TemporaryDirectory() as temporary:
        for folder in given.collections:
            collection = load_collection(folder)
            index = (given.index or Path(temporary)) / f"{collection.name}{'-whole' * given.whole}"
            if not index.exists():
                index_documents(as_documents(collection), index=index, whole=given.whole, encoder=encoder)
            measure(collection, index, encoder)


def measure(collection: Collection, index: Path, encoder: Encoder) -> None:
    """Print the tables of one collection."""
    runs: dict[str, dict[str, Scores]] = defaultdict(dict)
    shares: dict[str, list[float]] = defaultdict(list)
    spent: dict[str, list[float]] = defaultdict(list)
    reader, searcher = Reader(index), Searcher(index, encoder=encoder)
    for key, question in collection.queries.items():
        with reader.view() as view:
            at = Steps(view, encoder, question, spent)
            rows = view.passages(at.ids)
            for name, scored in SETTINGS.items():
                scores = scored(at)
                runs[name][key] = best_of([row.path for row in rows], scores)
                best = [rows[place] for place in np.argsort(-scores, kind="stable")[:5]]
                shares[name].append(answer_share(best, collection.spans.get(key, ()))[0])
        hits = searcher.query(collection.asked(key), DEPTH, collapse=False)
        name = "all: Searcher.query"
        runs[name][key] = best_of([hit.path for hit in hits], np.array([hit.score for hit in hits]))
        shares[name].append(answer_share(hits[:5], collection.spans.get(key, ()))[0])
    print(f"\n{collection.name}: {len(collection.queries)} questions")
    for name, run in runs.items():
        judged = {key: collection.qrels[key] for key in run}
        found = ir_measures.calc_aggregate([nDCG @ 10], judged, run)[nDCG @ 10]
        share = f"  answer recall@5 {fmean(shares[name]):.4f}" if collection.spans else ""
        print(f"  {name:32} {found:.4f}{share}")
    print("  median CPU ms: " + ", ".join(f"{step} {1e3 * median(own):.2f}" for step, own in spent.items()))
    searcher.close()
    reader.close()


def best_of(paths: list[str], scores: NDArray[np.floating]) -> Scores:
    """Each document by its best passage."""
    best: Scores = {}
    for path, score in zip(paths, scores.tolist(), strict=True):
        best[path] = max(score, best.get(path, score))
    return best


if __name__ == "__main__":
    main()
