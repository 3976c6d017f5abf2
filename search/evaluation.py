"""How good the answers are, on a collection whose right answers are known."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
from ir_measures import RR, R, nDCG

from indexer.errors import UsageError
from search.hits import Mode
from search.searcher import MAX_K, Searcher

__all__ = ["MODES", "Collection", "Entry", "evaluate", "load_collection"]

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
MEASURES = {"nDCG@10": nDCG @ 10, "recall@100": R @ 100, "MRR@10": RR @ 10}
DEEPEST = 100  # documents of a ranking that any measure looks at


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
    """

    name: str
    entries: tuple[Entry, ...]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def load_collection(folder: str | Path) -> Collection:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` of a folder.

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
    return Collection(root.resolve().name, entries, queries, qrels)


def evaluate(
    searcher: Searcher, collection: Collection, *, watch: Callable[[Mode, int], None] | None = None
) -> dict[str, Any]:
    """``{"collection", "modes": {mode: {"nDCG@10", "recall@100", "MRR@10"}}}``, by ir-measures.

    A document is scored by its best passage. `watch` is told (mode, queries answered so far).
    """
    modes = {}
    for mode in MODES:
        run = {}
        for done, (query_id, question) in enumerate(collection.queries.items(), 1):
            run[query_id] = document_scores(searcher, question, mode)
            if watch:
                watch(mode, done)
        found = ir_measures.calc_aggregate(list(MEASURES.values()), collection.qrels, run)
        modes[mode] = {name: float(found[measure]) for name, measure in MEASURES.items()}
    return {"collection": collection.name, "modes": modes}


def document_scores(searcher: Searcher, question: str, mode: Mode) -> dict[str, float]:
    """Path -> score of the best 100 documents, each by its best passage."""
    scores: dict[str, float] = {}
    for hit in searcher.query(question, MAX_K, mode=mode):
        if len(scores) == DEEPEST:
            break
        scores.setdefault(hit.path, hit.score)
    return scores


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
