"""How far the probability of a hit can be trusted on collections it wasn't fitted on, and its fit.

    python benchmarks/calibration.py ../shared/collections/scifact ../shared/collections/cranfield data

Each collection (in BEIR layout, or a folder with `documents/` and `questions.jsonl`) is indexed with the
default model; `--at FOLDER` keeps the indexes for the next time. Asked are its own questions, at most
`--questions`, each as it is and with the passages that answer it left out; 20 of each other collection; and
those of daily life in `everyday.txt`. Where the answers' characters are known and the documents are few,
relevant is a passage that holds some of them. The first table is of constants fitted on the others,
the second of those of `search.confidence`, which have seen them all; then come those that all would give.

    ECE      the expected calibration error of the first hit of own questions: ten bins of as many askings,
             the mean difference between the mean probability and the share of relevant ones
    floor    the ECE of a perfect one with as many askings
    ten      the ECE of the first ten hits
    AURC     the area under the risk-coverage curve: the mean, over all shares of the askings that could be
             answered, of the share of wrong ones among those trusted most. Lower is better
    lost     of the first hits that are right, the share told unlikely
    refused  of the askings that nothing answers, the share told so
    pooled   the ECE of all collections together
"""

import argparse
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from indexer import index_documents, index_folder
from indexer.encoder import Encoder, QuestionEncoding, load_encoder, load_question_encoder
from indexer.store import PassageRow
from search import Searcher
from search.confidence import OTHERWISE, RUNNER_UP, Evidence, evidence, probability
from search.evaluation import Collection, load_collection, load_questions
from search.hits import POSSIBLE, Hit
from search.ranking import rank
from ui.cli.evaluation import as_documents

BINS = 10
FEW = 10  # documents: then a document is no answer
OTHERS = 20  # questions of each other collection
OWN, LEFT_OUT, ELSEWHERE, EVERYDAY = range(4)

Floats = NDArray[np.float64]
Relevant = Callable[[Sequence[PassageRow]], dict[str, NDArray[np.int64]]]


@dataclass(frozen=True)
class Asked:
    """n askings of one collection: `kind` `(n,)`; `evidence` `(n, 10, 3)` of their first ten hits, and which
    are `right`, `(n, 10)`; `cosine` `(n,)` of the first; CPU seconds that the evidence took, each."""

    name: str
    kind: NDArray[np.int64]
    evidence: Floats
    right: Floats
    cosine: Floats
    seconds: float

    def of(self, *kinds: int) -> NDArray[np.bool_]:
        """`(n,)`: which askings are of these kinds."""
        return np.isin(self.kind, kinds)


@dataclass(frozen=True)
class Source:
    """A collection: how it is indexed, its questions, and which passages answer each."""

    name: str
    questions: dict[str, str]
    index: Callable[[Path, Encoder], object]
    relevant: Relevant

    def at(self, place: Path, encoder: Encoder) -> Path:
        """Its index, made where it isn't there yet."""
        path = place / self.name
        if not path.exists():
            self.index(path, encoder)
        return path


