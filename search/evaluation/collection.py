"""A test collection in BEIR layout: documents, questions, and which documents answer them."""

import gzip
import io
import json
import zlib
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
    own      ids of questions that are documents themselves (ArguAna asks what argues against a document of
             its corpus): a question's own document is no hit, as in BEIR. Asked is for the text, not for the
             id alone, since two numbers can be equal by chance.
    """

    name: str
    entries: tuple[Entry, ...]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]
    spans: dict[str, list[Span]]
    own: frozenset[str] = frozenset()

    @property
    def absent(self) -> list[str]:
        """The relevant documents that the collection doesn't hold: they can't be found."""
        held = {at.id for at in self.entries}
        relevant = (key for of_query in self.qrels.values() for key, value in of_query.items() if value > 0)
        return [key for key in dict.fromkeys(relevant) if key not in held]

    def asked(self, query_id: str) -> Asked:
        """The question as plain text: its punctuation means nothing."""
        return Asked.plain(self.queries[query_id])

    def ranking(self, query_id: str, hits: Sequence[Hit]) -> list[str]:
        """The documents found, each where its best passage stands."""
        own = query_id if query_id in self.own else None
        return list(dict.fromkeys(hit.path for hit in hits if hit.path != own))

    def expected(self, query_id: str) -> str:
        """The relevant documents, for a person."""
        return ", ".join(key for key, relevance in self.qrels[query_id].items() if relevance > 0)


def load_collection(folder: str | Path) -> Collection:
    """Read `corpus.jsonl`, `queries.jsonl`, the judgements and, where it is, `answers.jsonl` of a folder.

    The first two may be compressed (.jsonl.gz). Judgements are `qrels/test.tsv`, or else `qrels/dev.tsv`:
    query, document and relevance with tabs between, under a header or none, or the four columns of TREC. Of
    several documents with one id the last counts, as in BEIR.

    Raises UsageError, naming the file and line, where it isn't such a folder.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise UsageError(
            f"{folder} is not a folder; give one with corpus.jsonl, queries.jsonl and qrels/test.tsv"
        )
    entries = {at.id: at for at in _entries(root / "corpus.jsonl")}
    judgements = _judgements(root / "qrels")
    qrels = _qrels(judgements)
    questions = {str(row["_id"]): str(row.get("text") or "") for _, row in _rows(root / "queries.jsonl")}
    missing = sorted(qrels.keys() - questions.keys())
    if missing:
        raise UsageError(f"{root / 'queries.jsonl'} lacks query {missing[0]}, which {judgements} judges")
    queries = {key: text for key, text in questions.items() if key in qrels and text.strip()}
    if not (entries and queries):
        lacks = "no documents" if not entries else "no question with judgements"
        raise UsageError(f"{folder} holds {lacks}; give a folder in BEIR layout")
    own = frozenset(key for key, text in queries.items() if key in entries and _holds(entries[key], text))
    spans = _spans(root / "answers.jsonl")
    return Collection(root.resolve().name, tuple(entries.values()), queries, qrels, spans, own)


def _holds(entry: Entry, question: str) -> bool:
    return " ".join(question.split()) in " ".join(f"{entry.title} {entry.text}".split())


def _entries(file: Path) -> Iterator[Entry]:
    for place, row in _rows(file):
        if "title" not in row and "text" not in row:
            raise UsageError(f"{place}: it has neither title nor text; give a file in BEIR layout")
        yield Entry(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or ""))


def _spans(file: Path) -> dict[str, list[Span]]:
    if not file.is_file():
        return {}
    found = {}
    for place, row in _rows(file):
        try:
            spans = [(str(path), int(begin), int(end)) for path, begin, end in row.get("spans") or ()]
        except (TypeError, ValueError) as error:
            raise UsageError(f"{place}: its spans must be [document, start, end] each ({error})") from error
        if spans:
            found[str(row["_id"])] = spans
    return found


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place, for a person, and what it says."""
    packed = file.with_name(f"{file.name}.gz")
    file = packed if packed.is_file() and not file.exists() else file
    try:
        with gzip.open(file, "rb") if file == packed else file.open("rb") as stream:
            for number, line in enumerate(io.TextIOWrapper(stream, "utf-8-sig"), 1):
                if line.strip():
                    place = f"{file}, line {number}"
                    row = _json(line, place)
                    if not isinstance(row, dict) or "_id" not in row:
                        raise UsageError(f"{place}: it has no _id; give a file in BEIR layout")
                    yield place, row
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} can't be read ({reason}); give a folder in BEIR layout") from error
    except ValueError as error:
        raise UsageError(f"{file} is not in UTF-8 ({error}); give a folder in BEIR layout") from error


def _json(line: str, place: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UsageError(f"{place}: it is not JSON ({error}); give a file in BEIR layout") from error


def _judgements(folder: Path) -> Path:
    """The test set's file. MS MARCO, of those of BEIR, has judgements of its development set alone."""
    test, development = folder / "test.tsv", folder / "dev.tsv"
    return development if development.is_file() and not test.exists() else test


def _qrels(file: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    number = 0
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                cells = line.rstrip("\n").split("\t") if "\t" in line else line.split()
                if not cells or (number == 1 and _number(cells[-1]) is None):
                    continue  # a header
                query_id, document_id, relevance = cells if len(cells) == 3 else _of_trec(cells)
                qrels.setdefault(query_id, {})[document_id] = _whole(relevance)
    except OSError as error:
        raise UsageError(f"{file} can't be read ({error.strerror}); give a folder in BEIR layout") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not in UTF-8; save it as that") from error
    except ValueError as error:
        raise UsageError(
            f"{file}, line {number}: it must be query, document, relevance with tabs between ({error})"
        ) from error
    return qrels


def _of_trec(cells: list[str]) -> tuple[str, str, str]:
    query_id, _iteration, document_id, relevance = cells
    return query_id, document_id, relevance


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _whole(text: str) -> int:
    value = float(text)
    if not value.is_integer():
        raise ValueError(f"{text.strip()} is no whole number")
    return int(value)
