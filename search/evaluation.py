"""How good the answers are, on a collection whose right answers are known."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import ir_measures
from ir_measures import RR, R, nDCG

from indexer.errors import UsageError
from search.hits import Hit, Mode
from search.searcher import MAX_K, Searcher

__all__ = ["MODES", "Collection", "Entry", "evaluate", "load_collection"]

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
MEASURES = {"nDCG@10": nDCG @ 10, "recall@100": R @ 100, "MRR@10": RR @ 10}
FIRST = 5  # passages that a person reads
DEEPEST = 100  # documents of a ranking that any measure looks at


Span = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a collection."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A test collection in BEIR layout.

    entries  its documents
    queries  query id -> question; only those that have judgements
    qrels    query id -> document id -> relevance, 0 or more
    spans    query id -> (document id, start, end) of the characters that answer it, where they are known
    """

    name: str
    entries: tuple[Entry, ...]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]
    spans: dict[str, list[Span]]


def load_collection(folder: str | Path) -> Collection:
    """Read `corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv` and, where it is, `answers.jsonl` of a folder.

    Raises UsageError, naming the file and line, where it isn't such a folder.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise UsageError(
            f"{folder} is not a folder; give one with corpus.jsonl, queries.jsonl and qrels/test.tsv"
        )
    entries = tuple(
        Entry(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or ""))
        for row in _rows(root / "corpus.jsonl")
    )
    qrels = _qrels(root / "qrels" / "test.tsv")
    questions = {str(row["_id"]): str(row.get("text") or "") for row in _rows(root / "queries.jsonl")}
    missing = sorted(qrels.keys() - questions.keys())
    if missing:
        raise UsageError(f"{root / 'queries.jsonl'} lacks query {missing[0]}, which qrels/test.tsv judges")
    queries = {key: text for key, text in questions.items() if key in qrels and text.strip()}
    return Collection(root.resolve().name, entries, queries, qrels, _spans(root / "answers.jsonl"))


def evaluate(
    searcher: Searcher, collection: Collection, *, watch: Callable[[Mode, int], None] | None = None
) -> dict[str, Any]:
    """``{"collection", "modes": {mode: {"nDCG@10", "recall@100", "MRR@10"}}}``, by ir-measures.

    A document is scored by its best passage. Where the answers' characters are known, also "answer recall@5",
    the share of them that the first five passages hold, and "answer density@5", the share of those passages
    that is answer; both are means over the questions. `watch` is told (mode, queries answered so far).
    """
    modes = {}
    for mode in MODES:
        run, found_spans = {}, []
        for done, (query_id, question) in enumerate(collection.queries.items(), 1):
            hits = searcher.query(question, MAX_K, mode=mode, collapse=False)  # judged by document
            run[query_id] = document_scores(hits)
            if query_id in collection.spans:
                found_spans.append(answer_share(hits[:FIRST], collection.spans[query_id]))
            if watch:
                watch(mode, done)
        found = ir_measures.calc_aggregate(list(MEASURES.values()), collection.qrels, run)
        modes[mode] = {name: float(found[measure]) for name, measure in MEASURES.items()}
        if found_spans:
            recall, density = (fmean(shares) for shares in zip(*found_spans, strict=True))
            modes[mode] |= {f"answer recall@{FIRST}": recall, f"answer density@{FIRST}": density}
    return {"collection": collection.name, "modes": modes}


def document_scores(hits: Iterable[Hit]) -> dict[str, float]:
    """Path -> score of the best 100 documents, each by its best passage."""
    scores: dict[str, float] = {}
    for hit in hits:
        if len(scores) == DEEPEST:
            break
        scores.setdefault(hit.path, hit.score)
    return scores


def answer_share(hits: Iterable[Hit], spans: Iterable[Span]) -> tuple[float, float]:
    """How much of the answer's characters the hits hold, and how much of the hits is answer; 0..1 each."""
    wanted = {(path, at) for path, start, end in spans for at in range(start, end)}
    given = {(hit.path, at) for hit in hits for at in range(hit.start, hit.end)}
    held = len(wanted & given)
    return held / max(1, len(wanted)), held / max(1, len(given))


def _spans(file: Path) -> dict[str, list[Span]]:
    if not file.is_file():
        return {}
    rows = {str(row["_id"]): row.get("spans") for row in _rows(file)}
    return {
        key: [(str(path), int(a), int(b)) for path, a, b in spans] for key, spans in rows.items() if spans
    }


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict) or "_id" not in row:
                        raise UsageError(f"{file}, line {number}: it has no _id; give a file in BEIR layout")
                    yield row
    except OSError as error:
        raise UsageError(f"{file} can't be read ({error.strerror}); give a folder in BEIR layout") from error
    except ValueError as error:
        raise UsageError(
            f"{file} is not JSON lines in UTF-8 ({error}); give a folder in BEIR layout"
        ) from error


def _qrels(file: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.reader(lines, delimiter="\t"), 1):
                if number == 1 and row[-1:] and not row[-1].lstrip("-").isdigit():
                    continue  # the header
                query_id, document_id, relevance = row
                qrels.setdefault(query_id, {})[document_id] = int(relevance)
    except OSError as error:
        raise UsageError(f"{file} can't be read ({error.strerror}); give a folder in BEIR layout") from error
    except ValueError as error:
        raise UsageError(
            f"{file}, line {number}: it must be query, document, relevance with tabs between ({error})"
        ) from error
    return qrels
