"""Do questions made from a corpus rank settings as labelled questions do?

    python benchmarks/known_items.py ../shared/collections/scifact ../shared/collections/cranfield

The ten settings of `benchmarks/ablation.py`, ranked by the nDCG@10 of known items (`bertrieve eval
--known-item`) and by that of labelled questions, at most 300; where the answers' characters are known, by the
share of them in the first five passages instead. Prints both, Kendall's tau-b between the two rankings with
its 95% bootstrap interval over both kinds of questions, and what is to be had: the mean tau between two
halves of the labelled questions.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ablation import SETTINGS, Steps, best_of
from numpy.typing import NDArray
from scipy.stats import kendalltau

from indexer import index_documents
from indexer.encoder import DEFAULT_MODEL, Encoder, load_encoder
from indexer.store import PassageRow, Reader
from search import Searcher
from search.evaluation import Collection, Judgements, known_items, load_collection
from search.evaluation.measures import answer_share, per_question
from ui.cli.evaluation import as_documents

QUESTIONS = 300
RESAMPLES = 1_000

# Query id, the candidates and their scores by one setting -> 0..1.
Measure = Callable[[str, list[PassageRow], NDArray[np.floating]], float]


def main() -> None:
    """Index each collection that isn't there yet, and compare its two rankings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", nargs="+", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--index", type=Path, help="a folder to keep the indexes in, or take them from")
    given = parser.parse_args()
    encoder = load_encoder(given.model)
    with TemporaryDirectory() as temporary:
        for folder in given.collections:
            collection = load_collection(folder)
            index = (given.index or Path(temporary)) / collection.name
            if not index.exists():
                index_documents(as_documents(collection), index=index, encoder=encoder)
            compare(collection, index, encoder)


def compare(collection: Collection, index: Path, encoder: Encoder) -> None:
    """Print the two rankings of one collection, and how far they agree."""
    searcher = Searcher(index, encoder=encoder)
    items = known_items(searcher)
    searcher.close()
    made = asked(items, index, encoder, ndcg(items))
    labelled = asked(collection, index, encoder, found(collection) if collection.spans else ndcg(collection))
    print(f"\n{collection.name}: {made.shape[1]} known items, {labelled.shape[1]} labelled questions")
    for name, ours, theirs in zip(SETTINGS, made.mean(1), labelled.mean(1), strict=True):
        print(f"  {name:32} {ours:.4f} {theirs:.4f}")
    rng = np.random.default_rng(0)
    drawn = [tau(*(resampled(rng, at) for at in (made, labelled))) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    between = np.nanmean([*halves(rng, labelled)])
    print(f"  tau {tau(made, labelled):.2f} ({low:.2f} to {high:.2f}), halves {between:.2f}")


def asked(judgements: Judgements, index: Path, encoder: Encoder, measure: Measure) -> NDArray[np.float64]:
    """`(settings, questions)`: the measure of each."""
    values: list[list[float]] = [[] for _ in SETTINGS]
    reader = Reader(index)
    for key in list(judgements.queries)[:QUESTIONS]:
        question = judgements.asked(key)
        with reader.view() as view:
            allowed = view.allowed(None, question.required, question.excluded)
            at = Steps(view, encoder, question.words, defaultdict(list), allowed)
            rows = view.passages(at.ids)
            for own, scored in zip(values, SETTINGS.values(), strict=True):
                own.append(measure(key, rows, scored(at)))
    reader.close()
    return np.array(values)


def ndcg(judgements: Judgements) -> Measure:
    """nDCG@10 of documents."""

    def measure(key: str, rows: list[PassageRow], scores: NDArray[np.floating]) -> float:
        best = best_of([row.path for row in rows], scores)
        ranking = sorted(best, key=best.__getitem__, reverse=True)
        return per_question({key: judgements.qrels[key]}, {key: ranking})[key]["nDCG@10"]

    return measure


def found(collection: Collection) -> Measure:
    """The share of the answer's characters in the first five passages."""

    def measure(key: str, rows: list[PassageRow], scores: NDArray[np.floating]) -> float:
        first = [rows[place] for place in np.argsort(-scores, kind="stable")[:5]]
        return answer_share(first, collection.spans.get(key, ()))[0]

    return measure


def tau(made: NDArray[np.float64], labelled: NDArray[np.float64]) -> float:
    """Kendall's tau-b of the settings' means, -1..1."""
    return float(kendalltau(made.mean(1), labelled.mean(1)).statistic)


def resampled(rng: np.random.Generator, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """As many questions, drawn with replacement."""
    return values[:, rng.integers(values.shape[1], size=values.shape[1])]


def halves(rng: np.random.Generator, values: NDArray[np.float64]) -> Iterator[float]:
    """The tau between two halves of the questions, drawn again and again."""
    for _ in range(RESAMPLES):
        order = rng.permutation(values.shape[1])
        yield tau(values[:, order[::2]], values[:, order[1::2]])


if __name__ == "__main__":
    main()
