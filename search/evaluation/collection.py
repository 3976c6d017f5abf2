"""A test collection in BEIR layout: documents, questions, and which documents answer them."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import UsageError
from search.asked import Asked
from search.hits import Hit

__all__ = ["Collection", "Entry", "Span", "load_collection"]

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

    def asked(self, query_id: str) -> Asked:
        """The question as plain text: its punctuation means nothing."""
        return Asked.plain(self.queries[query_id])

    def ranking(self, _query_id: str, hits: Sequence[Hit]) -> list[str]:
        """The documents found, each where its best passage stands."""
        return list(dict.fromkeys(hit.path for hit in hits))

    def expected(self, query_id: str) -> str:
        """The relevant documents, for a person."""
        return ", ".join(key for key, relevance in self.qrels[query_id].items() if relevance > 0)


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