def main() -> None:
    """Parse the arguments, index, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=180)
    parser.add_argument("--at", type=Path)
    given = parser.parse_args()
    sources = [source(folder) for folder in given.collections]
    everyday = (Path(__file__).parent / "everyday.txt").read_text(encoding="utf-8").splitlines()
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as scratch:
        questions = for_questions(encoder, Path(scratch))
        every = []
        for each in sources:
            others = [other for other in sources if other is not each]
            searcher = Searcher(each.at(given.at or Path(scratch), encoder), encoder=questions)
            every.append(ask(each, others, everyday, searcher, given.questions))
    report(every)


def for_questions(encoder: Encoder, place: Path) -> QuestionEncoding:
    """The encoder that questions to an index get: exported, with 8-bit weights."""
    exported = place / "encoder"
    exported.mkdir()
    encoder.export(exported, ["what is mean pooling?"])
    return load_question_encoder(exported, encoder.identity)


def source(folder: Path) -> Source:
    """A folder in BEIR layout, or one with `documents/` and `questions.jsonl`."""
    if (folder / "questions.jsonl").exists():
        own = load_questions(folder / "questions.jsonl")

        def met(passages: Sequence[PassageRow]) -> dict[str, NDArray[np.int64]]:
            hits = [Hit.of(row, rank=1, score=0.0) for row in passages]
            return {
                key: np.array(
                    [hit.passage_id for hit in hits if any(at.met_by(hit) for at in wanted)], np.int64
                )
                for key, wanted in own.wanted.items()
            }

        documents = folder / "documents"
        return Source(
            folder.resolve().name,
            own.queries,
            lambda at, by: index_folder(documents, index=at, encoder=by),
            met,
        )
    collection = load_collection(folder)

    def relevant(passages: Sequence[PassageRow]) -> dict[str, NDArray[np.int64]]:
        by_path = defaultdict(list)
        for row in passages:
            by_path[row.path].append(row)
        return {key: relevant_passages(collection, key, by_path) for key in collection.queries}

    return Source(
        collection.name,
        collection.queries,
        lambda at, by: index_documents(as_documents(collection), index=at, encoder=by),
        relevant,
    )


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


def ask(
    own: Source, others: Sequence[Source], everyday: Sequence[str], searcher: Searcher, count: int
) -> Asked:
    """All askings of one collection."""
    passages = [row for document in searcher.documents() for row in searcher.passages_of(document.id)]
    by_id = {row.id: row for row in passages}
    every = np.array(sorted(by_id), np.int64)
    relevant = own.relevant(passages)
    nothing = np.empty(0, np.int64)
    keys = sorted(key for key in own.questions if len(relevant[key]))
    askings = []
    for key in random.Random(0).sample(keys, min(count, len(keys))):
        askings.append((OWN, own.questions[key], relevant[key], None))
        askings.append((LEFT_OUT, own.questions[key], relevant[key], np.setdiff1d(every, relevant[key])))
    for other in others:
        texts = sorted(other.questions.values())
        some = random.Random(7).sample(texts, min(OTHERS, len(texts)))
        askings += [(ELSEWHERE, text, nothing, None) for text in some]
    askings += [(EVERYDAY, text, nothing, None) for text in everyday]
    rows, spent = [], 0.0
    with searcher.view() as view:
        for kind, text, wanted, allowed in askings:
            encoded = searcher._encoder.question(text)
            found, cosines, _ = rank(view, text, encoded, "hybrid", RUNNER_UP, allowed)
            if len(found.ids) < RUNNER_UP:
                continue
            ids = found.ids[:RUNNER_UP]
            scored = zip(ids.tolist(), found.scores.tolist(), cosines.tolist(), strict=False)
            hits = [Hit.of(by_id[at], rank=0, score=score, dense=cosine) for at, score, cosine in scored]
            begun = time.process_time()
            known = evidence(view, text, encoded, hits, hits[-1].score)
            spent += time.process_time() - begun
            rows.append((kind, known, np.isin(ids, wanted), cosines[0]))
    kinds, known_, right, cosine = zip(*rows, strict=True)
    return Asked(
        own.name,
        np.array(kinds),
        np.array(known_),
        np.array(right, float),
        np.array(cosine),
        spent / len(rows),
    )


def fitted(asked: Sequence[Asked]) -> tuple[LogisticRegression, LogisticRegression]:
    """Is it about what is here, by support and nearness; is it asked for, by margin and support. Each
    collection counts the same, and its own askings as much as those of others."""
    about, whether, weights = [], [], []
    wanted, right, shares = [], [], []
    for each in asked:
        own, other = each.of(OWN, LEFT_OUT), each.of(ELSEWHERE)
        first = terms(each.evidence[:, 0])
        about.append(first[own | other][:, 1:])
        whether.append(own[own | other])
        weights.append(np.where(own, 150 / own.sum(), 150 / max(1, other.sum()))[own | other])
        wanted.append(first[own][:, :2])
        right.append(each.right[own, 0])
        shares.append(np.full(own.sum(), 300 / own.sum()))
    return regression(about, whether, weights), regression(wanted, right, shares)


def terms(known: Floats) -> Floats:
    """Evidence `(…, 3)` as what the odds are a product of: logarithms, but of nearness."""
    above, support, near = np.moveaxis(known, -1, 0)
    return np.stack([np.log(above), np.log(support + OTHERWISE), near], -1)


def regression(x: list[Floats], y: list[NDArray], weights: list[Floats]) -> LogisticRegression:
    """Logistic regression, hardly regularised."""
    model = LogisticRegression(C=100.0)
    return model.fit(np.concatenate(x), np.concatenate(y), np.concatenate(weights))


def by_fit(asked: Sequence[Asked]) -> Callable[[Floats], Floats]:
    """Evidence `(…, 3)` -> probabilities `(…)`, fitted on these collections."""
    about, wanted = fitted(asked)

    def of(known: Floats) -> Floats:
        flat = terms(known).reshape(-1, 3)
        p = about.predict_proba(flat[:, 1:])[:, 1] * wanted.predict_proba(flat[:, :2])[:, 1]
        return p.reshape(known.shape[:-1])

    return of


def as_they_are(known: Floats) -> Floats:
    """The same by the constants of `search.confidence`."""
    return np.apply_along_axis(lambda row: probability(Evidence(*row)), -1, known)


def report(every: Sequence[Asked]) -> None:
    """Print the tables."""
    if len(every) > 1:
        print("fitted on the others")
        table(every, [by_fit([other for other in every if other is not each]) for each in every])
    print("constants as they are")
    table(every, [as_they_are] * len(every))
    about, wanted = fitted(every)
    print("all together would give: about this", *about.intercept_.round(2), *about.coef_[0].round(2))
    print("                         asked for ", *wanted.intercept_.round(2), *wanted.coef_[0].round(2))
    print(f"CPU ms for the evidence of ten hits: {1e3 * np.mean([each.seconds for each in every]):.1f}")


def table(every: Sequence[Asked], models: Sequence[Callable[[Floats], Floats]]) -> None:
    """Print a line for each collection."""
    print(
        f"{'':16} ECE floor  ten  AURC cosine | right of p>=.5 | lost | refused: left out, others', everyday"
    )
    pooled = []
    for each, model in zip(every, models, strict=True):
        ten = model(each.evidence)
        own, p = each.of(OWN, LEFT_OUT), ten[:, 0]
        sure, right = p[own], each.right[own, 0]
        lost = p[each.of(OWN) & (each.right[:, 0] > 0)] < POSSIBLE
        refused = [(p[each.of(kind)] < POSSIBLE).mean() for kind in (LEFT_OUT, ELSEWHERE, EVERYDAY)]
        pooled.append((sure, right))
        print(
            f"{each.name:16} {error(sure, right):.3f} {floor(sure):.3f} "
            f"{error(ten[own].ravel(), each.right[own].ravel()):.3f} "
            f"{risk(sure, right):.3f} {risk(each.cosine[own], right):.3f} | "
            f"{right[sure >= 0.5].mean():.2f} of {(sure >= 0.5).sum():3} | {lost.mean():.2f} | "
            + " ".join(f"{share:.2f}" for share in refused),
            flush=True,
        )
    together = [np.concatenate(parts) for parts in zip(*pooled, strict=True)]
    mean = np.mean([error(*each) for each in pooled])
    print(f"mean ECE {mean:.3f}, pooled {error(*together):.3f} of {len(together[0])} askings")


def error(sure: Floats, right: Floats) -> float:
    """The expected calibration error, 0..1."""
    bins = np.array_split(np.argsort(sure, kind="stable"), BINS)
    return float(sum(len(at) / len(sure) * abs(sure[at].mean() - right[at].mean()) for at in bins))


def floor(sure: Floats) -> float:
    """The mean error of probabilities that are exactly true."""
    rng = np.random.default_rng(0)
    return float(np.mean([error(sure, (rng.random(len(sure)) < sure).astype(float)) for _ in range(50)]))


def risk(sure: Floats, right: Floats) -> float:
    """The area under the risk-coverage curve, 0..1."""
    wrong = 1.0 - right[np.argsort(-sure, kind="stable")]
    return float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))


if __name__ == "__main__":
    main()
