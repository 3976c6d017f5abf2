"""How far the probability of the first hit can be trusted, on collections with judgements.

    python benchmarks/calibration.py ../shared/collections/scifact ../shared/collections/cmrc2018-trial

Each collection is indexed with the default model. Every question (`--questions` of them, at random) is asked
twice: as it is, and with the passages of its relevant documents left out, so that half of the time nothing in
the index answers. Where the answers' characters are known and the documents are few, relevant is a passage
that holds some of them. Printed are

    ECE   the expected calibration error: ten bins of as many first hits each, the mean difference between the
          mean probability and the share of relevant ones. A perfect one has some .04 with 600 askings.
    AURC  the area under the risk-coverage curve: the mean, over all shares of the questions that could be
          answered, of the share of wrong ones among those trusted most. Lower is better.
    bins  mean probability, and share of relevant ones
"""

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer import index_documents
from indexer.documents import Document
from indexer.documents.text import paragraphs
from indexer.encoder import Encoder, load_encoder, load_question_encoder
from indexer.store import PassageRow
from search import Searcher
from search.confidence import RUNNER_UP, with_probabilities
from search.evaluation import Collection, load_collection
from search.hits import Hit
from search.ranking import rank

BINS = 10
FEW = 10  # documents: then a document is no answer


def main() -> None:
    """Parse the arguments, index, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=300)
    given = parser.parse_args()
    encoder = load_encoder()
    for folder in given.collections:
        show(*ask(load_collection(folder), encoder, given.questions))


def ask(
    collection: Collection, encoder: Encoder, count: int
) -> tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The collection's name, and of each asking the first hit's probability, its cosine and its relevance."""
    asked = random.Random(0).sample(sorted(collection.queries), min(count, len(collection.queries)))
    rows = []
    with tempfile.TemporaryDirectory() as index, tempfile.TemporaryDirectory() as files:
        documents = [
            (entry.id, Document(entry.text, tuple(paragraphs(entry.text)), title=entry.title.strip()))
            for entry in collection.entries
        ]
        index_documents(documents, index=index, encoder=encoder)
        encoder.export(Path(files), ["what is mean pooling?"])
        questions = load_question_encoder(Path(files), encoder.identity)
        searcher = Searcher(index, encoder=questions)
        passages = [row for document in searcher.documents() for row in searcher.passages_of(document.id)]
        by_id = {row.id: row for row in passages}
        every = np.array(sorted(by_id), np.int64)
        by_path = defaultdict(list)
        for row in passages:
            by_path[row.path].append(row)
        with searcher.view() as view:
            for key in asked:
                relevant = relevant_passages(collection, key, by_path)
                text = collection.queries[key]
                encoded = searcher._encoder.question(text)
                for allowed in (None, np.setdiff1d(every, relevant)):
                    found, cosines, _ = rank(view, text, encoded, "hybrid", RUNNER_UP, allowed)
                    if len(found.ids) == RUNNER_UP:
                        hits = [
                            Hit.of(by_id[at], rank=place, score=score, dense=cosine)
                            for place, (at, score, cosine) in enumerate(
                                zip(found.ids.tolist(), found.scores.tolist(), cosines.tolist(), strict=True),
                                1,
                            )
                        ]
                        first = with_probabilities(view, text, encoded, hits, found.scores)[0]
                        rows.append((first.probability, cosines[0], found.ids[0] in relevant))
    table = np.array(rows, np.float64)
    return collection.name, table[:, 0], table[:, 1], table[:, 2]


def relevant_passages(
    collection: Collection, key: str, by_path: Mapping[str, list[PassageRow]]
) -> NDArray[np.int64]:
    """The ids of the passages that a question should find, ascending."""
    if key in collection.spans and len(collection.entries) <= FEW:
        ids = {
            row.id
            for path, start, end in collection.spans[key]
            for row in by_path[path]
            if min(end, row.end) > max(start, row.start)
        }
    else:
        ids = {row.id for at, value in collection.qrels[key].items() if value > 0 for row in by_path[at]}
    return np.array(sorted(ids), np.int64)


def show(
    name: str, sure: NDArray[np.float64], cosine: NDArray[np.float64], right: NDArray[np.float64]
) -> None:
    """Print one collection's figures."""
    bins = np.array_split(np.argsort(sure, kind="stable"), BINS)
    error = sum(len(at) / len(sure) * abs(sure[at].mean() - right[at].mean()) for at in bins)
    print(f"{name}: {len(sure)} askings, first hit relevant {right.mean():.3f}, mean p {sure.mean():.3f}")
    print(f"  ECE {error:.3f}  AURC {risk(sure, right):.3f}, by cosine {risk(cosine, right):.3f}")
    print("  bins " + "  ".join(f"{sure[at].mean():.2f} {right[at].mean():.2f}" for at in bins), flush=True)


def risk(sure: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """The area under the risk-coverage curve, 0..1."""
    wrong = 1.0 - right[np.argsort(-sure, kind="stable")]
    return float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))


if __name__ == "__main__":
    main()
